# Only dev has this test. Imports of the Chalice project's table and bucket. A mocked provider imports only what is overridden, and cannot apply the result.
mock_provider "aws" {
  source          = "../../tests/mocks"
  override_during = plan

  override_data {
    target = data.aws_dynamodb_table.adopted["Chalice.Responses"]
    values = { name = "Chalice.Responses", hash_key = "ProjectStep", range_key = "Mail" }
  }

  override_data {
    target = data.aws_s3_bucket.adopted["uploads"]
    values = { id = "chalice-videos", region = "eu-central-1" }
  }

  override_resource {
    target = module.service.module.storage.aws_dynamodb_table.responses
    values = { arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/adopted" }
  }

  override_resource {
    target = module.service.module.storage.aws_s3_bucket.this["uploads"]
    values = { id = "chalice-videos", arn = "arn:aws:s3:::chalice-videos" }
  }

  override_resource {
    target = module.service.module.ingest.aws_s3_bucket_notification.uploads
  }

  override_resource {
    target = module.service.module.storage.aws_s3_bucket_versioning.this["uploads"]
  }

  override_resource {
    target = module.service.module.storage.aws_s3_bucket_server_side_encryption_configuration.this["uploads"]
  }

  override_resource {
    target = module.service.module.storage.aws_s3_bucket_public_access_block.this["uploads"]
  }

  override_resource {
    target = module.service.module.storage.aws_s3_bucket_ownership_controls.this["uploads"]
  }

  override_resource {
    target = module.service.module.storage.aws_s3_bucket_policy.this["uploads"]
  }

  override_resource {
    target = module.service.module.storage.aws_s3_bucket_lifecycle_configuration.this["uploads"]
  }

  override_resource {
    target = module.service.module.storage.aws_s3_bucket_cors_configuration.this["uploads"]
  }
}

variables {
  region     = "eu-central-1"
  account_id = "123456789012"
  packages = {
    folder = "../../tests/functions"
    sha256 = {
      api       = "FMJSnrRJjF0f/WkV0Fv1ipG92nlq9Z9B1IDRHAmdBHk="
      on_upload = "uH6YZeNrqqU/NQy5jd2qaD9ieTt9fONYPWnDLbvo8Uw="
      on_job    = "ilbl9Iu+bIqevnZWpCALXKxSu5iFWwUnjQ4lY8rSKnw="
      reconcile = "4sMNWSZIKQEf584ws525cF+2ygKSS6yfFc8f+WJrbDg="
    }
  }
  jwt          = { issuer = "https://id.example.org/pool", audience = ["owners"] }
  cors_origins = ["https://app.example.org"]

  # prod does not validate without these.
  alarm_topic_arns = ["arn:aws:sns:eu-central-1:123456789012:pager"]
  runbook_url      = "https://git.example.org/runbooks"

  adopt = {
    table              = "Chalice.Responses"
    uploads_bucket     = "chalice-videos"
    uploads_bucket_has = ["cors", "lifecycle", "ownership-controls", "policy", "public-access-block"]
  }
}

run "keeps_names" {
  command = plan

  assert {
    condition = [output.table, module.service.bucket_names.uploads, module.service.functions.api.environment.ADOPTED_ITEMS] == [
      "Chalice.Responses", "chalice-videos", "true",
    ]
    error_message = "An adopted table and bucket must keep their names, and the api function must expect items of the Chalice project."
  }
}

# A test sees no imports, so this compares their text.
run "imports_table_bucket_and_settings" {
  command = plan

  assert {
    condition = { for block in regexall("import \\{\n  for_each = (.*)\n  to       = module\\.service\\.module\\.(.*)\n  id       = each\\.value\n\\}", file("${path.module}/adopt.tf")) : block[1] => block[0] } == {
      "storage.aws_dynamodb_table.responses"                                      = "toset(compact([var.adopt.table]))"
      "storage.aws_s3_bucket.this[each.key]"                                      = "local.adopted_bucket"
      "ingest.aws_s3_bucket_notification.uploads"                                 = "local.adopted_bucket"
      "storage.aws_s3_bucket_versioning.this[each.key]"                           = "local.adopted_bucket"
      "storage.aws_s3_bucket_server_side_encryption_configuration.this[each.key]" = "local.adopted_bucket"
      "storage.aws_s3_bucket_public_access_block.this[each.key]"                  = "lookup(local.adopted_bucket_with, \"public-access-block\", {})"
      "storage.aws_s3_bucket_ownership_controls.this[each.key]"                   = "lookup(local.adopted_bucket_with, \"ownership-controls\", {})"
      "storage.aws_s3_bucket_policy.this[each.key]"                               = "lookup(local.adopted_bucket_with, \"policy\", {})"
      "storage.aws_s3_bucket_lifecycle_configuration.this[each.key]"              = "lookup(local.adopted_bucket_with, \"lifecycle\", {})"
      "storage.aws_s3_bucket_cors_configuration.this[each.key]"                   = "length(var.cors_origins) > 0 ? lookup(local.adopted_bucket_with, \"cors\", {}) : {}"
    }
    error_message = "Terraform must import the table, the bucket and each setting of the bucket that the stage manages. What it does not import, it replaces unseen."
  }
}

run "adopts_bucket_without_optional_settings" {
  command = plan

  variables {
    cors_origins = []
    adopt        = { uploads_bucket = "chalice-videos", uploads_bucket_has = [] }
  }

  assert {
    condition     = [output.table, module.service.bucket_names.uploads, module.service.functions.api.environment.ADOPTED_ITEMS] == ["responses-${local.stage}", "chalice-videos", "false"]
    error_message = "A bucket must be adopted without the table; the stage then has its own table."
  }
}

run "rejects_other_keys" {
  command = plan

  override_data {
    target = data.aws_dynamodb_table.adopted["Chalice.Responses"]
    values = { name = "Chalice.Responses", hash_key = "Project", range_key = "Mail" }
  }

  expect_failures = [data.aws_dynamodb_table.adopted]
}

run "rejects_other_region" {
  command = plan

  override_data {
    target = data.aws_s3_bucket.adopted["uploads"]
    values = { id = "chalice-videos", region = "us-east-1" }
  }

  expect_failures = [data.aws_s3_bucket.adopted]
}

run "rejects_unknown_setting" {
  command = plan

  variables {
    adopt = { uploads_bucket = "chalice-videos", uploads_bucket_has = ["acl"] }
  }

  expect_failures = [var.adopt]
}
