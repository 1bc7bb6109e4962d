data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

# For the region: no attribute of aws_region is valid in provider 5 and not deprecated in 6.
data "aws_service" "current" {
  service_id = "sqs"
}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_service.current.region
  runbook   = "docs/runbooks/dead-letters.md, section \"What each alarm means\""

  # SQS does not count a message that it moves to a dead-letter queue as sent, so the alarm uses the visible messages.
  message_visible = { namespace = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible", statistic = "Maximum", period = 60, evaluation_periods = 1, threshold = 0 }

  # SQS moves a failing message to the dead-letter queue before this age, so an older one waits for its function.
  message_age = { namespace = "AWS/SQS", metric = "ApproximateAgeOfOldestMessage", statistic = "Maximum", period = 60, evaluation_periods = 1, threshold = var.dead_letter_after_seconds }

  # The next run, a minute later, makes up for one failed run. Errors in three consecutive periods of 5 minutes need a person.
  repeated_errors = { namespace = "AWS/Lambda", metric = "Errors", statistic = "Sum", period = 300, evaluation_periods = 3, threshold = 0 }

  # Custom metrics: the metric filters below count lines of the functions' logs.
  reconcile_retries = { namespace = var.name, metric = "ReconcileRetries" }
  engine_refusals   = { namespace = var.name, metric = "EngineRefusals", statistic = "Sum", period = 60, evaluation_periods = 1, threshold = 0 }

  # Each description says what happened and what to do first. The runbook has a row for each of these names.
  alarms = {
    uploads-dead-letter = merge(local.message_visible, {
      dimensions  = { QueueName = var.queues.uploads_dead_letter }
      description = "on_upload failed five times on an upload event. The response is unchanged. Find the error in the log of on_upload, remove its cause, then move the messages back to their queue."
    })
    jobs-dead-letter = merge(local.message_visible, {
      dimensions  = { QueueName = var.queues.jobs_dead_letter }
      description = "on_job failed five times on a job event. The response stays transcoding until reconcile reads the job's state from the engine. Find the error in the log of on_job, remove its cause, then move the messages back to their queue."
    })
    rejects = merge(local.message_visible, {
      dimensions  = { QueueName = var.queues.rejects }
      description = "A file or a message was rejected permanently, because no retry can fix it. Read its reason in the queue, resolve it, then delete the message. Further rejects cause no notification until the queue is empty."
    })
    uploads-waiting = merge(local.message_age, {
      dimensions  = { QueueName = var.queues.uploads }
      description = "The oldest upload event has waited for more than ${var.dead_letter_after_seconds} seconds. on_upload is not invoked, or is too slow. If the number of messages does not fall, check the event source mapping and the throttles of on_upload."
    })
    jobs-waiting = merge(local.message_age, {
      dimensions  = { QueueName = var.queues.jobs }
      description = "The oldest job event has waited for more than ${var.dead_letter_after_seconds} seconds. on_job is not invoked, or is too slow. If the number of messages does not fall, check the event source mapping and the throttles of on_job."
    })
    reconcile-errors = merge(local.repeated_errors, {
      dimensions  = { FunctionName = var.reconcile }
      description = "reconcile, which repairs lost events and overdue work, ended in an error or timed out in each of three periods of 5 minutes. Find the error in the log of reconcile and remove its cause."
    })
    reconcile-retries = merge(local.repeated_errors, local.reconcile_retries, {
      dimensions  = null
      description = "reconcile runs, but failed on a response in each of three periods of 5 minutes. Find the response and the error in the log of reconcile and remove the cause."
    })
    engine-refusals = merge(local.engine_refusals, {
      dimensions  = null
      description = "The engine refused to create a job. The job is retried for a day at growing intervals, or the response has failed. Find the engine's message in the logs of on_upload and reconcile, correct the configuration, then retry the failed responses."
    })
  }
}

resource "aws_sns_topic" "alarms" {
  name = "${var.name}-alarms"

  # By default no KMS key: CloudWatch cannot use the AWS managed key (alias/aws/sns), whose policy cannot be changed. Alarms
  # contain no email of a respondent and no project.
  kms_master_key_id = var.kms_key_arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Alarms"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = "arn:${local.partition}:sns:${local.region}:${local.account}:${var.name}-alarms"
        Condition = {
          ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:cloudwatch:${local.region}:${local.account}:alarm:${var.name}-*" }
          StringEquals = { "aws:SourceAccount" = local.account }
        }
      },
      {
        Sid       = "RequireTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = "arn:${local.partition}:sns:${local.region}:${local.account}:${var.name}-alarms"
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

resource "aws_sns_topic_subscription" "email" {
  for_each = var.alarm_emails

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.value
}

# A run that fails on one response continues with the others and succeeds, so Lambda's metric Errors does not count it.
resource "aws_cloudwatch_log_metric_filter" "reconcile_retries" {
  name           = "${var.name}-reconcile-retries"
  log_group_name = "/aws/lambda/${var.reconcile}"
  pattern        = "{ $.disposition = \"retry\" }"

  metric_transformation {
    namespace = local.reconcile_retries.namespace
    name      = local.reconcile_retries.metric
    value     = "1"
  }
}

# Both functions create jobs, and both log a refused job with this value of `end`.
resource "aws_cloudwatch_log_metric_filter" "engine_refusals" {
  for_each = toset([var.on_upload, var.reconcile])

  name           = "${each.value}-engine-refusals"
  log_group_name = "/aws/lambda/${each.value}"
  pattern        = "{ $.disposition = \"engine-refused\" }"

  metric_transformation {
    namespace = local.engine_refusals.namespace
    name      = local.engine_refusals.metric
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name        = "${var.name}-${each.key}"
  alarm_description = "${each.value.description} Runbook: ${local.runbook}."

  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = each.value.period
  evaluation_periods  = each.value.evaluation_periods
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold

  # SQS sends no metrics of a queue that was inactive for six hours, and Lambda none of a function that is not invoked.
  treat_missing_data = "notBreaching"

  alarm_actions = [aws_sns_topic.alarms.arn]
  ok_actions    = [aws_sns_topic.alarms.arn]
}

# Missing data is a fault here, unlike for the other alarms: reconcile runs every minute. The alarm goes off once after the
# first apply, until CloudWatch has data of the first runs.
resource "aws_cloudwatch_metric_alarm" "reconcile_silent" {
  alarm_name        = "${var.name}-reconcile-silent"
  alarm_description = "reconcile, which repairs lost events and overdue work, was not invoked for 15 minutes. Check that its EventBridge rule is enabled and targets the function. After the first apply of a stage, this alarm goes off once without a fault. Runbook: ${local.runbook}."

  namespace           = "AWS/Lambda"
  metric_name         = "Invocations"
  dimensions          = { FunctionName = var.reconcile }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 3
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"

  alarm_actions = [aws_sns_topic.alarms.arn]
  ok_actions    = [aws_sns_topic.alarms.arn]
}
