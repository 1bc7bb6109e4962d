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

  # Besides the stage's own topic: the topics of a pager or a chat.
  topics = concat([aws_sns_topic.alarms.arn], sort(var.alarm_topic_arns))
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

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name        = "${var.name}-${each.key}"
  alarm_description = "${each.value.description} Runbook: ${var.runbook_url}/${each.value.section}"

  namespace           = each.value.is_percentage ? null : each.value.metric.namespace
  metric_name         = each.value.is_percentage ? null : each.value.metric.name
  dimensions          = each.value.is_percentage ? null : each.value.metric.dimensions
  statistic           = each.value.is_percentage || each.value.is_percentile ? null : each.value.metric.statistic
  extended_statistic  = each.value.is_percentile ? each.value.metric.statistic : null
  period              = each.value.is_percentage ? null : each.value.period
  evaluation_periods  = each.value.periods
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  treat_missing_data  = each.value.missing_data

  dynamic "metric_query" {
    for_each = each.value.is_percentage ? { part = each.value.metric, whole = each.value.percentage_of } : {}

    content {
      id = metric_query.key

      metric {
        namespace   = metric_query.value.namespace
        metric_name = metric_query.value.name
        dimensions  = metric_query.value.dimensions
        stat        = metric_query.value.statistic
        period      = each.value.period
      }
    }
  }

  # One failure of two results is no trend.
  dynamic "metric_query" {
    for_each = each.value.is_percentage ? ["percentage"] : []

    content {
      id          = metric_query.value
      expression  = "IF(part >= 3, 100 * part / whole, 0)"
      label       = each.key
      return_data = true
    }
  }

  # With `ignore`, an alarm on p99 would never go off in a stage with less than 1,000 requests in a period.
  evaluate_low_sample_count_percentiles = each.value.is_percentile ? "evaluate" : null

  alarm_actions = local.topics
  ok_actions    = local.topics
}

# Without this, Terraform could create the alarm under its new address before it deletes the one of the same name.
moved {
  from = aws_cloudwatch_metric_alarm.reconcile_silent
  to   = aws_cloudwatch_metric_alarm.this["reconcile-silent"]
}
