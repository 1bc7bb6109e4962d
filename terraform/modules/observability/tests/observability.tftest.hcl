mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name                      = "responses-dev"
  dead_letter_after_seconds = 900
  api_id                    = "a1b2c3d4e5"
  runbook_url               = "https://git.example.org/runbooks"
  stage                     = "dev"
  uses_media_convert        = true
  media_convert_queue_arn   = "arn:aws:mediaconvert:eu-central-1:123456789012:queues/responses-dev"
  buckets                   = { uploads = "responses-dev-uploads-123456789012", renditions = "responses-dev-renditions-123456789012" }
  rules                     = { schedule = "responses-dev-reconcile", jobs = "responses-dev-jobs" }

  functions = {
    api       = "responses-dev-api"
    on_upload = "responses-dev-on-upload"
    on_job    = "responses-dev-on-job"
    reconcile = "responses-dev-reconcile"
  }

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
      for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name => join(" ", concat(
        [for value in [alarm.namespace, alarm.metric_name, alarm.statistic, alarm.extended_statistic] : value if value != null],
        [alarm.comparison_operator, alarm.threshold, alarm.evaluation_periods, "x", alarm.period == null ? "-" : alarm.period, alarm.treat_missing_data],
        [for dimension, value in alarm.dimensions == null ? {} : alarm.dimensions : "${dimension}=${value}"],
      ))
      } == {
      responses-dev-uploads-dead-letter    = "AWS/SQS ApproximateNumberOfMessagesVisible Maximum GreaterThanThreshold 0 1 x 60 notBreaching QueueName=responses-dev-uploads-dead-letter"
      responses-dev-jobs-dead-letter       = "AWS/SQS ApproximateNumberOfMessagesVisible Maximum GreaterThanThreshold 0 1 x 60 notBreaching QueueName=responses-dev-jobs-dead-letter"
      responses-dev-rejects                = "AWS/SQS ApproximateNumberOfMessagesVisible Maximum GreaterThanThreshold 0 1 x 60 notBreaching QueueName=responses-dev-rejects"
      responses-dev-uploads-waiting        = "AWS/SQS ApproximateAgeOfOldestMessage Maximum GreaterThanThreshold 900 1 x 60 notBreaching QueueName=responses-dev-uploads"
      responses-dev-jobs-waiting           = "AWS/SQS ApproximateAgeOfOldestMessage Maximum GreaterThanThreshold 900 1 x 60 notBreaching QueueName=responses-dev-jobs"
      responses-dev-api-5xx                = "AWS/ApiGateway 5xx Sum GreaterThanThreshold 2 1 x 300 notBreaching ApiId=a1b2c3d4e5 Stage=$default"
      responses-dev-api-latency            = "AWS/ApiGateway Latency p99 GreaterThanThreshold 5000 3 x 300 notBreaching ApiId=a1b2c3d4e5 Stage=$default"
      responses-dev-api-errors             = "AWS/Lambda Errors Sum GreaterThanThreshold 0 1 x 300 notBreaching FunctionName=responses-dev-api"
      responses-dev-on-upload-errors       = "AWS/Lambda Errors Sum GreaterThanThreshold 0 1 x 300 notBreaching FunctionName=responses-dev-on-upload"
      responses-dev-on-job-errors          = "AWS/Lambda Errors Sum GreaterThanThreshold 0 1 x 300 notBreaching FunctionName=responses-dev-on-job"
      responses-dev-reconcile-errors       = "AWS/Lambda Errors Sum GreaterThanThreshold 0 3 x 300 notBreaching FunctionName=responses-dev-reconcile"
      responses-dev-api-throttles          = "AWS/Lambda Throttles Sum GreaterThanThreshold 0 1 x 300 notBreaching FunctionName=responses-dev-api"
      responses-dev-on-upload-throttles    = "AWS/Lambda Throttles Sum GreaterThanThreshold 0 3 x 300 notBreaching FunctionName=responses-dev-on-upload"
      responses-dev-on-job-throttles       = "AWS/Lambda Throttles Sum GreaterThanThreshold 0 3 x 300 notBreaching FunctionName=responses-dev-on-job"
      responses-dev-reconcile-throttles    = "AWS/Lambda Throttles Sum GreaterThanThreshold 0 3 x 300 notBreaching FunctionName=responses-dev-reconcile"
      responses-dev-schedule-not-delivered = "AWS/Events FailedInvocations Sum GreaterThanThreshold 0 1 x 300 notBreaching RuleName=responses-dev-reconcile"
      responses-dev-jobs-not-delivered     = "AWS/Events FailedInvocations Sum GreaterThanThreshold 0 1 x 300 notBreaching RuleName=responses-dev-jobs"
      responses-dev-repairs                = "responses-dev Repairs Sum GreaterThanThreshold 0 1 x 300 notBreaching"
      responses-dev-overdue                = "responses-dev OldestOverdue Maximum GreaterThanThreshold 900 3 x 300 notBreaching"
      responses-dev-anonymous-requests     = "responses-dev AnonymousUploadRequests Sum GreaterThanThreshold 600 1 x 300 notBreaching"
      responses-dev-failed-unreadable      = "GreaterThanThreshold 20 1 x - notBreaching"
      responses-dev-failed-no-video-stream = "GreaterThanThreshold 20 1 x - notBreaching"
      responses-dev-failed-too-long        = "GreaterThanThreshold 20 1 x - notBreaching"
      responses-dev-failed-job-refused     = "GreaterThanThreshold 20 1 x - notBreaching"
      responses-dev-failed-engine-error    = "GreaterThanThreshold 20 1 x - notBreaching"
      responses-dev-failed-canceled        = "GreaterThanThreshold 20 1 x - notBreaching"
      responses-dev-failed-gave-up         = "GreaterThanThreshold 20 1 x - notBreaching"
      responses-dev-reconcile-retries      = "responses-dev ReconcileRetries Sum GreaterThanThreshold 0 3 x 300 notBreaching"
      responses-dev-engine-refusals        = "responses-dev EngineRefusals Sum GreaterThanThreshold 0 1 x 60 notBreaching"
      responses-dev-reconcile-silent       = "AWS/Lambda Invocations Sum LessThanThreshold 1 3 x 300 breaching FunctionName=responses-dev-reconcile"
    }
    error_message = "Each alarm must watch its own queue, function, rule, API or custom metric, with the given statistic, threshold and periods. Missing data is a fault for reconcile-silent only."
  }

  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.this :
      coalesce(alarm.actions_enabled, true) && alarm.insufficient_data_actions == null
      && alarm.datapoints_to_alarm == null && alarm.unit == null && alarm.threshold_metric_id == null
      && length(alarm.metric_query) == (alarm.metric_name == null ? 3 : 0)
      && (alarm.extended_statistic == null || alarm.evaluate_low_sample_count_percentiles == "evaluate")
    ])
    error_message = "The actions of each alarm must be enabled, every evaluation period and every sample must count, and no unit may exclude data."
  }

  # Each failure's share of the results, by the metrics that the functions print.
  assert {
    condition = alltrue([
      for reason in ["unreadable", "no-video-stream", "too-long", "job-refused", "engine-error", "canceled", "gave-up"] : {
        for query in aws_cloudwatch_metric_alarm.this["failed-${reason}"].metric_query : query.id => join(" ", concat(
          [tostring(coalesce(query.return_data, false)), query.expression == null ? "-" : query.expression, query.period == null ? "-" : query.period],
          [for metric in query.metric : join(" ", concat([metric.namespace, metric.metric_name, metric.stat, metric.period], [for name, value in coalesce(metric.dimensions, {}) : "${name}=${value}"]))],
        ))
        } == {
        part       = "false - - responses-dev Failures Sum 3600 Reason=${reason}"
        whole      = "false - - responses-dev Results Sum 3600"
        percentage = "true IF(part >= 3, 100 * part / whole, 0) -"
      }
    ])
    error_message = "The alarm on a reason must compare its failures, of which there are at least three, with all results of the hour."
  }

  assert {
    condition = alltrue([
      for name, alarm in aws_cloudwatch_metric_alarm.this :
      alarm.alarm_actions == toset(["arn:aws:sns:eu-central-1:123456789012:responses-dev-alarms"])
      && alarm.ok_actions == toset(["arn:aws:sns:eu-central-1:123456789012:responses-dev-alarms"])
      && output.alarm_actions[name] == alarm.alarm_actions
    ])
    error_message = "Each alarm must notify the topic when it goes off and when it ends."
  }

  # CloudWatch allows 1,024 characters. Each heading of a page has an anchor: its words in lower case, joined by hyphens.
  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.this : length(alarm.alarm_description) <= 1024 && anytrue(flatten([
        for page in ["alarms.md", "dead-letters.md"] : [
          for heading in regexall("\n## ([^\n]+)\n", file("../../../docs/runbooks/${page}")) :
          endswith(alarm.alarm_description, ". Runbook: https://git.example.org/runbooks/${page}#${replace(lower(heading[0]), " ", "-")}")
        ]
      ]))
    ])
    error_message = "Each description must be a sentence, and end with the URL of a section that exists in the runbook."
  }

  # What each alarm describes, in words that no other description has.
  assert {
    condition = alltrue([
      for alarm, words in {
        uploads-dead-letter    = "on_upload failed five times"
        jobs-dead-letter       = "on_job failed five times"
        rejects                = "A file or a message was rejected"
        uploads-waiting        = "The oldest upload event has waited for more than 900 seconds"
        jobs-waiting           = "The oldest job event has waited for more than 900 seconds"
        api-5xx                = "The API answered three or more requests within 5 minutes with a status of 500 or above"
        api-latency            = "the slowest hundredth of the API's requests took longer than 5000 ms"
        api-errors             = "api crashed, timed out or could not start"
        on-upload-errors       = "on_upload crashed, timed out or could not start"
        on-job-errors          = "on_job crashed, timed out or could not start"
        reconcile-errors       = "reconcile, which repairs lost events and overdue work, ended in an error"
        api-throttles          = "Lambda refused to run api"
        on-upload-throttles    = "Lambda refused to run on_upload"
        on-job-throttles       = "Lambda refused to run on_job"
        reconcile-throttles    = "Lambda refused to run reconcile"
        schedule-not-delivered = "EventBridge could not invoke reconcile"
        jobs-not-delivered     = "EventBridge could not send a job event to the queue"
        repairs                = "reconcile repaired a response"
        overdue                = "a response was overdue for more than 900 seconds"
        anonymous-requests     = "Clients without a token were issued more than 600 uploads"
        failed-unreadable      = "failed as unreadable"
        failed-no-video-stream = "failed as no-video-stream"
        failed-too-long        = "failed as too-long"
        failed-job-refused     = "failed as job-refused"
        failed-engine-error    = "failed as engine-error"
        failed-canceled        = "failed as canceled"
        failed-gave-up         = "failed as gave-up"
        reconcile-retries      = "reconcile runs, but failed on a response"
        engine-refusals        = "The engine refused to create a job"
        reconcile-silent       = "reconcile, which repairs lost events and overdue work, was not invoked"
      } : [for name, other in aws_cloudwatch_metric_alarm.this : name if strcontains(other.alarm_description, words)] == [alarm]
    ])
    error_message = "Each alarm must describe its own fault."
  }

  assert {
    condition     = alltrue([for key, name in output.alarm_names : name == "responses-dev-${key}" && length(regexall("\n[|] `<name>-${key}` [|]", file("../../../docs/runbooks/alarms.md"))) == 1])
    error_message = "The output must have all alarms by their names without the prefix, and the runbook a row for each."
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
    error_message = "Only CloudWatch may publish to the topic, for this account's alarms with this name, and no principal over plain HTTP."
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

run "notifies_other_topics" {
  variables {
    alarm_topic_arns = ["arn:aws:sns:eu-central-1:123456789012:pager", "arn:aws:sns:eu-central-1:123456789012:chat"]
  }

  assert {
    condition = alltrue(flatten([
      for alarm in aws_cloudwatch_metric_alarm.this : [
        for actions in [alarm.alarm_actions, alarm.ok_actions] :
        actions == toset([for topic in ["responses-dev-alarms", "pager", "chat"] : "arn:aws:sns:eu-central-1:123456789012:${topic}"])
      ]
    ]))
    error_message = "Each alarm must notify the stage's topic and each of alarm_topic_arns, when it goes off and when it ends."
  }
}

run "watches_no_rule_without_rule_of_job_events" {
  command = plan

  variables {
    rules = { schedule = "responses-dev-reconcile" }
  }

  assert {
    condition     = [for name, alarm in aws_cloudwatch_metric_alarm.this : name if endswith(name, "not-delivered")] == ["schedule-not-delivered"]
    error_message = "An engine that sends its job events without a rule must have no alarm on one."
  }
}

run "thresholds_follow_variable" {
  command = plan

  variables {
    alarm_thresholds = { api_latency_ms = 800, overdue_seconds = 801, anonymous_requests = 802, failed_percent = 80 }
  }

  assert {
    condition = alltrue([
      for alarm, threshold in { api-latency = "800 ms", overdue = "801 seconds", anonymous-requests = "802 uploads", failed-gave-up = "80 percent" } :
      aws_cloudwatch_metric_alarm.this[alarm].threshold == tonumber(split(" ", threshold)[0])
      && strcontains(aws_cloudwatch_metric_alarm.this[alarm].alarm_description, threshold)
    ])
    error_message = "Each threshold and its description must follow the variable."
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
    api_id                    = "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com"
    rules                     = { schedule = "arn:aws:events:eu-central-1:123456789012:rule/responses-dev-reconcile" }
    runbook_url               = "docs/runbooks"
    alarm_emails              = ["operators"]
    alarm_topic_arns          = ["pager"]
    alarm_thresholds          = { api_latency_ms = 0.5 }
    budget                    = { monthly_usd = 0, emails = ["owners"] }

    functions = {
      api       = "responses-dev-api"
      on_upload = "responses-dev-on-upload"
      on_job    = "responses-dev-on-job"
      reconcile = "arn:aws:lambda:eu-central-1:123456789012:function:responses-dev-reconcile"
    }

    queues = {
      uploads             = "https://sqs.eu-central-1.amazonaws.com/123456789012/responses-dev-uploads"
      jobs                = "responses-dev-jobs"
      rejects             = "responses-dev-rejects"
      uploads_dead_letter = "responses-dev-uploads-dead-letter"
      jobs_dead_letter    = "responses-dev-jobs-dead-letter"
    }
  }

  expect_failures = [
    var.name, var.dead_letter_after_seconds, var.functions, var.api_id, var.rules, var.runbook_url, var.alarm_emails, var.alarm_topic_arns,
    var.alarm_thresholds, var.queues, var.budget,
  ]
}

run "rejects_duplicate_function" {
  command = plan

  variables {
    functions = {
      api       = "responses-dev-api"
      on_upload = "responses-dev-on-upload"
      on_job    = "responses-dev-on-upload"
      reconcile = "responses-dev-reconcile"
    }
  }

  expect_failures = [var.functions]
}

run "rejects_fifth_topic_and_unreadable_runbook" {
  command = plan

  variables {
    runbook_url      = "https://git.example.org/runbooks/"
    alarm_topic_arns = [for number in range(5) : "arn:aws:sns:eu-central-1:123456789012:pager-${number}"]
  }

  expect_failures = [var.runbook_url, var.alarm_topic_arns]
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
