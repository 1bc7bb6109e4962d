mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name                      = "responses-dev"
  dead_letter_after_seconds = 900
  on_upload                 = "responses-dev-on-upload"
  reconcile                 = "responses-dev-reconcile"

  queues = {
    uploads             = "responses-dev-uploads"
    jobs                = "responses-dev-jobs"
    rejects             = "responses-dev-rejects"
    uploads_dead_letter = "responses-dev-uploads-dead-letter"
    jobs_dead_letter    = "responses-dev-jobs-dead-letter"
  }
}

run "creates_alarms" {
  assert {
    condition = {
      for name, alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name => join(" ", concat(
        [alarm.namespace, alarm.metric_name, alarm.statistic, alarm.comparison_operator, alarm.threshold],
        [alarm.evaluation_periods, "x", alarm.period],
        [for dimension, value in alarm.dimensions == null ? {} : alarm.dimensions : "${dimension}=${value}"],
      ))
      } == {
      responses-dev-uploads-dead-letter = "AWS/SQS ApproximateNumberOfMessagesVisible Maximum GreaterThanThreshold 0 1 x 60 QueueName=responses-dev-uploads-dead-letter"
      responses-dev-jobs-dead-letter    = "AWS/SQS ApproximateNumberOfMessagesVisible Maximum GreaterThanThreshold 0 1 x 60 QueueName=responses-dev-jobs-dead-letter"
      responses-dev-rejects             = "AWS/SQS ApproximateNumberOfMessagesVisible Maximum GreaterThanThreshold 0 1 x 60 QueueName=responses-dev-rejects"
      responses-dev-uploads-waiting     = "AWS/SQS ApproximateAgeOfOldestMessage Maximum GreaterThanThreshold 900 1 x 60 QueueName=responses-dev-uploads"
      responses-dev-jobs-waiting        = "AWS/SQS ApproximateAgeOfOldestMessage Maximum GreaterThanThreshold 900 1 x 60 QueueName=responses-dev-jobs"
      responses-dev-reconcile-errors    = "AWS/Lambda Errors Sum GreaterThanThreshold 0 3 x 300 FunctionName=responses-dev-reconcile"
      responses-dev-reconcile-retries   = "responses-dev ReconcileRetries Sum GreaterThanThreshold 0 3 x 300"
      responses-dev-engine-refusals     = "responses-dev EngineRefusals Sum GreaterThanThreshold 0 1 x 60"
    }
    error_message = "Each alarm must watch its own queue, function or custom metric, with the given statistic, threshold and periods."
  }

  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.this : alarm.treat_missing_data == "notBreaching" && alarm.datapoints_to_alarm == null
    ])
    error_message = "Missing data of an inactive queue must not set off an alarm, and every evaluation period must count."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.reconcile_silent.metric_name == "Invocations"
      && aws_cloudwatch_metric_alarm.reconcile_silent.dimensions == tomap({ FunctionName = "responses-dev-reconcile" })
      && aws_cloudwatch_metric_alarm.reconcile_silent.comparison_operator == "LessThanThreshold"
      && aws_cloudwatch_metric_alarm.reconcile_silent.threshold == 1
      && aws_cloudwatch_metric_alarm.reconcile_silent.treat_missing_data == "breaching"
    )
    error_message = "An alarm must go off when reconcile is not invoked, and treat missing data as breaching."
  }

  assert {
    condition = (
      aws_cloudwatch_log_metric_filter.reconcile_retries.log_group_name == "/aws/lambda/responses-dev-reconcile"
      && aws_cloudwatch_log_metric_filter.reconcile_retries.pattern == "{ $.disposition = \"retry\" }"
      && one(aws_cloudwatch_log_metric_filter.reconcile_retries.metric_transformation).namespace == aws_cloudwatch_metric_alarm.this["reconcile-retries"].namespace
      && one(aws_cloudwatch_log_metric_filter.reconcile_retries.metric_transformation).name == aws_cloudwatch_metric_alarm.this["reconcile-retries"].metric_name
    )
    error_message = "A metric filter must count the retries in the log of reconcile, in the metric that the alarm watches."
  }

  assert {
    condition = (
      toset([for filter in aws_cloudwatch_log_metric_filter.engine_refusals : filter.log_group_name]) == toset(["/aws/lambda/responses-dev-on-upload", "/aws/lambda/responses-dev-reconcile"])
      && alltrue([
        for filter in aws_cloudwatch_log_metric_filter.engine_refusals :
        filter.pattern == "{ $.disposition = \"engine-refused\" }"
        && one(filter.metric_transformation).namespace == aws_cloudwatch_metric_alarm.this["engine-refusals"].namespace
        && one(filter.metric_transformation).name == aws_cloudwatch_metric_alarm.this["engine-refusals"].metric_name
      ])
    )
    error_message = "Metric filters must count refused jobs in the logs of on_upload and reconcile, in the metric that the alarm watches."
  }

  assert {
    condition = alltrue([
      for alarm in concat(values(aws_cloudwatch_metric_alarm.this), [aws_cloudwatch_metric_alarm.reconcile_silent]) :
      alarm.alarm_actions == toset([aws_sns_topic.alarms.arn]) && alarm.ok_actions == toset([aws_sns_topic.alarms.arn])
      && strcontains(alarm.alarm_description, "docs/runbooks/dead-letters.md, section \"What each alarm means\"")
    ])
    error_message = "Each alarm must notify the topic when it goes off and when it ends, and name the section of the runbook."
  }

  assert {
    condition     = strcontains(file("../../../docs/runbooks/dead-letters.md"), "\n## What each alarm means\n") && alltrue([for key, name in output.alarm_names : strcontains(file("../../../docs/runbooks/dead-letters.md"), "| `<name>-${key}` |")])
    error_message = "The runbook must have the section that the descriptions name, with a row for each alarm."
  }

  assert {
    condition     = length(output.alarm_names) == 9 && output.alarm_names["reconcile-silent"] == "responses-dev-reconcile-silent"
    error_message = "The output must have all nine alarms by their names without the prefix."
  }
}

run "creates_topic" {
  assert {
    condition = jsondecode(aws_sns_topic.alarms.policy).Statement == [{
      Sid       = "Alarms"
      Effect    = "Allow"
      Principal = { Service = "cloudwatch.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = "arn:aws:sns:eu-central-1:123456789012:responses-dev-alarms"
      Condition = {
        ArnLike      = { "aws:SourceArn" = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:responses-dev-*" }
        StringEquals = { "aws:SourceAccount" = "123456789012" }
      }
    }]
    error_message = "Only CloudWatch may publish to the topic, for this account's alarms with this name."
  }

  assert {
    condition     = aws_sns_topic.alarms.name == "responses-dev-alarms" && aws_sns_topic.alarms.kms_master_key_id == null
    error_message = "The topic must have no KMS key: CloudWatch cannot publish to a topic that is encrypted with the AWS managed key."
  }

  assert {
    condition     = length(aws_sns_topic_subscription.email) == 0 && length(output.subscribed_emails) == 0
    error_message = "Without alarm_emails, the topic must have no subscription."
  }
}

run "subscribes_alarm_emails" {
  variables {
    alarm_emails = ["operators@example.com", "night.shift@example.com"]
  }

  assert {
    condition = alltrue([
      for email, subscription in aws_sns_topic_subscription.email :
      subscription.protocol == "email" && subscription.endpoint == email && subscription.topic_arn == aws_sns_topic.alarms.arn
    ]) && output.subscribed_emails == toset(["operators@example.com", "night.shift@example.com"])
    error_message = "Each address in alarm_emails must be subscribed to the topic."
  }
}

run "message_age_threshold_follows_dead_letter_time" {
  command = plan

  variables {
    dead_letter_after_seconds = 1800
  }

  assert {
    condition     = [for name in ["uploads-waiting", "jobs-waiting"] : aws_cloudwatch_metric_alarm.this[name].threshold] == [1800, 1800]
    error_message = "The threshold of the message age must be dead_letter_after_seconds."
  }
}

run "rejects_invalid_settings" {
  command = plan

  variables {
    name                      = "Responses"
    dead_letter_after_seconds = 0
    on_upload                 = "arn:aws:lambda:eu-central-1:123456789012:function:responses-dev-on-upload"
    reconcile                 = "arn:aws:lambda:eu-central-1:123456789012:function:responses-dev-reconcile"
    alarm_emails              = ["operators"]

    queues = {
      uploads             = "https://sqs.eu-central-1.amazonaws.com/123456789012/responses-dev-uploads"
      jobs                = "responses-dev-jobs"
      rejects             = "responses-dev-rejects"
      uploads_dead_letter = "responses-dev-uploads-dead-letter"
      jobs_dead_letter    = "responses-dev-jobs-dead-letter"
    }
  }

  expect_failures = [var.name, var.dead_letter_after_seconds, var.on_upload, var.reconcile, var.alarm_emails, var.queues]
}

run "rejects_duplicate_queue" {
  command = plan

  variables {
    queues = {
      uploads             = "responses-dev-uploads"
      jobs                = "responses-dev-uploads"
      rejects             = "responses-dev-rejects"
      uploads_dead_letter = "responses-dev-uploads-dead-letter"
      jobs_dead_letter    = "responses-dev-jobs-dead-letter"
    }
  }

  expect_failures = [var.queues]
}
