data "aws_caller_identity" "current" {}

locals {
  # Bucket names are unique across all accounts, so they contain the account id.
  bucket_names = {
    uploads    = coalesce(var.uploads_bucket_name, "${var.name}-uploads-${data.aws_caller_identity.current.account_id}")
    renditions = "${var.name}-renditions-${data.aws_caller_identity.current.account_id}"
  }

  table_name = coalesce(var.table_name, var.name)
}

# The keys are those of the Chalice project's table, so that Terraform can import that table. DynamoDB declares only the
# attributes that are keys; the crate `aws` defines the layout of the items.
resource "aws_dynamodb_table" "responses" {
  name                        = local.table_name
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "ProjectStep"
  range_key                   = "Mail"
  deletion_protection_enabled = true

  dynamic "attribute" {
    for_each = {
      ProjectStep       = "S"
      Mail              = "S"
      Project           = "S"
      ProjectStepStatus = "S"
      ProjectStatus     = "S"
      CreatedAt         = "S"
      OpenShard         = "N"
      DueAt             = "S"
    }

    content {
      name = attribute.key
      type = attribute.value
    }
  }

  # Responses of one step, newest first.
  global_secondary_index {
    name            = "ByStep"
    hash_key        = "ProjectStep"
    range_key       = "CreatedAt"
    projection_type = "ALL"
  }

  # Responses of one project, newest first.
  global_secondary_index {
    name            = "ByProject"
    hash_key        = "Project"
    range_key       = "CreatedAt"
    projection_type = "ALL"
  }

  # Responses of one step or one project with one status. A filter expression would read the other responses too.
  global_secondary_index {
    name            = "ByStepStatus"
    hash_key        = "ProjectStepStatus"
    range_key       = "CreatedAt"
    projection_type = "ALL"
  }

  global_secondary_index {
    name            = "ByProjectStatus"
    hash_key        = "ProjectStatus"
    range_key       = "CreatedAt"
    projection_type = "ALL"
  }

  # Responses of one respondent in all projects.
  global_secondary_index {
    name            = "ByMail"
    hash_key        = "Mail"
    range_key       = "ProjectStep"
    projection_type = "ALL"
  }

  # Sparse: only responses with pending work have OpenShard (kind of work) and DueAt (when it is due).
  # KEYS_ONLY, because reconcile reads the item itself before it decides.
  global_secondary_index {
    name            = "Open"
    hash_key        = "OpenShard"
    range_key       = "DueAt"
    projection_type = "KEYS_ONLY"
  }

  ttl {
    attribute_name = "ExpiresAt"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.kms_key_arn
  }

  # The provider adds one index at a time and waits this long for each. To fill an index of a large adopted table takes
  # hours; the provider's 60 minutes would end the apply between two indexes.
  timeouts {
    update = "12h"
  }
}

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_144:A stage has one region. Versions protect objects from deletion, and renditions can be made again.
  #checkov:skip=CKV2_AWS_62:The module ingest has the notification of the uploads bucket. Nothing waits for events of renditions: the engine reports its jobs.
  for_each = local.bucket_names

  bucket        = each.value
  force_destroy = false
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = local.bucket_names

  bucket                  = aws_s3_bucket.this[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = local.bucket_names

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = local.bucket_names

  bucket = aws_s3_bucket.this[each.key].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = local.bucket_names

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    # With a bucket key, S3 calls KMS once for many objects.
    bucket_key_enabled = var.kms_key_arn != null

    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

# Stops a plan that would delete the table or a bucket, or replace one for any reason (docs/adr/0020). Terraform deletes the
# settings of a bucket before S3 refuses to delete the bucket, so the plan must fail, not the apply. `prevent_destroy` takes no
# variable, but this resource can be left out.
resource "terraform_data" "deletion_protection" {
  count = var.deletion_protection ? 1 : 0

  lifecycle {
    prevent_destroy = true
    # An ARN is unknown in the plan of a replacement, and otherwise never changes.
    replace_triggered_by = [
      aws_dynamodb_table.responses.arn,
      aws_s3_bucket.this["uploads"].arn,
      aws_s3_bucket.this["renditions"].arn,
    ]
  }
}

locals {
  # The plan's protection is part of Terraform only. This statement also stops a DeleteBucket from the console or a script.
  deny_delete = {
    for purpose, bucket in aws_s3_bucket.this : purpose => {
      Sid       = "DenyDeleteBucket"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:DeleteBucket"
      Resource  = bucket.arn
    }
  }

  require_tls = {
    for purpose, bucket in aws_s3_bucket.this : purpose => {
      Sid       = "RequireTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [bucket.arn, "${bucket.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  for_each = local.bucket_names

  bucket = aws_s3_bucket.this[each.key].id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = concat([local.deny_delete[each.key]], var.tls_only ? [local.require_tls[each.key]] : [])
  })

  # S3 rejects concurrent changes to the access settings of a bucket.
  depends_on = [aws_s3_bucket_public_access_block.this]
}

locals {
  cors = {
    uploads = {
      methods         = ["POST", "PUT"]
      allowed_headers = ["*"]
      exposed_headers = ["ETag"]
    }
    renditions = {
      methods         = ["GET", "HEAD"]
      allowed_headers = ["Range"]
      exposed_headers = ["Accept-Ranges", "Content-Length", "Content-Range", "ETag"]
    }
  }
}

resource "aws_s3_bucket_cors_configuration" "this" {
  for_each = length(var.cors_origins) > 0 ? local.bucket_names : {}

  bucket = aws_s3_bucket.this[each.key].id

  cors_rule {
    allowed_origins = var.cors_origins
    allowed_methods = local.cors[each.key].methods
    allowed_headers = local.cors[each.key].allowed_headers
    expose_headers  = local.cors[each.key].exposed_headers
    max_age_seconds = 3600
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = var.lifecycle_rules ? local.bucket_names : {}

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    id     = "abort-unfinished-uploads"
    status = "Enabled"

    filter {}

    # The presigned URLs of an upload expire within a day, so this aborts no upload in progress.
    abort_incomplete_multipart_upload {
      days_after_initiation = 2
    }
  }

  rule {
    id     = "expire-noncurrent-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 30
    }

    expiration {
      expired_object_delete_marker = true
    }
  }

  dynamic "rule" {
    for_each = each.key == "uploads" && (var.sources.storage_class != null || var.sources.expire_after_days != null) ? [var.sources] : []

    content {
      id     = "sources"
      status = "Enabled"

      filter {}

      dynamic "transition" {
        for_each = rule.value.storage_class[*]

        content {
          days          = rule.value.after_days
          storage_class = transition.value
        }
      }

      dynamic "expiration" {
        for_each = rule.value.expire_after_days[*]

        content {
          days = expiration.value
        }
      }
    }
  }

  # The second rule requires versioning.
  depends_on = [aws_s3_bucket_versioning.this]
}

# S3's own log of every request to the buckets, for a team that collects them in one bucket.
resource "aws_s3_bucket_logging" "this" {
  for_each = { for purpose, name in local.bucket_names : purpose => name if var.log_bucket != null }

  bucket        = aws_s3_bucket.this[each.key].id
  target_bucket = var.log_bucket
  target_prefix = "${each.value}/"
}
