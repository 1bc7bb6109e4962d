data "aws_region" "current" {}
data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

resource "aws_media_convert_queue" "this" {
  name        = var.name
  description = "Web renditions of uploads."
}

resource "aws_iam_role" "jobs" {
  name        = "${var.name}-media-convert"
  description = "What the jobs of the queue ${var.name} may do."

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
        Sid       = "StandIn"
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

  # ListBucket, because without it a missing object is a 403 rather than a 404.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "ReadUploads", Effect = "Allow", Action = ["s3:GetObject"], Resource = ["${var.uploads.arn}/*"] },
      { Sid = "FindUploads", Effect = "Allow", Action = ["s3:ListBucket"], Resource = [var.uploads.arn] },
      { Sid = "WriteRenditions", Effect = "Allow", Action = ["s3:PutObject"], Resource = ["${var.renditions.arn}/output/*"] },
    ]
  })
}

# A job of a recording that does not say how long it is tells by its STATUS_UPDATE events, one a minute, when it is too
# long: on_job cancels it. A recording has at most 60 frames a second. Other events are not needed.
resource "aws_cloudwatch_event_rule" "jobs" {
  name        = "${var.name}-jobs"
  description = "Jobs of the queue ${var.name} that begin, end, or decode more than ${var.max_seconds} seconds."

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
    "arn", data.aws_partition.current.partition, "mediaconvert", data.aws_region.current.name,
    data.aws_caller_identity.current.account_id, "jobs/*",
  ])
  job = { sid = "Job", actions = ["mediaconvert:GetJob", "mediaconvert:CancelJob"], resources = [local.jobs_arn], condition = null }
}
