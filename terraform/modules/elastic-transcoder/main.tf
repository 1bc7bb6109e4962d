# For the region: no attribute of aws_region is valid in provider 5 and not deprecated in 6.
data "aws_service" "current" {
  service_id = "sqs"
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

resource "aws_sns_topic" "jobs" {
  name = "${var.name}-jobs"

  # The AWS managed key: only roles and users of this account publish, and they may use it.
  kms_master_key_id = "alias/aws/sns"

  # The pipeline's role has the permission to publish, so the policy allows nothing.
  policy = var.tls_only ? jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "RequireTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sns:Publish"
      Resource  = join(":", ["arn", data.aws_partition.current.partition, "sns", data.aws_service.current.region, data.aws_caller_identity.current.account_id, "${var.name}-jobs"])
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  }) : null
}

locals {
  trusted_principals = merge(
    { Service = "elastictranscoder.amazonaws.com" },
    length(var.trusted_principals) > 0 ? { AWS = var.trusted_principals } : {},
  )
}

resource "aws_iam_role" "pipeline" {
  name                 = "${var.name}-pipeline"
  path                 = var.role_path
  description          = "Role of the Elastic Transcoder pipeline ${var.name}."
  permissions_boundary = var.permissions_boundary

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = local.trusted_principals
    }]
  })
}

locals {
  # Without ListBucket, S3 answers 403 instead of 404 for a missing object. No condition on s3:prefix: HeadObject has no prefix.
  policy = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadUploads"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = ["${var.uploads.arn}/*"]
      },
      {
        Sid      = "ListBuckets"
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = [var.uploads.arn, var.renditions.arn]
      },
      {
        Sid      = "WriteRenditions"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject"]
        Resource = ["${var.renditions.arn}/output/*"]
      },
      {
        Sid      = "PublishJobEvents"
        Effect   = "Allow"
        Action   = ["sns:Publish"]
        Resource = [aws_sns_topic.jobs.arn]
      },
    ]
  }
}

resource "aws_iam_role_policy" "pipeline" {
  name   = "pipeline"
  role   = aws_iam_role.pipeline.name
  policy = jsonencode(local.policy)
}

resource "aws_elastictranscoder_pipeline" "this" {
  name         = var.name
  input_bucket = var.uploads.name
  role         = aws_iam_role.pipeline.arn

  content_config {
    bucket        = var.renditions.name
    storage_class = "Standard"
  }

  thumbnail_config {
    bucket        = var.renditions.name
    storage_class = "Standard"
  }

  notifications {
    progressing = aws_sns_topic.jobs.arn
    completed   = aws_sns_topic.jobs.arn
    warning     = aws_sns_topic.jobs.arn
    error       = aws_sns_topic.jobs.arn
  }

  depends_on = [aws_iam_role_policy.pipeline]
}

locals {
  arn_prefix = join(":", [
    "arn", data.aws_partition.current.partition, "elastictranscoder", data.aws_service.current.region,
    data.aws_caller_identity.current.account_id,
  ])

  # Terraform does not create the preset: the system presets exist in every account.
  preset_arn = "${local.arn_prefix}:preset/${var.preset_id}"
}
