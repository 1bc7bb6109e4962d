mock_provider "aws" {
  source = "./tests/mocks"

  # Each bucket has its own id and ARN, so that the tests see which bucket a resource belongs to.
  override_resource {
    target = aws_s3_bucket.this["uploads"]
    values = { id = "uploads-bucket", arn = "arn:aws:s3:::uploads-bucket" }
  }

  override_resource {
    target = aws_s3_bucket.this["renditions"]
    values = { id = "renditions-bucket", arn = "arn:aws:s3:::renditions-bucket" }
  }
}

variables {
  name         = "responses-dev"
  cors_origins = ["https://app.example.org"]

  # At the end of a test, Terraform deletes what the test has created.
  deletion_protection = false
}

run "creates_private_buckets" {
  assert {
    condition = { for purpose, bucket in aws_s3_bucket.this : purpose => [bucket.bucket, bucket.force_destroy] } == {
      uploads    = ["responses-dev-uploads-123456789012", false]
      renditions = ["responses-dev-renditions-123456789012", false]
    }
    error_message = "Each bucket name must contain the account id, so that it is unique across accounts; Terraform must not delete a bucket with objects."
  }

  assert {
    condition = [
      output.uploads, output.renditions,
      ] == [
      { name = "uploads-bucket", arn = "arn:aws:s3:::uploads-bucket" }, { name = "renditions-bucket", arn = "arn:aws:s3:::renditions-bucket" },
    ]
    error_message = "The outputs uploads and renditions must each have the name and ARN of their own bucket."
  }

  assert {
    condition = { for purpose, block in aws_s3_bucket_public_access_block.this : purpose => [
      block.bucket, block.block_public_acls, block.block_public_policy, block.ignore_public_acls, block.restrict_public_buckets,
      ] } == {
      uploads    = ["uploads-bucket", true, true, true, true]
      renditions = ["renditions-bucket", true, true, true, true]
    }
    error_message = "Each bucket must have all four public access blocks."
  }

  assert {
    condition = { for purpose, controls in aws_s3_bucket_ownership_controls.this : purpose => [controls.bucket, one(controls.rule).object_ownership] } == {
      uploads    = ["uploads-bucket", "BucketOwnerEnforced"]
      renditions = ["renditions-bucket", "BucketOwnerEnforced"]
    }
    error_message = "No bucket may have ACLs."
  }

  assert {
    condition = { for purpose, versioning in aws_s3_bucket_versioning.this : purpose => [versioning.bucket, one(versioning.versioning_configuration).status] } == {
      uploads    = ["uploads-bucket", "Enabled"]
      renditions = ["renditions-bucket", "Enabled"]
    }
    error_message = "Each bucket must have versioning: an event identifies one version of an object, and a deletion can be undone for 30 days."
  }

  assert {
    condition = { for purpose, encryption in aws_s3_bucket_server_side_encryption_configuration.this : purpose => [
      encryption.bucket, one(one(encryption.rule).apply_server_side_encryption_by_default).sse_algorithm,
      ] } == {
      uploads    = ["uploads-bucket", "AES256"]
      renditions = ["renditions-bucket", "AES256"]
    }
    error_message = "Each bucket must have encryption with keys of S3: the roles of the functions and of the engine have no KMS permission."
  }
}

run "denies_plain_http_and_deletion" {
  command = plan

  # The ids and ARNs of the buckets are known in the state of the run before.
  assert {
    condition = { for purpose, policy in aws_s3_bucket_policy.this : purpose => [policy.bucket, jsondecode(policy.policy)] } == {
      for purpose, bucket in { uploads = "uploads-bucket", renditions = "renditions-bucket" } : purpose => [bucket, {
        Version = "2012-10-17"
        Statement = [
          {
            Sid       = "DenyDeleteBucket"
            Effect    = "Deny"
            Principal = "*"
            Action    = "s3:DeleteBucket"
            Resource  = "arn:aws:s3:::${bucket}"
          },
          {
            Sid       = "RequireTls"
            Effect    = "Deny"
            Principal = "*"
            Action    = "s3:*"
            Resource  = ["arn:aws:s3:::${bucket}", "arn:aws:s3:::${bucket}/*"]
            Condition = { Bool = { "aws:SecureTransport" = "false" } }
          },
        ]
      }]
    }
    error_message = "The policy of each bucket must deny everyone DeleteBucket, and plain HTTP on the bucket and on every object in it, and allow nothing."
  }

  assert {
    condition     = output.tls_only && output.lifecycle_rules
    error_message = "The outputs tls_only and lifecycle_rules must say that both buckets have these rules."
  }
}

run "keeps_current_objects" {
  command = plan

  assert {
    condition = jsonencode({ for purpose, lifecycle in aws_s3_bucket_lifecycle_configuration.this : purpose => [
      lifecycle.bucket,
      [for rule in lifecycle.rule : {
        id         = rule.id
        status     = rule.status
        abort      = rule.abort_incomplete_multipart_upload[*].days_after_initiation
        noncurrent = rule.noncurrent_version_expiration[*].noncurrent_days
        expiration = [for expiration in rule.expiration : { date = expiration.date, days = expiration.days, marker = expiration.expired_object_delete_marker }]
        transition = concat(rule.transition[*].storage_class, rule.noncurrent_version_transition[*].storage_class)
      }],
      ] }) == jsonencode({ for purpose, bucket in { uploads = "uploads-bucket", renditions = "renditions-bucket" } : purpose => [
      bucket,
      [
        { id = "abort-unfinished-uploads", status = "Enabled", abort = [2], noncurrent = [], expiration = [], transition = [] },
        {
          id         = "expire-noncurrent-versions"
          status     = "Enabled"
          abort      = []
          noncurrent = [30]
          expiration = [{ date = null, days = 0, marker = true }]
          transition = []
        },
      ],
    ] })
    error_message = "The lifecycle rules of each bucket must abort unfinished uploads after 2 days and expire noncurrent versions after 30. No rule may expire or move a current object."
  }

  # An attribute without a value gets 8 random letters and digits from the mocked provider.
  assert {
    condition = alltrue(flatten([
      for lifecycle in aws_s3_bucket_lifecycle_configuration.this : [
        for rule in lifecycle.rule :
        can(regex("^[a-z0-9]{8}$", one(rule.filter).prefix)) && can(regex("^[a-z0-9]{8}$", rule.prefix))
        && length(one(rule.filter).tag) + length(one(rule.filter).and) + one(rule.filter).object_size_greater_than + one(rule.filter).object_size_less_than == 0
      ]
    ]))
    error_message = "Each lifecycle rule must apply to every object of its bucket."
  }
}

run "moves_and_expires_sources" {
  command = plan

  variables {
    sources = { storage_class = "GLACIER_IR", after_days = 14, expire_after_days = 400 }
  }

  assert {
    condition = jsonencode({ for purpose, lifecycle in aws_s3_bucket_lifecycle_configuration.this : purpose => [
      for rule in lifecycle.rule : {
        status     = rule.status
        prefix     = one(rule.filter).prefix
        moved      = [for transition in rule.transition : { days = transition.days, storage_class = transition.storage_class }]
        deleted    = rule.expiration[*].days
        noncurrent = concat(rule.noncurrent_version_expiration[*].noncurrent_days, rule.abort_incomplete_multipart_upload[*].days_after_initiation)
      } if rule.id == "sources"
      ] }) == jsonencode({
      uploads = [{
        status     = "Enabled"
        prefix     = null
        moved      = [{ days = 14, storage_class = "GLACIER_IR" }]
        deleted    = [400]
        noncurrent = []
      }]
      renditions = []
    })
    error_message = "One rule must move every source to the storage class and delete it later. No rule may move or delete a rendition."
  }

  assert {
    condition     = output.sources == { moved = [{ days = 14, storage_class = "GLACIER_IR" }], deleted = [400] }
    error_message = "The output sources must show what happens to sources."
  }
}

run "moves_sources_after_30_days_by_default" {
  command = plan

  variables {
    sources = { storage_class = "STANDARD_IA" }
  }

  assert {
    condition     = output.sources == { moved = [{ days = 30, storage_class = "STANDARD_IA" }], deleted = [] }
    error_message = "By default, sources must be moved after 30 days and never be deleted."
  }
}

run "expires_sources_without_a_move" {
  command = plan

  variables {
    sources = { expire_after_days = 30 }
  }

  assert {
    condition     = output.sources == { moved = [], deleted = [30] }
    error_message = "Without a storage class, sources must stay in S3 Standard until they expire."
  }
}

run "rejects_storage_class_that_the_engine_cannot_read" {
  command = plan

  variables {
    sources = { storage_class = "GLACIER" }
  }

  expect_failures = [var.sources]
}

run "rejects_early_move_to_standard_ia" {
  command = plan

  variables {
    sources = { storage_class = "STANDARD_IA", after_days = 29 }
  }

  expect_failures = [var.sources]
}

run "rejects_expiry_that_jobs_could_notice" {
  command = plan

  variables {
    sources = { expire_after_days = 29 }
  }

  expect_failures = [var.sources]
}

run "rejects_expiry_before_the_billed_days_of_glacier_ir" {
  command = plan

  variables {
    sources = { storage_class = "GLACIER_IR", after_days = 30, expire_after_days = 89 }
  }

  expect_failures = [var.sources]
}

run "rejects_expiry_in_an_adopted_bucket" {
  command = plan

  variables {
    uploads_bucket_name = "chalice-videos"
    sources             = { expire_after_days = 365 }
  }

  expect_failures = [var.sources]
}

run "allows_browsers_of_cors_origins" {
  command = plan

  assert {
    condition = jsonencode({ for purpose, cors in aws_s3_bucket_cors_configuration.this : purpose => [cors.bucket, [
      for rule in cors.cors_rule : [rule.allowed_origins, rule.allowed_methods, rule.allowed_headers, rule.expose_headers]
      ]] }) == jsonencode({
      uploads    = ["uploads-bucket", [[["https://app.example.org"], ["POST", "PUT"], ["*"], ["ETag"]]]]
      renditions = ["renditions-bucket", [[["https://app.example.org"], ["GET", "HEAD"], ["Range"], ["Accept-Ranges", "Content-Length", "Content-Range", "ETag"]]]]
    })
    error_message = "Only pages of cors_origins may use the buckets: post a form, put parts and read their ETag in uploads; play and seek in renditions, which uses Range and Content-Range."
  }

  assert {
    condition     = output.cors_origins == toset(["https://app.example.org"])
    error_message = "The output cors_origins must show the origins whose pages may use the buckets."
  }
}

run "adopted_bucket_keeps_its_name" {
  command = plan

  variables {
    uploads_bucket_name = "chalice.videos"
  }

  assert {
    condition = output.bucket_names == {
      uploads    = "chalice.videos"
      renditions = "responses-dev-renditions-123456789012"
    }
    error_message = "uploads_bucket_name must replace the default name of the uploads bucket, and no other."
  }
}

run "loosens_only_what_is_set" {
  command = plan

  variables {
    tls_only        = false
    lifecycle_rules = false
    cors_origins    = []
  }

  assert {
    condition = { for purpose, policy in aws_s3_bucket_policy.this : purpose => jsondecode(policy.policy).Statement[*].Sid } == {
      uploads    = ["DenyDeleteBucket"]
      renditions = ["DenyDeleteBucket"]
    }
    error_message = "Without tls_only, the policies must still deny DeleteBucket."
  }

  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.this) == 0 && length(aws_s3_bucket_cors_configuration.this) == 0 && length(output.access_logs) == 0 && !output.tls_only && !output.lifecycle_rules
    error_message = "Without lifecycle_rules, cors_origins and log_bucket there must be no such configuration, and the outputs must say so."
  }
}

run "encrypts_with_customer_managed_key" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  assert {
    condition     = output.kms_keys == { for resource in ["table", "uploads", "renditions"] : resource => "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab" }
    error_message = "The key must encrypt the table and both buckets."
  }

  assert {
    condition = alltrue([
      for encryption in aws_s3_bucket_server_side_encryption_configuration.this :
      one(encryption.rule).bucket_key_enabled && one(one(encryption.rule).apply_server_side_encryption_by_default).sse_algorithm == "aws:kms"
    ]) && aws_dynamodb_table.responses.server_side_encryption[0].enabled
    error_message = "The default encryption of the buckets must be aws:kms with a bucket key."
  }
}

run "rejects_alias_of_key" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:alias/responses"
  }

  expect_failures = [var.kms_key_arn]
}

run "logs_requests_to_log_bucket" {
  command = plan

  variables {
    log_bucket = "company-logs"
  }

  assert {
    condition = { for logging in aws_s3_bucket_logging.this : logging.bucket => [logging.target_bucket, logging.target_prefix] } == {
      uploads-bucket    = ["company-logs", "responses-dev-uploads-123456789012/"]
      renditions-bucket = ["company-logs", "responses-dev-renditions-123456789012/"]
    }
    error_message = "Each bucket must log its requests to the log bucket, under its own name."
  }

  assert {
    condition = output.access_logs == {
      uploads    = { bucket = "company-logs", prefix = "responses-dev-uploads-123456789012/" }
      renditions = { bucket = "company-logs", prefix = "responses-dev-renditions-123456789012/" }
    }
    error_message = "The output access_logs must show where the logs of each bucket are."
  }
}

run "rejects_own_bucket_as_log_bucket" {
  command = plan

  variables {
    log_bucket = "responses-dev-uploads-123456789012"
  }

  expect_failures = [var.log_bucket]
}

run "rejects_arn_as_log_bucket" {
  command = plan

  variables {
    log_bucket = "arn:aws:s3:::company-logs"
  }

  expect_failures = [var.log_bucket]
}
