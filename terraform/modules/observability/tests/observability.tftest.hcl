mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name                    = "responses-dev"
  set_aside_after_seconds = 900
  on_upload               = "responses-dev-on-upload"
  reconcile               = "responses-dev-reconcile"

  queues = {
    uploads             = "responses-dev-uploads"
    jobs                = "responses-dev-jobs"
    rejects             = "responses-dev-rejects"
    uploads_dead_letter = "responses-dev-uploads-dead-letter"
    jobs_dead_letter    = "responses-dev-jobs-dead-letter"
  }
}

run "alarms" {
  assert {
    condition = {
      for what, alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name => join(" ", concat(
        [alarm.namespace, alarm.metric_name, alarm.statistic, alarm.comparison_operator, alarm.threshold],
        [alarm.evaluation_periods, "x", alarm.period],
        [for name, value in alarm.dimensions == null ? {} : alarm.dimensions : "${name}=${value}"],
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
    error_message = "Each alarm watches its own queue or function, and goes off at the first message, the first that waits too long, or the third failure."
  }

  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.this : alarm.treat_missing_data == "notBreaching" && alarm.datapoints_to_alarm == null
    ])
    error_message = "Of a queue that sleeps nothing is told, and that is no alarm; each of the periods counts."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.reconcile_silent.metric_name == "Invocations"
      && aws_cloudwatch_metric_alarm.reconcile_silent.dimensions == tomap({ FunctionName = "responses-dev-reconcile" })
      && aws_cloudwatch_metric_alarm.reconcile_silent.comparison_operator == "LessThanThreshold"
      && aws_cloudwatch_metric_alarm.reconcile_silent.threshold == 1
      && aws_cloudwatch_metric_alarm.reconcile_silent.treat_missing_data == "breaching"
    )
    error_message = "reconcile's silence is an alarm."
  }

  assert {
    condition = (
      aws_cloudwatch_log_metric_filter.reconcile_retries.log_group_name == "/aws/lambda/responses-dev-reconcile"
      && aws_cloudwatch_log_metric_filter.reconcile_retries.pattern == "{ $.end = \"retry\" }"
      && one(aws_cloudwatch_log_metric_filter.reconcile_retries.metric_transformation).namespace == aws_cloudwatch_metric_alarm.this["reconcile-retries"].namespace
      && one(aws_cloudwatch_log_metric_filter.reconcile_retries.metric_transformation).name == aws_cloudwatch_metric_alarm.this["reconcile-retries"].metric_name
    )
    error_message = "The responses that reconcile failed on are counted in its log, and that count is watched."
  }

  assert {
    condition = (
      toset([for filter in aws_cloudwatch_log_metric_filter.engine_refusals : filter.log_group_name]) == toset(["/aws/lambda/responses-dev-on-upload", "/aws/lambda/responses-dev-reconcile"])
      && alltrue([
        for filter in aws_cloudwatch_log_metric_filter.engine_refusals :
        filter.pattern == "{ $.end = \"engine-refused\" }"
        && one(filter.metric_transformation).namespace == aws_cloudwatch_metric_alarm.this["engine-refusals"].namespace
        && one(filter.metric_transformation).name == aws_cloudwatch_metric_alarm.this["engine-refusals"].metric_name
      ])
    )
    error_message = "Jobs that the engine refuses are counted in the logs of both functions that create jobs, and that count is watched."
  }

  assert {
    condition = alltrue([
      for alarm in concat(values(aws_cloudwatch_metric_alarm.this), [aws_cloudwatch_metric_alarm.reconcile_silent]) :
      alarm.alarm_actions == toset([aws_sns_topic.alarms.arn]) && alarm.ok_actions == toset([aws_sns_topic.alarms.arn])
      && strcontains(alarm.alarm_description, "docs/runbooks/dead-letters.md")
    ])
    error_message = "Each alarm is told when it goes off and when it is over, and names the runbook."
  }

  # What the description names is there.
  assert {
    condition     = alltrue([for what, name in output.names : strcontains(file("../../../docs/runbooks/dead-letters.md"), "| `<name>-${what}` |")])
    error_message = "The runbook has a row for each alarm."
  }

  assert {
    condition     = length(output.names) == 9 && output.names["reconcile-silent"] == "responses-dev-reconcile-silent"
    error_message = "Every alarm is told by what it watches."
  }
}

run "topic" {
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
    error_message = "CloudWatch publishes for this account's alarms of this name: nobody else does."
  }

  assert {
    condition     = aws_sns_topic.alarms.name == "responses-dev-alarms" && aws_sns_topic.alarms.kms_master_key_id == null
    error_message = "CloudWatch cannot publish to a topic that the AWS-managed key encrypts."
  }

  assert {
    condition     = length(aws_sns_topic_subscription.email) == 0 && length(output.emails) == 0
    error_message = "Nobody is told by email unless it is said."
  }
}

run "emails" {
  variables {
    alarm_emails = ["operators@example.com", "night.shift@example.com"]
  }

  assert {
    condition = alltrue([
      for email, subscription in aws_sns_topic_subscription.email :
      subscription.protocol == "email" && subscription.endpoint == email && subscription.topic_arn == aws_sns_topic.alarms.arn
    ]) && output.emails == toset(["operators@example.com", "night.shift@example.com"])
    error_message = "Each address is subscribed to the topic."
  }
}

run "another_wait" {
  command = plan

  variables {
    set_aside_after_seconds = 1800
  }

  assert {
    condition     = [for what in ["uploads-waiting", "jobs-waiting"] : aws_cloudwatch_metric_alarm.this[what].threshold] == [1800, 1800]
    error_message = "A queue waits too long when it waits longer than its messages may fail."
  }
}

run "refuses_bad_settings" {
  command = plan

  variables {
    name                    = "Responses"
    set_aside_after_seconds = 0
    on_upload               = "arn:aws:lambda:eu-central-1:123456789012:function:responses-dev-on-upload"
    reconcile               = "arn:aws:lambda:eu-central-1:123456789012:function:responses-dev-reconcile"
    alarm_emails             = ["operators"]

    queues = {
      uploads             = "https://sqs.eu-central-1.amazonaws.com/123456789012/responses-dev-uploads"
      jobs                = "responses-dev-jobs"
      rejects             = "responses-dev-rejects"
      uploads_dead_letter = "responses-dev-uploads-dead-letter"
      jobs_dead_letter    = "responses-dev-jobs-dead-letter"
    }
  }

  expect_failures = [var.name, var.set_aside_after_seconds, var.on_upload, var.reconcile, var.alarm_emails, var.queues]
}

run "refuses_one_queue_for_two" {
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
