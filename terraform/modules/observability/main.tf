data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.name
  runbook   = "docs/runbooks/dead-letters.md"

  # SQS counts nothing as sent when a message is set aside: that one is there is what can be seen.
  there = { namespace = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible", statistic = "Maximum", period = 60, periods = 1, above = 0 }

  # A message that fails is set aside before it is as old, so this one waits for a function that is not called, or too slow.
  waits = { namespace = "AWS/SQS", metric = "ApproximateAgeOfOldestMessage", statistic = "Maximum", period = 60, periods = 1, above = var.set_aside_after_seconds }

  # A minute's failure is mended by the next minute's run; three times five minutes are not.
  fails = { namespace = "AWS/Lambda", metric = "Errors", statistic = "Sum", period = 300, periods = 3, above = 0 }

  # A metric of ours: the log's lines are counted below.
  retries = { namespace = var.name, metric = "ReconcileRetries" }

  # Jobs that the engine refuses to create: somebody must change its configuration, or the program.
  refusals = { namespace = var.name, metric = "EngineRefusals", statistic = "Sum", period = 60, periods = 1, above = 0 }

  # What each alarm says when it goes off: the first thing that its reader sees.
  alarms = {
    uploads-dead-letter = merge(local.there, { of = { QueueName = var.queues.uploads_dead_letter }, says = "on_upload has failed five times on an upload's event: its response stays as it is." })
    jobs-dead-letter    = merge(local.there, { of = { QueueName = var.queues.jobs_dead_letter }, says = "on_job has failed five times on a job's result: its response stays transcoding until reconcile asks the engine." })
    rejects             = merge(local.there, { of = { QueueName = var.queues.rejects }, says = "A record was rejected that no retry would mend. Further ones are not told until the queue is empty." })
    uploads-waiting     = merge(local.waits, { of = { QueueName = var.queues.uploads }, says = "Uploads' events wait longer than one that fails: on_upload is not called, or too slow." })
    jobs-waiting        = merge(local.waits, { of = { QueueName = var.queues.jobs }, says = "Jobs' results wait longer than one that fails: on_job is not called, or too slow." })
    reconcile-errors    = merge(local.fails, { of = { FunctionName = var.reconcile }, says = "reconcile, which repairs what is lost, ends in an error again and again." })
    reconcile-retries   = merge(local.fails, local.retries, { of = null, says = "reconcile runs, and fails on a response again and again." })
    engine-refusals     = merge(local.refusals, { of = null, says = "The engine refuses to create jobs: they are tried again for a day at growing intervals, or have failed." })
  }
}

resource "aws_sns_topic" "alarms" {
  name = "${var.name}-alarms"

  # Not encrypted by a key: CloudWatch may not use the AWS-managed one (alias/aws/sns), whose policy nobody can change, and a
  # key of our own would cost more than it hides. An alarm tells names and numbers, no email and no project, and goes out by email.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Alarms"
      Effect    = "Allow"
      Principal = { Service = "cloudwatch.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = "arn:${local.partition}:sns:${local.region}:${local.account}:${var.name}-alarms"
      Condition = {
        ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:cloudwatch:${local.region}:${local.account}:alarm:${var.name}-*" }
        StringEquals = { "aws:SourceAccount" = local.account }
      }
    }]
  })
}

resource "aws_sns_topic_subscription" "email" {
  for_each = var.alarm_emails

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.value
}

# A run that fails on one response goes on with the others and ends well: Lambda's own count knows nothing of it.
resource "aws_cloudwatch_log_metric_filter" "reconcile_retries" {
  name           = "${var.name}-reconcile-retries"
  log_group_name = "/aws/lambda/${var.reconcile}"
  pattern        = "{ $.end = \"retry\" }"

  metric_transformation {
    namespace = local.retries.namespace
    name      = local.retries.metric
    value     = "1"
  }
}

# Both functions create jobs, and both log a refusal as a record that ended so.
resource "aws_cloudwatch_log_metric_filter" "engine_refusals" {
  for_each = toset([var.on_upload, var.reconcile])

  name           = "${each.value}-engine-refusals"
  log_group_name = "/aws/lambda/${each.value}"
  pattern        = "{ $.end = \"engine-refused\" }"

  metric_transformation {
    namespace = local.refusals.namespace
    name      = local.refusals.metric
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name        = "${var.name}-${each.key}"
  alarm_description = "${each.value.says} What to do: ${local.runbook}"

  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.of
  statistic           = each.value.statistic
  period              = each.value.period
  evaluation_periods  = each.value.periods
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.above

  # A queue that nobody used for six hours, and a function that is not called, tell nothing.
  treat_missing_data = "notBreaching"

  alarm_actions = [aws_sns_topic.alarms.arn]
  ok_actions    = [aws_sns_topic.alarms.arn]
}

# The others take silence for health; of what repairs the rest it is none. Right after a first apply it goes off once, until
# the first runs are counted.
resource "aws_cloudwatch_metric_alarm" "reconcile_silent" {
  alarm_name        = "${var.name}-reconcile-silent"
  alarm_description = "reconcile, which repairs what is lost, is not called every minute any more. What to do: ${local.runbook}"

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
