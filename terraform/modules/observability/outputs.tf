output "topic_arn" {
  description = "ARN of the SNS topic that alarms publish to. Other subscribers, such as a pager, can be added."
  value       = aws_sns_topic.alarms.arn
}

output "alarm_names" {
  description = "Name of each alarm, by its name without the prefix."
  value       = { for name, alarm in aws_cloudwatch_metric_alarm.this : name => alarm.alarm_name }
}

output "subscribed_emails" {
  description = "Email addresses that are subscribed to the topic."
  value       = toset([for email in aws_sns_topic_subscription.email : email.endpoint])
}

output "watched_resources" {
  description = "Dimensions of the metric that each alarm watches, which name the queue, function, rule or API; empty for a custom metric."
  value       = { for name, alarm in aws_cloudwatch_metric_alarm.this : name => alarm.dimensions == null ? {} : alarm.dimensions }
}

output "alarm_actions" {
  description = "ARNs of the SNS topics that each alarm publishes to."
  value       = { for name, alarm in aws_cloudwatch_metric_alarm.this : name => alarm.alarm_actions }
}

output "thresholds" {
  description = "Value above which each alarm goes off; for reconcile-silent, below which."
  value       = { for name, alarm in aws_cloudwatch_metric_alarm.this : name => alarm.threshold }
}

output "runbook_urls" {
  description = "URL of the section of the runbook that each alarm's description ends with."
  value       = { for name, alarm in aws_cloudwatch_metric_alarm.this : name => split(" Runbook: ", alarm.alarm_description)[1] }
}

output "dashboard" {
  description = "Name of the CloudWatch dashboard, and its body as JSON."
  value       = { name = aws_cloudwatch_dashboard.this.dashboard_name, body = aws_cloudwatch_dashboard.this.dashboard_body }
}

output "budget" {
  description = "Name, limit in US dollars and addresses of the budget; null without one."
  value = one([for budget in aws_budgets_budget.this : {
    name   = budget.name
    limit  = budget.limit_amount
    emails = toset(flatten(budget.notification[*].subscriber_email_addresses))
  }])
}

output "kms_key_arn" {
  description = "Key of the topic; null if it is not encrypted."
  value       = aws_sns_topic.alarms.kms_master_key_id
}
