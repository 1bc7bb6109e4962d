locals {
  # What most alarms have in common. Without data nothing is wrong: SQS sends no metrics of a queue that was inactive for six
  # hours, Lambda none of a function that is not invoked, EventBridge none that are zero.
  usual = {
    comparison   = "GreaterThanThreshold"
    threshold    = 0
    period       = 300
    periods      = 1
    missing_data = "notBreaching"

    # The alarm compares the metric itself, not its percentage of another one.
    percentage_of = null
  }

  # SQS does not count a message that it moves to a dead-letter queue as sent, so the alarm uses the visible messages.
  message_visible = merge(local.usual, { period = 60 })

  # SQS moves a failing message to the dead-letter queue before this age, so an older one waits for its function.
  message_age = merge(local.usual, { period = 60, threshold = var.dead_letter_after_seconds })

  # The next message, or the next run a minute later, makes up for one failure. Three periods of 5 minutes need a person.
  repeated = merge(local.usual, { periods = 3 })

  # Each description says what happened and what to do first. The runbook has a row for each of these names; `section` is
  # the heading's anchor.
  queue_alarms = {
    uploads-dead-letter = merge(local.message_visible, {
      metric      = local.queue_metrics.ApproximateNumberOfMessagesVisible.uploads_dead_letter
      description = "on_upload failed five times on an upload event. The response is unchanged. Find the error in the log of on_upload, remove its cause, then move the messages back to their queue."
      section     = "dead-letters.md#dead-letters"
    })
    jobs-dead-letter = merge(local.message_visible, {
      metric      = local.queue_metrics.ApproximateNumberOfMessagesVisible.jobs_dead_letter
      description = "on_job failed five times on a job event. The response stays transcoding until reconcile reads the job's state from the engine. Find the error in the log of on_job, remove its cause, then move the messages back to their queue."
      section     = "dead-letters.md#dead-letters"
    })
    rejects = merge(local.message_visible, {
      metric      = local.queue_metrics.ApproximateNumberOfMessagesVisible.rejects
      description = "A file or a message was rejected permanently, because no retry can fix it. Read its reason in the queue, resolve it, then delete the message. Further rejects cause no notification until the queue is empty."
      section     = "dead-letters.md#rejects"
    })
    uploads-waiting = merge(local.message_age, {
      metric      = local.queue_metrics.ApproximateAgeOfOldestMessage.uploads
      description = "The oldest upload event has waited for more than ${var.dead_letter_after_seconds} seconds. on_upload is not invoked, or is too slow. If the number of messages does not fall, check the event source mapping and the throttles of on_upload."
      section     = "dead-letters.md#waiting-messages"
    })
    jobs-waiting = merge(local.message_age, {
      metric      = local.queue_metrics.ApproximateAgeOfOldestMessage.jobs
      description = "The oldest job event has waited for more than ${var.dead_letter_after_seconds} seconds. on_job is not invoked, or is too slow. If the number of messages does not fall, check the event source mapping and the throttles of on_job."
      section     = "dead-letters.md#waiting-messages"
    })
  }

  api_alarms = {
    # One failed request may be a network's fault. A client repeats it.
    api-5xx = merge(local.usual, {
      threshold   = 2
      metric      = local.api_metrics["5xx"]
      description = "The API answered three or more requests within 5 minutes with a status of 500 or above. Read the access log: integration_error says whether the function could not be invoked, crashed or timed out; otherwise, read the log of the api function."
      section     = "alarms.md#api-errors"
    })
    api-latency = merge(local.repeated, {
      threshold   = var.alarm_thresholds.api_latency_ms
      metric      = local.api_metrics.Latency
      description = "In each of three periods of 5 minutes, the slowest hundredth of the API's requests took longer than ${var.alarm_thresholds.api_latency_ms} ms. Compare the API's latency with the function's duration, then find the slow route in the access log."
      section     = "alarms.md#api-latency"
    })
  }

  # reconcile repeats its work every minute, so only repeated errors need a person. Each error of the others is a crash, a
  # timeout or a wrong setting: they handle failed calls themselves.
  function_alarms = merge([
    for function, name in var.functions : {
      "${replace(function, "_", "-")}-errors" = merge(function == "reconcile" ? local.repeated : local.usual, {
        metric      = local.function_metrics.Errors[function]
        description = function == "reconcile" ? "reconcile, which repairs lost events and overdue work, ended in an error or timed out in each of three periods of 5 minutes. Find the error in the log of reconcile and remove its cause." : "${function} crashed, timed out or could not start. Find the error in the log of ${function}; if it began with a deployment, roll back."
        section     = function == "reconcile" ? "dead-letters.md#reconcile" : "alarms.md#errors-of-a-function"
      })
      "${replace(function, "_", "-")}-throttles" = merge(function == "api" ? local.usual : local.repeated, {
        metric      = local.function_metrics.Throttles[function]
        description = "Lambda refused to run ${function}, because the account's concurrent executions are used up${function == "api" ? ". Clients get errors" : ", in each of three periods of 5 minutes"}. Find the function that uses them, or request a higher quota."
        section     = "alarms.md#throttles"
      })
    }
  ]...)

  rule_descriptions = {
    schedule = "EventBridge could not invoke reconcile. Check that the schedule targets the function and that the function's policy allows it: apply the stage."
    jobs     = "EventBridge could not send a job event to the queue, so reconcile reads the job's result after two hours. Check that the rule targets the queue and that the queue's policy allows it: apply the stage."
  }
  rule_alarms = {
    for rule, metric in local.rule_metrics : "${rule}-not-delivered" => merge(local.usual, {
      metric      = metric
      description = local.rule_descriptions[rule]
      section     = "alarms.md#events-that-were-not-delivered"
    })
  }

  reconcile_alarms = {
    reconcile-silent = merge(local.repeated, {
      comparison   = "LessThanThreshold"
      threshold    = 1
      missing_data = "breaching"
      metric       = local.function_metrics.Invocations.reconcile
      description  = "reconcile, which repairs lost events and overdue work, was not invoked for 15 minutes. Check that its schedule is enabled and may invoke it."
      section      = "dead-letters.md#reconcile"
    })
    reconcile-retries = merge(local.repeated, {
      metric      = local.own_metrics.ReconcileRetries
      description = "reconcile runs, but failed on a response in each of three periods of 5 minutes. Find the response and the error in the log of reconcile and remove the cause."
      section     = "dead-letters.md#reconcile"
    })
    engine-refusals = merge(local.usual, {
      period      = 60
      metric      = local.own_metrics.EngineRefusals
      description = "The engine refused to create a job. The job is retried for a day at growing intervals, or the response has failed. Find the engine's message in the logs of on_upload and reconcile, correct the configuration, then retry the failed responses."
      section     = "dead-letters.md#refused-jobs"
    })
  }

  response_alarms = {
    repairs = merge(local.usual, {
      metric      = local.own_metrics.Repairs
      description = "reconcile repaired a response: an event was lost, or a function crashed between two steps. The response is in order again. Find the kind of repair on the dashboard and its line in the log of reconcile, then look for the cause."
      section     = "alarms.md#repairs"
    })
    overdue = merge(local.repeated, {
      threshold   = var.alarm_thresholds.overdue_seconds
      metric      = local.own_metrics.OldestOverdue
      description = "In each of three periods of 5 minutes, a response was overdue for more than ${var.alarm_thresholds.overdue_seconds} seconds. reconcile is behind, or one response cannot be processed. Read the log of reconcile."
      section     = "alarms.md#overdue-responses"
    })
    anonymous-requests = merge(local.usual, {
      threshold   = var.alarm_thresholds.anonymous_requests
      metric      = local.own_metrics.AnonymousUploadRequests
      description = "Clients without a token were issued more than ${var.alarm_thresholds.anonymous_requests} uploads in open projects within 5 minutes. Refused requests do not count. If you did not expect these uploads, a project is being abused: lower its throttle, or close it."
      section     = "alarms.md#anonymous-requests"
    })
  }

  # Three failures of one reason within an hour, and the given percentage of all results.
  failure_alarms = {
    for reason, words in local.failure_reasons : "failed-${reason}" => merge(local.usual, {
      period        = 3600
      threshold     = var.alarm_thresholds.failed_percent
      metric        = local.failure_metrics[reason]
      percentage_of = local.own_metrics.Results
      description   = "More than ${var.alarm_thresholds.failed_percent} percent of the results within an hour, and at least three, failed as ${reason}. ${words}"
      section       = "alarms.md#failures"
    })
  }

  alarms = {
    for name, alarm in merge(
      local.queue_alarms, local.api_alarms, local.function_alarms, local.rule_alarms, local.reconcile_alarms, local.response_alarms, local.failure_alarms,
    ) :
    name => merge(alarm, {
      is_percentage = alarm.percentage_of != null
      is_percentile = startswith(alarm.metric.statistic, "p")
    })
  }
}
