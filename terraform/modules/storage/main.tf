data "aws_caller_identity" "current" {}

locals {
  # Bucket names are one namespace for all accounts, hence the account's number in them.
  bucket_names = {
    for purpose in ["uploads", "renditions"] : purpose => "${var.name}-${purpose}-${data.aws_caller_identity.current.account_id}"
  }

  table_name = coalesce(var.table_name, var.name)
}

# The keys are those of the Chalice project's table, so that it can be imported. An attribute is named here only if
# it is a key: the item's own shape is the model's business.
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

  # One step's responses, newest first.
  global_secondary_index {
    name            = "ByStep"
    hash_key        = "ProjectStep"
    range_key       = "CreatedAt"
    projection_type = "ALL"
  }

  # One project's responses, newest first.
  global_secondary_index {
    name            = "ByProject"
    hash_key        = "Project"
    range_key       = "CreatedAt"
    projection_type = "ALL"
  }

  # Of one step, or of one project, those in one state: a filter would read the others too.
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

  # One respondent's responses, in whatever project.
  global_secondary_index {
    name            = "ByMail"
    hash_key        = "Mail"
    range_key       = "ProjectStep"
    projection_type = "ALL"
  }

  # Responses with work that falls due, by kind of work and time. Sparse: other items have neither attribute.
  # reconcile reads the item itself before it decides, so the keys are enough.
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
    enabled = true
  }
}

resource "aws_s3_bucket" "this" {
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
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

locals {
  # `prevent_destroy` takes no variable; this holds against a console's or a script's DeleteBucket as well.
  keep_bucket = {
    for purpose, bucket in aws_s3_bucket.this : purpose => {
      Sid       = "KeepBucket"
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
    Version = "2012-10-17"
    Statement = concat(
      [local.keep_bucket[each.key]],
      [for statement in [local.require_tls[each.key]] : statement if var.tls_only],
    )
  })

  # S3 refuses two changes of a bucket's access at once.
  depends_on = [aws_s3_bucket_public_access_block.this]
}

locals {
  cors = {
    uploads = {
      methods = ["POST", "PUT"]
      allowed = ["*"]
      exposed = ["ETag"]
    }
    renditions = {
      methods = ["GET", "HEAD"]
      allowed = ["Range"]
      exposed = ["Accept-Ranges", "Content-Length", "Content-Range", "ETag"]
    }
  }
}

resource "aws_s3_bucket_cors_configuration" "this" {
  for_each = length(var.cors_origins) > 0 ? local.bucket_names : {}

  bucket = aws_s3_bucket.this[each.key].id

  cors_rule {
    allowed_origins = var.cors_origins
    allowed_methods = local.cors[each.key].methods
    allowed_headers = local.cors[each.key].allowed
    expose_headers  = local.cors[each.key].exposed
    max_age_seconds = 3600
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = var.clean_up ? local.bucket_names : {}

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    id     = "abort-unfinished-uploads"
    status = "Enabled"

    filter {}

    # An upload's addresses are good for a day at most.
    abort_incomplete_multipart_upload {
      days_after_initiation = 2
    }
  }

  rule {
    id     = "expire-replaced-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 30
    }

    expiration {
      expired_object_delete_marker = true
    }
  }

  # The second rule speaks of versions.
  depends_on = [aws_s3_bucket_versioning.this]
}
