mock_provider "aws" {
  # A test cannot destroy the bucket, so it only plans.
  override_during = plan

  override_resource {
    target = aws_s3_bucket.state
    values = { id = "state-bucket", arn = "arn:aws:s3:::state-bucket" }
  }
}

variables {
  stage      = "staging"
  region     = "eu-west-1"
  account_id = "123456789012"
}

run "creates_private_versioned_bucket" {
  command = plan

  assert {
    condition     = [aws_s3_bucket.state.bucket, aws_s3_bucket.state.force_destroy] == ["responses-staging-state-123456789012", false]
    error_message = "The bucket's name must contain the stage and the account, and Terraform must not delete a bucket with objects."
  }

  assert {
    condition = jsonencode({
      public_access = [
        for block in [aws_s3_bucket_public_access_block.state] :
        [block.bucket, block.block_public_acls, block.block_public_policy, block.ignore_public_acls, block.restrict_public_buckets]
      ]
      ownership  = [aws_s3_bucket_ownership_controls.state.bucket, one(aws_s3_bucket_ownership_controls.state.rule).object_ownership]
      versioning = [aws_s3_bucket_versioning.state.bucket, one(aws_s3_bucket_versioning.state.versioning_configuration).status]
      encryption = [
        aws_s3_bucket_server_side_encryption_configuration.state.bucket,
        one(one(aws_s3_bucket_server_side_encryption_configuration.state.rule).apply_server_side_encryption_by_default).sse_algorithm,
      ]
      }) == jsonencode({
      public_access = [["state-bucket", true, true, true, true]]
      ownership     = ["state-bucket", "BucketOwnerEnforced"]
      versioning    = ["state-bucket", "Enabled"]
      encryption    = ["state-bucket", "AES256"]
    })
    error_message = "The bucket must be private, without ACLs, versioned and encrypted."
  }

  assert {
    condition = [aws_s3_bucket_policy.state.bucket, jsondecode(aws_s3_bucket_policy.state.policy)] == ["state-bucket", {
      Version = "2012-10-17"
      Statement = [
        { Sid = "DenyDeleteBucket", Effect = "Deny", Principal = "*", Action = "s3:DeleteBucket", Resource = "arn:aws:s3:::state-bucket" },
        {
          Sid       = "RequireTls"
          Effect    = "Deny"
          Principal = "*"
          Action    = "s3:*"
          Resource  = ["arn:aws:s3:::state-bucket", "arn:aws:s3:::state-bucket/*"]
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        },
      ]
    }]
    error_message = "The bucket's policy must deny DeleteBucket and plain HTTP."
  }

  assert {
    condition = jsonencode([for rule in aws_s3_bucket_lifecycle_configuration.state.rule : {
      status     = rule.status
      abort      = rule.abort_incomplete_multipart_upload[*].days_after_initiation
      noncurrent = [for expiration in rule.noncurrent_version_expiration : [expiration.noncurrent_days, expiration.newer_noncurrent_versions]]
      expiration = [for expiration in rule.expiration : { date = expiration.date, marker = expiration.expired_object_delete_marker }]
      transition = concat(rule.transition[*].storage_class, rule.noncurrent_version_transition[*].storage_class)
      }]) == jsonencode([{
      status     = "Enabled"
      abort      = [2]
      noncurrent = [[90, 20]]
      expiration = [{ date = null, marker = true }]
      transition = []
    }])
    error_message = "No rule may expire the current state; older versions must stay for 90 days and at least the newest 20."
  }

  assert {
    condition     = output.bucket == "state-bucket" && aws_s3_bucket_lifecycle_configuration.state.bucket == "state-bucket"
    error_message = "The output and the lifecycle rule must name the bucket."
  }

  # A test cannot read these, so this compares their text.
  assert {
    condition = (
      strcontains(file("${path.module}/main.tf"), "  force_destroy = false\n\n  lifecycle {\n    prevent_destroy = true\n  }\n")
      && strcontains(file("${path.module}/versions.tf"), "  backend \"local\" {}\n")
      && strcontains(file("${path.module}/versions.tf"), "  region              = var.region\n  allowed_account_ids = [var.account_id]\n")
      && strcontains(file("${path.module}/main.tf"), "  for_each = var.existing ? [local.bucket] : []\n")
    )
    error_message = "Terraform must refuse to delete the bucket and to use another account."
  }
}

run "rejects_invalid_variables" {
  command = plan

  variables {
    stage      = "local"
    account_id = "prod"
  }

  expect_failures = [var.stage, var.account_id]
}
