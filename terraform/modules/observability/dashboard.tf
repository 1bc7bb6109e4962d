# From top to bottom: is it up, does work flow, what is stuck, what does it cost.
locals {
  sections = [
    {
      text = "# Is it up?"
      graphs = [
        { title = "Requests and their errors", metrics = { requests = local.api_metrics.Count, "4xx" = local.api_metrics["4xx"], "5xx" = local.api_metrics["5xx"] } },
        { title = "Latency of the API (ms)", metrics = { p50 = merge(local.api_metrics.Latency, { statistic = "p50" }), p99 = local.api_metrics.Latency } },
        { title = "Errors of the functions", metrics = local.function_metrics.Errors },
        { title = "Throttles of the functions", metrics = local.function_metrics.Throttles },
      ]
    },
    {
      text = "# Does work flow?"
      graphs = [
        { title = "Uploads and results", metrics = { stored = local.own_metrics.UploadsStored, "ready or failed" = local.own_metrics.Results } },
        { title = "Time from upload to ready (ms)", metrics = { p50 = merge(local.own_metrics.TimeToReady, { statistic = "p50" }), p95 = local.own_metrics.TimeToReady } },
        { title = "Accepted upload requests without a token", metrics = { requests = local.own_metrics.AnonymousUploadRequests } },
        { title = "Runs of reconcile, and events that were not delivered", metrics = merge({ runs = local.function_metrics.Invocations.reconcile }, { for rule, metric in local.rule_metrics : "${rule} not delivered" => metric }) },
      ]
    },
    {
      text = "# What is stuck?"
      graphs = [
        { title = "Age of the oldest message (s)", metrics = { for queue in ["uploads", "jobs"] : queue => local.queue_metrics.ApproximateAgeOfOldestMessage[queue] } },
        { title = "Dead letters and rejects", metrics = { for queue in ["uploads_dead_letter", "jobs_dead_letter", "rejects"] : queue => local.queue_metrics.ApproximateNumberOfMessagesVisible[queue] } },
        { title = "Oldest overdue response (s)", metrics = { overdue = local.own_metrics.OldestOverdue } },
        { title = "Failures by reason", metrics = local.failure_metrics },
        { title = "Repairs by reconcile", metrics = merge({ all = local.own_metrics.Repairs }, local.repair_metrics) },
        { title = "Refused jobs and failed repairs", metrics = { "jobs refused" = local.own_metrics.EngineRefusals, "failures of reconcile" = local.own_metrics.ReconcileRetries } },
      ]
    },
    {
      text = "# What does it cost?\nPrices and what drives them: [cost.md](${replace(var.runbook_url, "//[^/]+$/", "")}/cost.md). Lambda bills duration (a sum, in ms) and invocations, MediaConvert the output's time."
      graphs = concat(
        [
          { title = "Invocations", metrics = local.function_metrics.Invocations },
          { title = "Duration (ms, sum)", metrics = { for function, metric in local.function_metrics.Duration : function => merge(metric, { statistic = "Sum" }) } },
        ],
        [for metrics in [local.engine_metrics] : { title = "MediaConvert: jobs and time of output", metrics = metrics } if length(metrics) > 0],
        [{ title = "Storage (bytes, S3 Standard)", metrics = local.bucket_metrics, period = 86400 }],
      )
    },
  ]

  # The grid is 24 columns wide. A section is a text and rows of at most four graphs; each row is six high.
  section_heights = [for section in local.sections : 2 + 6 * ceil(length(section.graphs) / 4)]

  widgets = flatten([for number, section in local.sections : concat(
    [jsonencode({
      type       = "text"
      x          = 0
      y          = sum(concat([0], slice(local.section_heights, 0, number)))
      width      = 24
      height     = 2
      properties = { markdown = section.text }
    })],
    [for place, graph in section.graphs : jsonencode({
      type   = "metric"
      x      = 6 * (place % 4)
      y      = sum(concat([2], slice(local.section_heights, 0, number))) + 6 * floor(place / 4)
      width  = 6
      height = 6
      properties = {
        title  = graph.title
        region = local.region
        view   = "timeSeries"
        period = try(graph.period, 300)
        metrics = [for label, metric in graph.metrics : concat(
          [metric.namespace, metric.name],
          flatten([for name, value in metric.dimensions : [name, value]]),
          [{ label = label, stat = metric.statistic }],
        )]
      }
    })],
  )])
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = "{\"widgets\":[${join(",", local.widgets)}]}"
}
