mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name         = "responses-dev"
  cors_origins = ["https://app.example.org"]
}

run "creates_table" {
  assert {
    condition = (
      aws_dynamodb_table.responses.name == "responses-dev"
      && aws_dynamodb_table.responses.hash_key == "ProjectStep"
      && aws_dynamodb_table.responses.range_key == "Mail"
      && { for attribute in aws_dynamodb_table.responses.attribute : attribute.name => attribute.type if contains(["ProjectStep", "Mail"], attribute.name) } == { ProjectStep = "S", Mail = "S" }
    )
    error_message = "The keys must be those of the Chalice project's table: with other keys, Terraform would replace an adopted table."
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
}

run "creates_private_buckets" {
  assert {
    condition = { for purpose, bucket in aws_s3_bucket.this : purpose => bucket.bucket } == {
      uploads    = "responses-dev-uploads-123456789012"
      renditions = "responses-dev-renditions-123456789012"
    }
    error_message = "Each bucket name must contain the account id, so that it is unique across accounts."
  }

  assert {
    condition = length(aws_s3_bucket_public_access_block.this) == 2 && alltrue(flatten([
      for block in aws_s3_bucket_public_access_block.this :
      [block.block_public_acls, block.block_public_policy, block.ignore_public_acls, block.restrict_public_buckets]
    ]))
    error_message = "Each bucket must have all four public access blocks."
  }

  assert {
    condition = (
      [for controls in aws_s3_bucket_ownership_controls.this : controls.rule[0].object_ownership] == ["BucketOwnerEnforced", "BucketOwnerEnforced"]
      && [for versioning in aws_s3_bucket_versioning.this : versioning.versioning_configuration[0].status] == ["Enabled", "Enabled"]
      && length(aws_s3_bucket_server_side_encryption_configuration.this) == 2
      && [for bucket in aws_s3_bucket.this : bucket.force_destroy] == [false, false]
    )
    error_message = "Each bucket must have versioning and encryption, no ACLs, and force_destroy = false."
  }

  assert {
    condition = alltrue([
      for policy in aws_s3_bucket_policy.this : [
        for statement in jsondecode(policy.policy).Statement : "${statement.Effect} ${statement.Sid} ${statement.Action}"
      ] == ["Deny DenyDeleteBucket s3:DeleteBucket", "Deny RequireTls s3:*"]
    ]) && length(aws_s3_bucket_policy.this) == 2
    error_message = "Each bucket policy must deny plain HTTP and DeleteBucket, and allow nothing."
  }

  assert {
    condition = alltrue([
      for policy in aws_s3_bucket_policy.this :
      jsondecode(policy.policy).Statement[1].Condition == { Bool = { "aws:SecureTransport" = "false" } }
      && jsondecode(policy.policy).Statement[1].Resource == ["arn:aws:s3:::mock", "arn:aws:s3:::mock/*"]
    ])
    error_message = "RequireTls must apply to the bucket and to every object in it."
  }

  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.this) == 2
    error_message = "Both buckets must have lifecycle rules by default."
  }

  assert {
    condition = alltrue([
      for lifecycle in aws_s3_bucket_lifecycle_configuration.this : {
        for rule in lifecycle.rule : rule.id => [
          for days in concat(rule.abort_incomplete_multipart_upload[*].days_after_initiation, rule.noncurrent_version_expiration[*].noncurrent_days) : days
        ]
      } == { abort-unfinished-uploads = [2], expire-noncurrent-versions = [30] }
    ])
    error_message = "The lifecycle rules must abort unfinished uploads after 2 days and expire noncurrent versions after 30."
  }
}

run "allows_browsers_of_cors_origins" {
  assert {
    condition = alltrue([
      for rule in aws_s3_bucket_cors_configuration.this["uploads"].cors_rule :
      rule.allowed_methods == toset(["POST", "PUT"]) && rule.expose_headers == toset(["ETag"])
    ])
    error_message = "A page must be able to post a form, and to put parts and read their ETag."
  }

  assert {
    condition = alltrue([
      for rule in aws_s3_bucket_cors_configuration.this["renditions"].cors_rule :
      rule.allowed_methods == toset(["GET", "HEAD"]) && contains(rule.allowed_headers, "Range") && contains(rule.expose_headers, "Content-Range")
    ])
    error_message = "A page must be able to play and seek, which uses Range and Content-Range."
  }

  assert {
    condition = [
      for cors in aws_s3_bucket_cors_configuration.this : one(cors.cors_rule).allowed_origins
    ] == [toset(["https://app.example.org"]), toset(["https://app.example.org"])]
    error_message = "Only pages of cors_origins may use the buckets."
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
}

run "rejects_invalid_names_and_wildcard_origin" {
  command = plan

  variables {
    name         = "responses-of-a-very-long-winded-project-1"
    table_name   = "a b"
    cors_origins = ["*"]
  }

  expect_failures = [var.name, var.table_name, var.cors_origins]
}
