data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id

  # The queues' ARNs are put together from their names, so that each queue can carry its own policy from the start:
  # as resources of their own the policies cost another half minute of the provider's waiting.
  queue_arns = {
    for queue in ["uploads", "jobs", "rejects"] : queue => join(":", [
      "arn", data.aws_partition.current.partition, "sqs", data.aws_region.current.name, local.account, "${var.name}-${queue}",
    ])
  }

  # The numbers from here to maximum_concurrency fit each other, so that a burst waits and does not fail. The README's
  # table says how: whoever changes one looks at the others.
  timeout_seconds = 30

  # AWS advises six times the timeout: the function retries throttled batches while their messages stay hidden. It is more
  # than a job's lease, so that the first redelivery after a crash finds the lease over.
  visibility_timeout_seconds = coalesce(var.visibility_timeout_seconds, 6 * local.timeout_seconds)

  # Five receives, 180 seconds apart, are a quarter of an hour: what passes by itself has passed by then.
  max_receive_count = 5
  batch_size        = 10

  # Of the mappings, not of the functions: what a function has no room for comes back as a receive that failed, and a burst
  # would end among the dead letters; what a mapping has no room for waits in the queue. The least that AWS takes is 2: enough
  # for an engine that takes two jobs a second. A result costs no engine anything.
  maximum_concurrency = { on_upload = 2, on_job = 5 }

  retention_seconds = 14 * 24 * 60 * 60

  # Who may send to which queue, and on behalf of what.
  senders = {
    uploads = {
      service = "s3.amazonaws.com"
      condition = {
        ArnEquals    = { "aws:SourceArn" = var.uploads.arn }
        StringEquals = { "aws:SourceAccount" = local.account }
      }
    }
    jobs = {
      service   = var.engine.news.service
      condition = { ArnEquals = { "aws:SourceArn" = var.engine.news.source_arn } }
    }
  }
}

resource "aws_sqs_queue" "source" {
  for_each = local.senders

  name                       = "${var.name}-${each.key}"
  visibility_timeout_seconds = local.visibility_timeout_seconds
  message_retention_seconds  = local.retention_seconds
  sqs_managed_sse_enabled    = true

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Send"
      Effect    = "Allow"
      Principal = { Service = each.value.service }
      Action    = "sqs:SendMessage"
      Resource  = local.queue_arns[each.key]
      Condition = each.value.condition
    }]
  })
}

resource "aws_sqs_queue" "dead_letter" {
  for_each = local.senders

  name                      = "${var.name}-${each.key}-dead-letter"
  message_retention_seconds = local.retention_seconds
  sqs_managed_sse_enabled   = true

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [local.queue_arns[each.key]]
  })
}

# Apart from the queues, so that these and the dead-letter queues are made side by side.
resource "aws_sqs_queue_redrive_policy" "this" {
  for_each = local.senders

  queue_url = aws_sqs_queue.source[each.key].id

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letter[each.key].arn
    maxReceiveCount     = local.max_receive_count
  })
}

# What no retry would mend, with its reason: for a person to read.
resource "aws_sqs_queue" "rejects" {
  name                      = "${var.name}-rejects"
  message_retention_seconds = local.retention_seconds
  sqs_managed_sse_enabled   = true
}

# The uploads bucket's one notification: S3 replaces the whole configuration, so it must not be set anywhere else.
resource "aws_s3_bucket_notification" "uploads" {
  bucket = var.uploads.name

  queue {
    id        = "uploads"
    queue_arn = aws_sqs_queue.source["uploads"].arn
    events    = ["s3:ObjectCreated:*"]
  }
}

# An engine tells of its jobs by a topic or by a rule.
resource "aws_sns_topic_subscription" "jobs" {
  count = var.engine_name == "elastic-transcoder" ? 1 : 0

  topic_arn            = var.engine.news.source_arn
  protocol             = "sqs"
  endpoint             = aws_sqs_queue.source["jobs"].arn
  raw_message_delivery = true
}

resource "aws_cloudwatch_event_target" "jobs" {
  count = var.engine_name == "media-convert" ? 1 : 0

  # A rule's ARN ends in its name.
  rule = reverse(split("/", var.engine.news.source_arn))[0]
  arn  = aws_sqs_queue.source["jobs"].arn
}

locals {
  environment = {
    RESPONSES_TABLE_NAME = var.table.name
    UPLOADS_BUCKET       = var.uploads.name
    RENDITIONS_BUCKET    = var.renditions.name
    REJECTS_QUEUE_URL    = aws_sqs_queue.rejects.url
    MAX_SECONDS          = tostring(var.max_seconds)
    LOG_LEVEL            = var.log_level
  }

  # What starting a job takes.
  jobs = merge(var.engine.environment, { JOB_LEASE_SECONDS = tostring(var.job_lease_seconds) })

  consume = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]

  # Whoever asks for an object's head also lists the bucket: else a missing object is a 403, retried for ever.
  record        = { sid = "Record", actions = ["dynamodb:GetItem", "dynamodb:UpdateItem"], resources = [var.table.arn] }
  read_uploads  = { sid = "ReadUploads", actions = ["s3:GetObject", "s3:GetObjectVersion"], resources = ["${var.uploads.arn}/*"] }
  find_uploads  = { sid = "FindUploads", actions = ["s3:ListBucket"], resources = [var.uploads.arn] }
  reject_record = { sid = "Reject", actions = ["sqs:SendMessage"], resources = [local.queue_arns["rejects"]] }
}

module "on_upload" {
  source = "../function"

  name               = "${var.name}-on-upload"
  package            = var.packages.on_upload
  architecture       = var.architecture
  timeout_seconds    = local.timeout_seconds
  log_retention_days = var.log_retention_days

  environment = merge(local.environment, local.jobs)

  statements = concat(var.engine.start, [
    local.record,
    local.read_uploads,
    local.find_uploads,
    local.reject_record,
    { sid = "Consume", actions = local.consume, resources = [local.queue_arns["uploads"]] },
    { sid = "RemoveSecondVersion", actions = ["s3:DeleteObjectVersion"], resources = ["${var.uploads.arn}/*"] },
  ])
}

module "on_job" {
  source = "../function"

  name               = "${var.name}-on-job"
  package            = var.packages.on_job
  architecture       = var.architecture
  timeout_seconds    = local.timeout_seconds
  log_retention_days = var.log_retention_days
  environment        = merge(local.environment, var.engine.environment)

  statements = concat(var.engine.cancel, [
    local.record,
    local.read_uploads,
    local.find_uploads,
    local.reject_record,
    { sid = "FindResponse", actions = ["dynamodb:Query"], resources = [var.table.arn] },
    { sid = "Consume", actions = local.consume, resources = [local.queue_arns["jobs"]] },
    { sid = "RemoveLosingRendition", actions = ["s3:DeleteObjectVersion"], resources = ["${var.renditions.arn}/*"] },
    { sid = "FindRenditions", actions = ["s3:ListBucketVersions"], resources = [var.renditions.arn] },
  ])
}

module "reconcile" {
  source = "../function"

  name               = "${var.name}-reconcile"
  package            = var.packages.reconcile
  architecture       = var.architecture
  timeout_seconds    = 60
  log_retention_days = var.log_retention_days
  environment        = merge(local.environment, local.jobs)

  statements = concat(var.engine.start, var.engine.look, [
    { sid = "Record", actions = concat(local.record.actions, ["dynamodb:DeleteItem"]), resources = local.record.resources },
    { sid = "Open", actions = ["dynamodb:Query"], resources = ["${var.table.arn}/index/Open"] },
    { sid = "ReadUploads", actions = ["s3:GetObject"], resources = local.read_uploads.resources },
    local.reject_record,
    {
      sid       = "FindUploads"
      actions   = concat(local.find_uploads.actions, ["s3:ListBucketVersions", "s3:ListBucketMultipartUploads"])
      resources = local.find_uploads.resources
    },
    {
      sid       = "RemoveUploads"
      actions   = ["s3:DeleteObjectVersion", "s3:AbortMultipartUpload"]
      resources = ["${var.uploads.arn}/*"]
    },
    { sid = "FindRenditions", actions = ["s3:ListBucketVersions"], resources = [var.renditions.arn] },
    { sid = "RemoveRenditions", actions = ["s3:DeleteObjectVersion"], resources = ["${var.renditions.arn}/*"] },
  ])
}

resource "aws_lambda_event_source_mapping" "on_upload" {
  event_source_arn        = aws_sqs_queue.source["uploads"].arn
  function_name           = module.on_upload.arn
  batch_size              = local.batch_size
  function_response_types = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = local.maximum_concurrency.on_upload
  }
}

resource "aws_lambda_event_source_mapping" "on_job" {
  event_source_arn        = aws_sqs_queue.source["jobs"].arn
  function_name           = module.on_job.arn
  batch_size              = local.batch_size
  function_response_types = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = local.maximum_concurrency.on_job
  }
}

# No event tells of an upload that never came, or of another event that was lost: reconcile looks for overdue work.
resource "aws_cloudwatch_event_rule" "reconcile" {
  name                = module.reconcile.name
  description         = "Works every minute on what is overdue."
  schedule_expression = "rate(1 minute)"
}

resource "aws_cloudwatch_event_target" "reconcile" {
  rule = aws_cloudwatch_event_rule.reconcile.name
  arn  = module.reconcile.arn
}

# A run that failed or was throttled is not repeated: the next one is a minute away and does the same work.
resource "aws_lambda_function_event_invoke_config" "reconcile" {
  function_name                = module.reconcile.name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 60
}

resource "aws_lambda_permission" "reconcile" {
  statement_id  = "schedule"
  action        = "lambda:InvokeFunction"
  function_name = module.reconcile.name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.reconcile.arn
}
