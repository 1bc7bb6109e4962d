mock_provider "aws" {
  source = "./tests/mocks"
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

override_resource {
  target = aws_sns_topic.alarms
  values = { arn = "arn:aws:sns:eu-central-1:123456789012:responses-dev-alarms" }
}

run "creates_alarms_and_topic" {
  assert {
    condition = {
      for alarm in concat(values(aws_cloudwatch_metric_alarm.this), [aws_cloudwatch_metric_alarm.reconcile_silent]) : alarm.alarm_name => join(" ", concat(
        [alarm.namespace, alarm.metric_name, alarm.statistic, alarm.comparison_operator, alarm.threshold],
        [alarm.evaluation_periods, "x", alarm.period, alarm.treat_missing_data],
        [for dimension, value in alarm.dimensions == null ? {} : alarm.dimensions : "${dimension}=${value}"],
      ))
      } == {
      responses-dev-uploads-dead-letter = "AWS/SQS ApproximateNumberOfMessagesVisible Maximum GreaterThanThreshold 0 1 x 60 notBreaching QueueName=responses-dev-uploads-dead-letter"
      responses-dev-jobs-dead-letter    = "AWS/SQS ApproximateNumberOfMessagesVisible Maximum GreaterThanThreshold 0 1 x 60 notBreaching QueueName=responses-dev-jobs-dead-letter"
      responses-dev-rejects             = "AWS/SQS ApproximateNumberOfMessagesVisible Maximum GreaterThanThreshold 0 1 x 60 notBreaching QueueName=responses-dev-rejects"
      responses-dev-uploads-waiting     = "AWS/SQS ApproximateAgeOfOldestMessage Maximum GreaterThanThreshold 900 1 x 60 notBreaching QueueName=responses-dev-uploads"
      responses-dev-jobs-waiting        = "AWS/SQS ApproximateAgeOfOldestMessage Maximum GreaterThanThreshold 900 1 x 60 notBreaching QueueName=responses-dev-jobs"
      responses-dev-reconcile-errors    = "AWS/Lambda Errors Sum GreaterThanThreshold 0 3 x 300 notBreaching FunctionName=responses-dev-reconcile"
      responses-dev-reconcile-retries   = "responses-dev ReconcileRetries Sum GreaterThanThreshold 0 3 x 300 notBreaching"
      responses-dev-engine-refusals     = "responses-dev EngineRefusals Sum GreaterThanThreshold 0 1 x 60 notBreaching"
      responses-dev-reconcile-silent    = "AWS/Lambda Invocations Sum LessThanThreshold 1 3 x 300 breaching FunctionName=responses-dev-reconcile"
    }
    error_message = "Each alarm must watch its own queue, function or custom metric, with the given statistic, threshold and periods. Missing data is a fault for reconcile-silent only."
  }

  assert {
    condition = alltrue([
      for alarm in concat(values(aws_cloudwatch_metric_alarm.this), [aws_cloudwatch_metric_alarm.reconcile_silent]) :
      coalesce(alarm.actions_enabled, true) && alarm.insufficient_data_actions == null && length(alarm.metric_query) == 0
      && alarm.datapoints_to_alarm == null && alarm.unit == null && alarm.extended_statistic == null && alarm.threshold_metric_id == null
    ])
    error_message = "The actions of each alarm must be enabled, every evaluation period must count, and no unit may exclude data."
  }

  assert {
    condition = jsonencode({
      for filter in concat([aws_cloudwatch_log_metric_filter.reconcile_retries], values(aws_cloudwatch_log_metric_filter.engine_refusals)) :
      filter.name => [filter.log_group_name, filter.pattern, filter.metric_transformation]
      }) == jsonencode({
      responses-dev-reconcile-retries = [
        "/aws/lambda/responses-dev-reconcile", "{ $.disposition = \"retry\" }",
        [{ default_value = null, dimensions = null, name = "ReconcileRetries", namespace = "responses-dev", unit = null, value = "1" }],
      ]
      responses-dev-on-upload-engine-refusals = [
        "/aws/lambda/responses-dev-on-upload", "{ $.disposition = \"engine-refused\" }",
        [{ default_value = null, dimensions = null, name = "EngineRefusals", namespace = "responses-dev", unit = null, value = "1" }],
      ]
      responses-dev-reconcile-engine-refusals = [
        "/aws/lambda/responses-dev-reconcile", "{ $.disposition = \"engine-refused\" }",
        [{ default_value = null, dimensions = null, name = "EngineRefusals", namespace = "responses-dev", unit = null, value = "1" }],
      ]
    })
    error_message = "The metric filters must count, by 1 a line, the retries of reconcile and the refused jobs of on_upload and reconcile, in the metrics that the alarms watch."
  }

  assert {
    condition = alltrue([
      for alarm in concat(values(aws_cloudwatch_metric_alarm.this), [aws_cloudwatch_metric_alarm.reconcile_silent]) :
      alarm.alarm_actions == toset(["arn:aws:sns:eu-central-1:123456789012:responses-dev-alarms"])
      && alarm.ok_actions == toset(["arn:aws:sns:eu-central-1:123456789012:responses-dev-alarms"])
      && strcontains(alarm.alarm_description, "docs/runbooks/dead-letters.md, section \"What each alarm means\"")
    ])
    error_message = "Each alarm must notify the topic when it goes off and when it ends, and name the section of the runbook."
  }

  # The beginnings of the descriptions are all different.
  assert {
    condition = alltrue([
      for alarm, start in {
        uploads-dead-letter = "on_upload failed five times"
        jobs-dead-letter    = "on_job failed five times"
        rejects             = "A file or a message was rejected"
        uploads-waiting     = "The oldest upload event has waited for more than 900 seconds"
        jobs-waiting        = "The oldest job event has waited for more than 900 seconds"
        reconcile-errors    = "reconcile, which repairs lost events and overdue work, ended in an error"
        reconcile-retries   = "reconcile runs, but failed on a response"
        engine-refusals     = "The engine refused to create a job"
      } : startswith(aws_cloudwatch_metric_alarm.this[alarm].alarm_description, start)
    ]) && startswith(aws_cloudwatch_metric_alarm.reconcile_silent.alarm_description, "reconcile, which repairs lost events and overdue work, was not invoked")
    error_message = "Each alarm must describe its own fault."
  }

  assert {
    condition     = strcontains(file("../../../docs/runbooks/dead-letters.md"), "\n## What each alarm means\n") && alltrue([for key, name in output.alarm_names : strcontains(file("../../../docs/runbooks/dead-letters.md"), "| `<name>-${key}` |")])
    error_message = "The runbook must have the section that the descriptions name, with a row for each alarm."
  }

  assert {
    condition     = length(output.alarm_names) == 9 && alltrue([for key, name in output.alarm_names : name == "responses-dev-${key}"])
    error_message = "The output must have all nine alarms by their names without the prefix."
  }

  assert {
    condition     = output.topic_arn == "arn:aws:sns:eu-central-1:123456789012:responses-dev-alarms"
    error_message = "The output must have the ARN of the alarms' topic."
  }

  assert {
    condition = jsondecode(aws_sns_topic.alarms.policy).Statement == [
      {
        Sid       = "Alarms"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = "arn:aws:sns:eu-central-1:123456789012:responses-dev-alarms"
        Condition = {
          ArnLike      = { "aws:SourceArn" = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:responses-dev-*" }
          StringEquals = { "aws:SourceAccount" = "123456789012" }
        }
      },
      {
        Sid       = "RequireTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = "arn:aws:sns:eu-central-1:123456789012:responses-dev-alarms"
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
    error_message = "Only CloudWatch may publish to the topic, for this account's alarms with this name, and nobody over plain HTTP."
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
      subscription.protocol == "email" && subscription.endpoint == email && subscription.filter_policy == null
      && subscription.topic_arn == "arn:aws:sns:eu-central-1:123456789012:responses-dev-alarms"
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

run "encrypts_with_customer_managed_key" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  assert {
    condition     = output.kms_key_arn == "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    error_message = "The key must encrypt the topic."
  }
}

run "rejects_alias_of_key" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:alias/responses"
  }

  expect_failures = [var.kms_key_arn]
}
