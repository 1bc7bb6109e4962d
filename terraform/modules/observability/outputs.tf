output "topic_arn" {
  description = "ARN of the topic that alarms are told to: more may subscribe, such as a pager."
  value       = aws_sns_topic.alarms.arn
}

output "names" {
  description = "Name of each alarm, by what it watches."
  value = merge(
    { for what, alarm in aws_cloudwatch_metric_alarm.this : what => alarm.alarm_name },
    { reconcile-silent = aws_cloudwatch_metric_alarm.reconcile_silent.alarm_name },
  )
}

output "emails" {
  description = "Who is told by email."
  value       = toset([for email in aws_sns_topic_subscription.email : email.endpoint])
}

output "watched" {
  description = "The queue or function that each alarm watches; none where it is a count of our own."
  value = merge(
    { for what, alarm in aws_cloudwatch_metric_alarm.this : what => alarm.dimensions == null ? "" : join("", values(alarm.dimensions)) },
    { reconcile-silent = join("", values(aws_cloudwatch_metric_alarm.reconcile_silent.dimensions)) },
  )
}

output "longest_wait_seconds" {
  description = "How old the oldest message of a queue may be."
  value       = aws_cloudwatch_metric_alarm.this["uploads-waiting"].threshold
}
