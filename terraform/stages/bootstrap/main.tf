locals {
  bucket = "responses-${var.stage}-state-${var.account_id}"
}

import {
  for_each = var.existing ? [local.bucket] : []

  to = aws_s3_bucket.state
  id = each.value
}

# The state of every stack of the stage. Its lock is an object beside it (use_lockfile), so it needs no table.
resource "aws_s3_bucket" "state" {
  #checkov:skip=CKV_AWS_18:The bucket exists before the stage and its log bucket. CloudTrail records who reads or writes a state.
  #checkov:skip=CKV_AWS_144:A stage has one region. A lost state can be imported again; versions protect it from mistakes.
  #checkov:skip=CKV_AWS_145:A state contains no secret: the only one is a write-only argument. S3 encrypts it with its own key.
  #checkov:skip=CKV2_AWS_62:Nothing waits for events of the state.
  bucket        = local.bucket
  force_destroy = false

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_public_access_block" "state" {
  bucket                  = aws_s3_bucket.state.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "state" {
  bucket = aws_s3_bucket.state.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "state" {
  bucket = aws_s3_bucket.state.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "state" {
  bucket = aws_s3_bucket.state.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_policy" "state" {
  bucket = aws_s3_bucket.state.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "DenyDeleteBucket", Effect = "Deny", Principal = "*", Action = "s3:DeleteBucket", Resource = aws_s3_bucket.state.arn },
      {
        Sid       = "RequireTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [aws_s3_bucket.state.arn, "${aws_s3_bucket.state.arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })

  # S3 rejects concurrent changes to the access settings of a bucket.
  depends_on = [aws_s3_bucket_public_access_block.state]
}

resource "aws_s3_bucket_lifecycle_configuration" "state" {
  bucket = aws_s3_bucket.state.id

  # Each apply writes a version of the state, and creates and deletes a lock.
  rule {
    id     = "expire-noncurrent-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days           = 90
      newer_noncurrent_versions = 20
    }

    expiration {
      expired_object_delete_marker = true
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 2
    }
  }

  # The rule requires versioning.
  depends_on = [aws_s3_bucket_versioning.state]
}
