data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

# For the region: no attribute of aws_region is valid in provider 5 and not deprecated in 6.
data "aws_service" "current" {
  service_id = "sqs"
}

locals {
  account = data.aws_caller_identity.current.account_id

  # Composed from the names, so that each queue can contain its own policy. With separate policy resources, the provider
  # would wait another 30 seconds.
  queue_arns = {
    for queue in ["uploads", "jobs", "rejects", "uploads-dead-letter", "jobs-dead-letter"] : queue => join(":", [
      "arn", data.aws_partition.current.partition, "sqs", data.aws_service.current.region, local.account, "${var.name}-${queue}",
    ])
  }

  # The values from here to batch_size, and var.functions, depend on each other, so that a burst waits and does not fail.
  # Before you change one, read "How the numbers fit" in this module's README.

  # AWS recommends six times the timeout, so that Lambda can retry throttled batches while their messages are invisible.
  # It exceeds the lease of a job, so that the lease has expired at the first redelivery after a crash.
  visibility_timeout_seconds = {
    uploads = coalesce(var.visibility_timeout_seconds, 6 * var.functions.on_upload.timeout_seconds)
    jobs    = coalesce(var.visibility_timeout_seconds, 6 * var.functions.on_job.timeout_seconds)
  }

  # Twice the timeout, so that the invocation that claimed a job has ended; also for reconcile, whose timeout is at most 60.
  job_lease_seconds = coalesce(var.job_lease_seconds, 2 * var.functions.on_upload.timeout_seconds)

  # Five receives, 180 seconds apart, take 15 minutes: long enough for a temporary fault to end.
  max_receive_count = 5
  batch_size        = 10

  retention_seconds = 14 * 24 * 60 * 60

  # The service that may send to each queue, and the condition on the source that it sends for.
  senders = {
    uploads = {
      service = "s3.amazonaws.com"
      condition = {
        ArnEquals    = { "aws:SourceArn" = var.uploads.arn }
        StringEquals = { "aws:SourceAccount" = local.account }
      }
    }
    jobs = {
      service   = var.engine.job_events.service
      condition = { ArnEquals = { "aws:SourceArn" = var.engine.job_events.source_arn } }
    }
  }
}

locals {
  # The statements of each queue's policy that deny plain HTTP: one, or none in the local stage.
  require_tls = {
    for queue, arn in local.queue_arns : queue => [
      for sid in ["RequireTls"] : {
        Sid       = sid
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      } if var.tls_only
    ]
  }

  # Policies of the queues to which only the functions and SQS itself send.
  tls_policies = {
    for queue, statements in local.require_tls : queue => var.tls_only ? jsonencode({ Version = "2012-10-17", Statement = statements }) : null
  }
}

resource "aws_sqs_queue" "source" {
  for_each = local.senders

  name                       = "${var.name}-${each.key}"
  visibility_timeout_seconds = local.visibility_timeout_seconds[each.key]
  message_retention_seconds  = local.retention_seconds
  sqs_managed_sse_enabled    = var.kms_key_arn == null ? true : null
  kms_master_key_id          = var.kms_key_arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([{
      Sid       = "Send"
      Effect    = "Allow"
      Principal = { Service = each.value.service }
      Action    = "sqs:SendMessage"
      Resource  = local.queue_arns[each.key]
      Condition = each.value.condition
    }], local.require_tls[each.key])
  })
}

resource "aws_sqs_queue" "dead_letter" {
  for_each = local.senders

  name                      = "${var.name}-${each.key}-dead-letter"
  message_retention_seconds = local.retention_seconds
  sqs_managed_sse_enabled   = var.kms_key_arn == null ? true : null
  kms_master_key_id         = var.kms_key_arn

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [local.queue_arns[each.key]]
  })

  policy = local.tls_policies["${each.key}-dead-letter"]
}

# A separate resource, so that Terraform creates the source queues and the dead-letter queues in parallel.
resource "aws_sqs_queue_redrive_policy" "this" {
  for_each = local.senders

  queue_url = aws_sqs_queue.source[each.key].id

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letter[each.key].arn
    maxReceiveCount     = local.max_receive_count
  })
}

# Records that no retry can fix, with the reason. Operators read and delete them.
resource "aws_sqs_queue" "rejects" {
  name                      = "${var.name}-rejects"
  message_retention_seconds = local.retention_seconds
  sqs_managed_sse_enabled   = var.kms_key_arn == null ? true : null
  kms_master_key_id         = var.kms_key_arn
  policy                    = local.tls_policies.rejects
}

# The uploads bucket's only notification configuration: S3 replaces the whole configuration on each change.
resource "aws_s3_bucket_notification" "uploads" {
  bucket = var.uploads.name

  queue {
    id        = "uploads"
    queue_arn = aws_sqs_queue.source["uploads"].arn
    events    = ["s3:ObjectCreated:*"]
  }
}

# The source of job events is an SNS topic or an EventBridge rule.
resource "aws_sns_topic_subscription" "jobs" {
  count = var.engine_name == "elastic-transcoder" ? 1 : 0

  topic_arn            = var.engine.job_events.source_arn
  protocol             = "sqs"
  endpoint             = aws_sqs_queue.source["jobs"].arn
  raw_message_delivery = true
}

resource "aws_cloudwatch_event_target" "jobs" {
  count = var.engine_name == "media-convert" ? 1 : 0

  # The ARN of a rule ends with the rule's name.
  rule = reverse(split("/", var.engine.job_events.source_arn))[0]
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
    METRICS_NAMESPACE    = var.name
  }

  # Environment of the functions that start jobs.
  job_environment = merge(var.engine.environment, { JOB_LEASE_SECONDS = tostring(local.job_lease_seconds) })

  # They read items and uploads (HeadObject, Probe), and write to rejects. A producer of SQS also needs kms:Decrypt.
  key_uses = { dynamodb = ["kms:Decrypt"], s3 = ["kms:Decrypt"], sqs = ["kms:Decrypt", "kms:GenerateDataKey"] }

  consume_actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]

  # A function that calls HeadObject also needs ListBucket. Otherwise S3 answers 403 instead of 404 for a missing object, and
  # the function would retry for ever. No condition on s3:prefix: HeadObject and HeadBucket have no prefix.
  read_write_responses = { sid = "ReadWriteResponses", actions = ["dynamodb:GetItem", "dynamodb:UpdateItem"], resources = [var.table.arn] }
  read_uploads         = { sid = "ReadUploads", actions = ["s3:GetObject", "s3:GetObjectVersion"], resources = ["${var.uploads.arn}/*"] }
  list_uploads         = { sid = "ListUploads", actions = ["s3:ListBucket"], resources = [var.uploads.arn] }
  list_rendition_versions = {
    sid       = "ListRenditionVersions"
    actions   = ["s3:ListBucketVersions"]
    resources = [var.renditions.arn]
    condition = { StringLike = { "s3:prefix" = "output/*" } }
  }
  send_rejects = { sid = "SendRejects", actions = ["sqs:SendMessage"], resources = [local.queue_arns["rejects"]] }
}

module "on_upload" {
  source = "../function"

  name               = "${var.name}-on-upload"
  package            = var.packages.on_upload
  architecture       = var.architecture
  memory_mb          = var.functions.on_upload.memory_mb
  timeout_seconds    = var.functions.on_upload.timeout_seconds
  log_retention_days = var.log_retention_days
  kms_key_arn        = var.kms_key_arn
  key_uses           = local.key_uses
  release            = var.release

  permissions_boundary = var.permissions_boundary
  role_path            = var.role_path
  tracing              = var.tracing

  environment = merge(local.environment, local.job_environment)

  statements = concat(var.engine.start_statements, [
    local.read_write_responses,
    local.read_uploads,
    local.list_uploads,
    local.send_rejects,
    { sid = "ConsumeQueue", actions = local.consume_actions, resources = [local.queue_arns["uploads"]] },
    { sid = "DeleteSecondVersion", actions = ["s3:DeleteObjectVersion"], resources = ["${var.uploads.arn}/*"] },
  ])
}

module "on_job" {
  source = "../function"

  name               = "${var.name}-on-job"
  package            = var.packages.on_job
  architecture       = var.architecture
  memory_mb          = var.functions.on_job.memory_mb
  timeout_seconds    = var.functions.on_job.timeout_seconds
  log_retention_days = var.log_retention_days
  release            = var.release
  environment        = merge(local.environment, var.engine.environment)
  kms_key_arn        = var.kms_key_arn
  key_uses           = local.key_uses

  permissions_boundary = var.permissions_boundary
  role_path            = var.role_path
  tracing              = var.tracing

  statements = concat(var.engine.cancel_statements, [
    local.read_write_responses,
    local.read_uploads,
    local.list_uploads,
    local.send_rejects,
    { sid = "QueryResponses", actions = ["dynamodb:Query"], resources = [var.table.arn] },
    { sid = "ConsumeQueue", actions = local.consume_actions, resources = [local.queue_arns["jobs"]] },
    { sid = "DeleteLosingRendition", actions = ["s3:DeleteObjectVersion"], resources = ["${var.renditions.arn}/output/*"] },
    local.list_rendition_versions,
  ])
}

module "reconcile" {
  source = "../function"

  name               = "${var.name}-reconcile"
  package            = var.packages.reconcile
  architecture       = var.architecture
  memory_mb          = var.functions.reconcile.memory_mb
  timeout_seconds    = var.functions.reconcile.timeout_seconds
  log_retention_days = var.log_retention_days
  release            = var.release
  environment        = merge(local.environment, local.job_environment)
  kms_key_arn        = var.kms_key_arn
  key_uses           = local.key_uses

  permissions_boundary = var.permissions_boundary
  role_path            = var.role_path
  tracing              = var.tracing

  statements = concat(var.engine.start_statements, var.engine.read_statements, [
    { sid = "ReadWriteResponses", actions = concat(local.read_write_responses.actions, ["dynamodb:DeleteItem"]), resources = local.read_write_responses.resources },
    { sid = "QueryOpenIndex", actions = ["dynamodb:Query"], resources = ["${var.table.arn}/index/Open"] },
    { sid = "ReadUploads", actions = ["s3:GetObject"], resources = local.read_uploads.resources },
    local.send_rejects,
    {
      sid       = "ListUploads"
      actions   = concat(local.list_uploads.actions, ["s3:ListBucketVersions", "s3:ListBucketMultipartUploads"])
      resources = local.list_uploads.resources
    },
    {
      sid       = "DeleteUploads"
      actions   = ["s3:DeleteObjectVersion", "s3:AbortMultipartUpload"]
      resources = ["${var.uploads.arn}/*"]
    },
    local.list_rendition_versions,
    { sid = "DeleteRenditions", actions = ["s3:DeleteObjectVersion"], resources = ["${var.renditions.arn}/output/*"] },
  ])
}

resource "aws_lambda_event_source_mapping" "on_upload" {
  event_source_arn        = aws_sqs_queue.source["uploads"].arn
  function_name           = module.on_upload.alias.arn
  batch_size              = local.batch_size
  function_response_types = ["ReportBatchItemFailures"]

  # Limits the mapping, so that messages wait in the queue. With reserved concurrency of the function, throttled messages
  # would count as failed receives.
  scaling_config {
    maximum_concurrency = var.functions.on_upload.concurrency
  }
}

resource "aws_lambda_event_source_mapping" "on_job" {
  event_source_arn        = aws_sqs_queue.source["jobs"].arn
  function_name           = module.on_job.alias.arn
  batch_size              = local.batch_size
  function_response_types = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = var.functions.on_job.concurrency
  }
}

# A missing upload or a lost event causes no event, so reconcile looks for overdue work on a schedule.
resource "aws_cloudwatch_event_rule" "reconcile" {
  name                = module.reconcile.name
  description         = "Invokes reconcile every minute, which processes overdue work."
  schedule_expression = "rate(1 minute)"
}

resource "aws_cloudwatch_event_target" "reconcile" {
  rule = aws_cloudwatch_event_rule.reconcile.name
  arn  = module.reconcile.alias.arn
}

# Lambda does not retry a run that failed or was throttled: the next run starts within a minute and does the same work.
resource "aws_lambda_function_event_invoke_config" "reconcile" {
  function_name                = module.reconcile.name
  qualifier                    = module.reconcile.alias.name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 60
}

resource "aws_lambda_permission" "reconcile" {
  statement_id  = "schedule"
  action        = "lambda:InvokeFunction"
  function_name = module.reconcile.name
  qualifier     = module.reconcile.alias.name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.reconcile.arn
}
