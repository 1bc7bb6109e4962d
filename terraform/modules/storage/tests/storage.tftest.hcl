mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name         = "responses-dev"
  cors_origins = ["https://app.example.org"]

  # At the end of a test, Terraform deletes what the test has created.
  deletion_protection = false
}

run "creates_table" {
  assert {
    condition = (
      aws_dynamodb_table.responses.name == "responses-dev"
      && aws_dynamodb_table.responses.hash_key == "ProjectStep"
      && aws_dynamodb_table.responses.range_key == "Mail"
      && aws_dynamodb_table.responses.billing_mode == "PAY_PER_REQUEST"
      && { for attribute in aws_dynamodb_table.responses.attribute : attribute.name => attribute.type if contains(["ProjectStep", "Mail"], attribute.name) } == { ProjectStep = "S", Mail = "S" }
    )
    error_message = "The keys must be those of the Chalice project's table: with other keys, Terraform would replace an adopted table. Its capacity must be on demand."
  }

  assert {
    condition = {
      for index in aws_dynamodb_table.responses.global_secondary_index :
      index.name => "${index.hash_key} ${index.range_key} ${index.projection_type}"
      } == {
      ByStep          = "ProjectStep CreatedAt ALL"
      ByProject       = "Project CreatedAt ALL"
      ByStepStatus    = "ProjectStepStatus CreatedAt ALL"
      ByProjectStatus = "ProjectStatus CreatedAt ALL"
      ByMail          = "Mail ProjectStep ALL"
      Open            = "OpenShard DueAt KEYS_ONLY"
    }
    error_message = "The table must have exactly the indexes that the functions query."
  }

  assert {
    condition     = { for attribute in aws_dynamodb_table.responses.attribute : attribute.name => attribute.type if attribute.type != "S" } == { OpenShard = "N" }
    error_message = "Every key must be a string, except the number OpenShard: DynamoDB rejects items whose keys have another type."
  }

  assert {
    condition = (
      aws_dynamodb_table.responses.deletion_protection_enabled
      && aws_dynamodb_table.responses.point_in_time_recovery[0].enabled
      && aws_dynamodb_table.responses.server_side_encryption[0].enabled
    )
    error_message = "The table must have deletion protection, point-in-time recovery and encryption."
  }

  assert {
    condition     = aws_dynamodb_table.responses.ttl[0].enabled && aws_dynamodb_table.responses.ttl[0].attribute_name == "ExpiresAt"
    error_message = "DynamoDB must delete items by their attribute ExpiresAt."
  }

  assert {
    condition     = length(terraform_data.deletion_protection) == 0
    error_message = "A stage without deletion protection must be deletable."
  }

  assert {
    condition     = output.table == { name = "responses-dev", arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/mock" }
    error_message = "The output table must have the table's name and ARN."
  }
}

run "adopted_table_keeps_its_name" {
  command = plan

  variables {
    table_name   = "Chalice.Responses"
    cors_origins = []
  }

  assert {
    condition     = aws_dynamodb_table.responses.name == "Chalice.Responses" && length(aws_s3_bucket_cors_configuration.this) == 0
    error_message = "table_name must replace the default name; without cors_origins there must be no CORS configuration."
  }

  assert {
    condition     = aws_dynamodb_table.responses.timeouts.update == "12h"
    error_message = "An update must wait for hours, because DynamoDB fills the indexes of a large adopted table one after the other."
  }
}

run "rejects_invalid_names_and_wildcard_origin" {
  command = plan

  variables {
    name                = "responses-of-a-very-long-winded-project-1"
    table_name          = "a b"
    uploads_bucket_name = "Chalice_Videos"
    cors_origins        = ["*"]
  }

  expect_failures = [var.name, var.table_name, var.uploads_bucket_name, var.cors_origins]
}

run "rejects_prefix_that_s3_reserves" {
  command = plan

  variables {
    name = "sthree-responses"
  }

  expect_failures = [var.name]
}

run "protects_table_and_buckets_by_default" {
  command = plan

  variables {
    deletion_protection = null
  }

  assert {
    condition     = length(terraform_data.deletion_protection) == 1
    error_message = "Without a setting, a plan that deletes the table or a bucket must fail."
  }
}
