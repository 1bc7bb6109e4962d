# The dashboard and the budget. CloudWatch does not check a dashboard's metrics: a wrong name shows an empty graph.
mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name                      = "responses-dev"
  stage                     = "dev"
  dead_letter_after_seconds = 900
  api_id                    = "a1b2c3d4e5"
  runbook_url               = "https://git.example.org/docs/runbooks"
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

run "shows_every_metric" {
  assert {
    condition = aws_cloudwatch_dashboard.this.dashboard_name == "responses-dev" && [
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : split("\n", widget.properties.markdown)[0] if widget.type == "text"
    ] == ["# Is it up?", "# Does work flow?", "# What is stuck?", "# What does it cost?"]
    error_message = "The dashboard must read from top to bottom: is it up, does work flow, what is stuck, what does it cost."
  }

  # Each graph's metrics, without the labels.
  assert {
    condition = {
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.properties.title => [
        for metric in widget.properties.metrics : join(" ", concat(slice(metric, 0, length(metric) - 1), [metric[length(metric) - 1].stat]))
      ] if widget.type == "metric"
      } == {
      "Requests and their errors"                = [for metric in ["4xx", "5xx", "Count"] : "AWS/ApiGateway ${metric} ApiId a1b2c3d4e5 Stage $default Sum"]
      "Latency of the API (ms)"                  = [for percentile in ["p50", "p99"] : "AWS/ApiGateway Latency ApiId a1b2c3d4e5 Stage $default ${percentile}"]
      "Errors of the functions"                  = [for function in ["api", "on-job", "on-upload", "reconcile"] : "AWS/Lambda Errors FunctionName responses-dev-${function} Sum"]
      "Throttles of the functions"               = [for function in ["api", "on-job", "on-upload", "reconcile"] : "AWS/Lambda Throttles FunctionName responses-dev-${function} Sum"]
      "Uploads and results"                      = ["responses-dev Results Sum", "responses-dev UploadsStored Sum"]
      "Time from upload to ready (ms)"           = ["responses-dev TimeToReady p50", "responses-dev TimeToReady p95"]
      "Accepted upload requests without a token" = ["responses-dev AnonymousUploadRequests Sum"]
      "Runs of reconcile, and events that were not delivered" = [
        "AWS/Events FailedInvocations RuleName responses-dev-jobs Sum",
        "AWS/Lambda Invocations FunctionName responses-dev-reconcile Sum",
        "AWS/Events FailedInvocations RuleName responses-dev-reconcile Sum",
      ]
      "Age of the oldest message (s)" = [for queue in ["jobs", "uploads"] : "AWS/SQS ApproximateAgeOfOldestMessage QueueName responses-dev-${queue} Maximum"]
      "Dead letters and rejects"      = [for queue in ["jobs-dead-letter", "rejects", "uploads-dead-letter"] : "AWS/SQS ApproximateNumberOfMessagesVisible QueueName responses-dev-${queue} Maximum"]
      "Oldest overdue response (s)"   = ["responses-dev OldestOverdue Maximum"]
      "Failures by reason" = [
        for reason in ["canceled", "engine-error", "gave-up", "job-refused", "no-video-stream", "too-long", "unreadable"] : "responses-dev Failures Reason ${reason} Sum"
      ]
      "Repairs by reconcile" = concat(
        ["responses-dev Repairs Sum"], [for kind in ["job-creation", "job-event", "lost-job", "upload-event"] : "responses-dev Repairs Kind ${kind} Sum"],
      )
      "Refused jobs and failed repairs" = ["responses-dev ReconcileRetries Sum", "responses-dev EngineRefusals Sum"]
      "Invocations"                     = [for function in ["api", "on-job", "on-upload", "reconcile"] : "AWS/Lambda Invocations FunctionName responses-dev-${function} Sum"]
      "Duration (ms, sum)"              = [for function in ["api", "on-job", "on-upload", "reconcile"] : "AWS/Lambda Duration FunctionName responses-dev-${function} Sum"]
      "MediaConvert: jobs and time of output" = [
        for metric in ["HDOutputDuration", "JobsCompletedCount", "JobsErroredCount", "SDOutputDuration"] :
        "AWS/MediaConvert ${metric} Queue arn:aws:mediaconvert:eu-central-1:123456789012:queues/responses-dev Sum"
      ]
      "Storage (bytes, S3 Standard)" = [
        for bucket in ["renditions", "uploads"] : "AWS/S3 BucketSizeBytes BucketName responses-dev-${bucket}-123456789012 StorageType StandardStorage Average"
      ]
    }
    error_message = "Each graph must show the metrics that its title names."
  }

  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.this : anytrue([
        for metric in concat(
          alarm.metric_name == null ? [] : [{ name = alarm.metric_name, namespace = alarm.namespace, dimensions = alarm.dimensions }],
          flatten([for query in alarm.metric_query : [for metric in query.metric : { name = metric.metric_name, namespace = metric.namespace, dimensions = metric.dimensions }]]),
          ) : strcontains(aws_cloudwatch_dashboard.this.dashboard_body, trimsuffix(jsonencode(concat(
            [metric.namespace, metric.name], flatten([for name, value in coalesce(metric.dimensions, {}) : [name, value]]),
        )), "]"))
      ])
    ])
    error_message = "The dashboard must show the metric of every alarm."
  }

  # A widget is in the grid of 24 columns, and none covers another.
  assert {
    condition = alltrue([
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.x + widget.width <= 24 && length([
        for other in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : other
        if other.x < widget.x + widget.width && widget.x < other.x + other.width && other.y < widget.y + widget.height && widget.y < other.y + other.height
      ]) == 1
    ])
    error_message = "The widgets must be in the grid, and none may cover another."
  }

  assert {
    condition = alltrue([
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets :
      widget.properties.region == "eu-central-1" && widget.properties.period == (startswith(widget.properties.title, "Storage") ? 86400 : 300)
      if widget.type == "metric"
    ]) && strcontains(aws_cloudwatch_dashboard.this.dashboard_body, "https://git.example.org/docs/cost.md")
    error_message = "Each graph must read the stage's region, and the size of a bucket once a day. The costs must link to their page."
  }

  assert {
    condition     = length(aws_budgets_budget.this) == 0 && output.budget == null
    error_message = "By default there must be no budget."
  }
}

run "creates_budget" {
  variables {
    budget = { monthly_usd = 50, emails = ["owners@example.com", "finance@example.com"] }
  }

  assert {
    condition = jsonencode([for budget in aws_budgets_budget.this : [
      [budget.name, budget.budget_type, budget.time_unit, tonumber(budget.limit_amount), budget.limit_unit, [for filter in budget.cost_filter : [filter.name, filter.values]]],
      sort([for alert in budget.notification : "${alert.notification_type} ${alert.comparison_operator} ${alert.threshold} ${alert.threshold_type} ${join(" ", sort(alert.subscriber_email_addresses))}"]),
      ]]) == jsonencode([[
      ["responses-dev", "COST", "MONTHLY", 50, "USD", [["TagKeyValue", ["user:stage$dev"]]]],
      [for alert in ["ACTUAL GREATER_THAN 100", "ACTUAL GREATER_THAN 80", "FORECASTED GREATER_THAN 100"] : "${alert} PERCENTAGE finance@example.com owners@example.com"],
    ]])
    error_message = "The budget must count the costs of the stage, and tell every address at 80 and 100 percent and by the forecast."
  }
}

run "shows_no_jobs_of_another_engine" {
  command = plan

  variables {
    uses_media_convert      = false
    media_convert_queue_arn = null
  }

  assert {
    condition     = !strcontains(aws_cloudwatch_dashboard.this.dashboard_body, "AWS/MediaConvert") && strcontains(aws_cloudwatch_dashboard.this.dashboard_body, "AWS/S3")
    error_message = "Without MediaConvert, the dashboard must show no graph of its jobs, and all others."
  }
}
