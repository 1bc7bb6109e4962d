# For the region: no attribute of aws_region is valid in provider 5 and not deprecated in 6.
data "aws_service" "current" {
  service_id = "sqs"
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

resource "aws_media_convert_queue" "this" {
  name        = var.name
  description = "Queue of the jobs that make web renditions of uploads."
}

resource "aws_iam_role" "jobs" {
  name                 = "${var.name}-media-convert"
  path                 = var.role_path
  description          = "Role of the jobs in the MediaConvert queue ${var.name}."
  permissions_boundary = var.permissions_boundary

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid       = "Service"
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = "mediaconvert.amazonaws.com" }
        Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
      }],
      [for arn in var.trusted_principals : {
        Sid       = "TrustedPrincipal"
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { AWS = arn }
      }],
    )
  })
}

resource "aws_iam_role_policy" "jobs" {
  name = "jobs"
  role = aws_iam_role.jobs.name

  # Without ListBucket, S3 answers 403 instead of 404 for a missing object. No condition on s3:prefix: HeadObject has no prefix.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      { Sid = "ReadUploads", Effect = "Allow", Action = ["s3:GetObject"], Resource = ["${var.uploads.arn}/*"] },
      { Sid = "ListUploads", Effect = "Allow", Action = ["s3:ListBucket"], Resource = [var.uploads.arn] },
      { Sid = "WriteRenditions", Effect = "Allow", Action = ["s3:PutObject"], Resource = ["${var.renditions.arn}/output/*"] },
      ], [
      for key in compact([var.kms_key_arn]) : {
        Sid       = "UseKeyByS3"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = [key]
        Condition = { StringEquals = { "kms:ViaService" = "s3.${split(":", key)[3]}.amazonaws.com" } }
      }
    ])
  })
}

# on_job cancels a job that exceeds max_seconds, for recordings whose duration is unknown. STATUS_UPDATE, sent once a minute,
# has the decoded frames; a recording has at most 60 a second. Ingest needs no other events.
resource "aws_cloudwatch_event_rule" "jobs" {
  name        = "${var.name}-jobs"
  description = "Start and end of jobs in the queue ${var.name}, and progress beyond ${var.max_seconds} seconds."

  event_pattern = jsonencode({
    source      = [var.event_source]
    detail-type = ["MediaConvert Job State Change"]
    detail = {
      queue = [aws_media_convert_queue.this.arn]
      "$or" = [
        { status = ["PROGRESSING", "COMPLETE", "ERROR", "CANCELED"] },
        { status = ["STATUS_UPDATE"], framesDecoded = [{ numeric = [">", 60 * var.max_seconds] }] },
      ]
    }
  })
}

locals {
  jobs_arn = join(":", [
    "arn", data.aws_partition.current.partition, "mediaconvert", data.aws_service.current.region,
    data.aws_caller_identity.current.account_id, "jobs/*",
  ])

  # No condition on a job's tag: docs/adr/0025-least-privilege.md.
  read_and_cancel_jobs = { sid = "ReadAndCancelJobs", actions = ["mediaconvert:GetJob", "mediaconvert:CancelJob"], resources = [local.jobs_arn], condition = null }
}
