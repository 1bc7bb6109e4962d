# Every metric that an alarm or the dashboard reads, so that the two always read the same one.
locals {
  function_metrics = { for metric in ["Errors", "Throttles", "Invocations", "Duration"] : metric => {
    for function, name in var.functions : function => {
      namespace  = "AWS/Lambda"
      name       = metric
      dimensions = { FunctionName = name }
      statistic  = metric == "Duration" ? "Maximum" : "Sum"
    }
  } }

  queue_metrics = { for metric in ["ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"] : metric => {
    for queue, name in var.queues : queue => {
      namespace  = "AWS/SQS"
      name       = metric
      dimensions = { QueueName = name }
      statistic  = "Maximum"
    }
  } }

  # The metrics of an HTTP API have other names than those of a REST API.
  api_metrics = { for metric, statistic in { Count = "Sum", "4xx" = "Sum", "5xx" = "Sum", Latency = "p99" } : metric => {
    namespace  = "AWS/ApiGateway"
    name       = metric
    dimensions = { ApiId = var.api_id, Stage = "$default" }
    statistic  = statistic
  } }

  # EventBridge sends this metric only if it is not zero.
  rule_metrics = { for rule, name in var.rules : rule => {
    namespace  = "AWS/Events"
    name       = "FailedInvocations"
    dimensions = { RuleName = name }
    statistic  = "Sum"
  } if name != null }
}

# What the functions measure: aws/src/metrics.rs prints these names, and its test compares them with this file.
locals {
  own_metrics = { for metric, statistic in {
    UploadsStored           = "Sum"
    Results                 = "Sum"
    TimeToReady             = "p95"
    Failures                = "Sum"
    EngineRefusals          = "Sum"
    Repairs                 = "Sum"
    ReconcileRetries        = "Sum"
    OldestOverdue           = "Maximum"
    AnonymousUploadRequests = "Sum"
    } : metric => {
    namespace  = var.name
    name       = metric
    dimensions = {}
    statistic  = statistic
  } }

  # Each reason of a failure, and what it says to an operator.
  failure_reasons = {
    "unreadable"      = "The files are damaged, or the engine cannot read their format. If most come from one device or one page, look at what it sends."
    "no-video-stream" = "The files have no video stream. If most come from one page, look at what it records."
    "too-long"        = "The recordings are longer than max_seconds allows and could not be cut."
    "job-refused"     = "The engine refused the job requests themselves. Find its message in the logs of on_upload and reconcile, and report it to the developers."
    "engine-error"    = "The engine failed. Check its service's health; the engine's code is in each response's failure. Then retry the responses."
    "canceled"        = "Jobs were canceled at the engine. Find who cancels them, then retry the responses."
    "gave-up"         = "Jobs could not be created for a day, or were lost five times. Remove the cause, then retry the responses."
  }
  failure_metrics = { for reason, _ in local.failure_reasons : reason => merge(local.own_metrics.Failures, { dimensions = { Reason = reason } }) }

  repair_metrics = {
    for kind in ["upload-event", "job-creation", "job-event", "lost-job"] : kind => merge(local.own_metrics.Repairs, { dimensions = { Kind = kind } })
  }

  # For the dashboard only. S3 reports a bucket's size once a day; MediaConvert reports a job at its end.
  bucket_metrics = { for purpose, name in var.buckets : purpose => {
    namespace  = "AWS/S3"
    name       = "BucketSizeBytes"
    dimensions = { BucketName = name, StorageType = "StandardStorage" }
    statistic  = "Average"
  } }
  engine_metrics = { for metric in ["JobsCompletedCount", "JobsErroredCount", "HDOutputDuration", "SDOutputDuration"] : metric => {
    namespace  = "AWS/MediaConvert"
    name       = metric
    dimensions = { Queue = var.media_convert_queue_arn }
    statistic  = "Sum"
  } if var.uses_media_convert }
}
