output "engine" {
  description = "What ingest needs of an engine: its settings, what starting a job, asking after it and ending one that is too long takes, and who tells of jobs."
  value = {
    environment = {
      ENGINE                  = "media-convert"
      MEDIA_CONVERT_QUEUE_ARN = aws_media_convert_queue.this.arn
      MEDIA_CONVERT_ROLE_ARN  = aws_iam_role.jobs.arn
    }
    start = [
      { sid = "StartJob", actions = ["mediaconvert:CreateJob"], resources = [aws_media_convert_queue.this.arn], condition = null },
      {
        sid       = "PassRole"
        actions   = ["iam:PassRole"]
        resources = [aws_iam_role.jobs.arn]
        condition = { StringEquals = { "iam:PassedToService" = "mediaconvert.amazonaws.com" } }
      },
      # It has no resources to name; it reads a source with the rights of whoever calls it.
      { sid = "Probe", actions = ["mediaconvert:Probe"], resources = ["*"], condition = null },
    ]
    look   = [local.job]
    cancel = [local.job]
    news   = { service = "events.amazonaws.com", source_arn = aws_cloudwatch_event_rule.jobs.arn }
  }
}

output "event_pattern" {
  description = "Which events are of this queue's jobs."
  value       = aws_cloudwatch_event_rule.jobs.event_pattern
}

output "role_arn" {
  description = "ARN of the role under which jobs read and write."
  value       = aws_iam_role.jobs.arn
}

output "trusted" {
  description = "Who may assume the jobs' role, statement by statement."
  value       = jsondecode(aws_iam_role.jobs.assume_role_policy).Statement[*].Principal
}
