output "engine" {
  description = "Input `engine` of the ingest module, which describes the attributes."
  value = {
    environment = {
      ENGINE                  = "media-convert"
      MEDIA_CONVERT_QUEUE_ARN = aws_media_convert_queue.this.arn
      MEDIA_CONVERT_ROLE_ARN  = aws_iam_role.jobs.arn
    }
    start_statements = [
      { sid = "StartJob", actions = ["mediaconvert:CreateJob"], resources = [aws_media_convert_queue.this.arn], condition = null },
      {
        sid       = "PassRole"
        actions   = ["iam:PassRole"]
        resources = [aws_iam_role.jobs.arn]
        condition = { StringEquals = { "iam:PassedToService" = "mediaconvert.amazonaws.com" } }
      },
      # IAM defines no resource type for Probe. It reads a source with the caller's permissions.
      { sid = "Probe", actions = ["mediaconvert:Probe"], resources = ["*"], condition = null },
    ]
    read_statements   = [local.read_and_cancel_jobs]
    cancel_statements = [local.read_and_cancel_jobs]
    job_events        = { service = "events.amazonaws.com", source_arn = aws_cloudwatch_event_rule.jobs.arn }
  }
}

output "event_pattern" {
  description = "Event pattern of the rule that matches events of this queue's jobs."
  value       = aws_cloudwatch_event_rule.jobs.event_pattern
}

output "queue_arn" {
  description = "ARN of the queue."
  value       = aws_media_convert_queue.this.arn
}

output "rule_name" {
  description = "Name of that rule."
  value       = aws_cloudwatch_event_rule.jobs.name
}

output "trusted_principals" {
  description = "Principals that may assume the jobs' role, one for each statement of its trust policy."
  value       = jsondecode(aws_iam_role.jobs.assume_role_policy).Statement[*].Principal
}

output "role_policy" {
  description = "Policy of the role with which jobs read and write."
  value       = aws_iam_role_policy.jobs.policy
}

output "role" {
  description = "Role of the jobs: name, ARN, path and permissions boundary."
  value = {
    name                 = aws_iam_role.jobs.name
    arn                  = aws_iam_role.jobs.arn
    path                 = aws_iam_role.jobs.path
    permissions_boundary = aws_iam_role.jobs.permissions_boundary
  }
}
