output "topic_arn" {
  description = "ARN of the SNS topic that alarms publish to. Other subscribers, such as a pager, can be added."
  value       = aws_sns_topic.alarms.arn
}

output "alarm_names" {
  description = "Name of each alarm, by its name without the prefix."
  value = merge(
    { for name, alarm in aws_cloudwatch_metric_alarm.this : name => alarm.alarm_name },
    { reconcile-silent = aws_cloudwatch_metric_alarm.reconcile_silent.alarm_name },
  )
}

output "subscribed_emails" {
  description = "Email addresses that are subscribed to the topic."
  value       = toset([for email in aws_sns_topic_subscription.email : email.endpoint])
}

output "watched_resources" {
  description = "Name of the queue or function that each alarm watches; empty for a custom metric."
  value = merge(
    { for name, alarm in aws_cloudwatch_metric_alarm.this : name => alarm.dimensions == null ? "" : join("", values(alarm.dimensions)) },
    { reconcile-silent = join("", values(aws_cloudwatch_metric_alarm.reconcile_silent.dimensions)) },
  )
}

output "max_message_age_seconds" {
  description = "Age of the oldest message of a queue, in seconds, above which its alarm goes off."
  value       = aws_cloudwatch_metric_alarm.this["uploads-waiting"].threshold
}

output "watched_logs" {
  description = "Name of the log group that each metric filter reads, by the filter's name."
  value = {
    for filter in concat([aws_cloudwatch_log_metric_filter.reconcile_retries], values(aws_cloudwatch_log_metric_filter.engine_refusals)) :
    filter.name => filter.log_group_name
  }
}

output "kms_key_arn" {
  description = "Key of the topic; null if it is not encrypted."
  value       = aws_sns_topic.alarms.kms_master_key_id
}
