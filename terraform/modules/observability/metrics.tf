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
