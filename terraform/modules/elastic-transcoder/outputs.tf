output "engine" {
  description = "Input `engine` of the ingest module, which describes the attributes."
  value = {
    environment = {
      ENGINE      = "elastic-transcoder"
      PIPELINE_ID = aws_elastictranscoder_pipeline.this.id
      PRESET_ID   = var.preset_id
    }
    # IAM checks CreateJob on the pipeline and on the preset.
    start_statements = [{ sid = "StartJob", actions = ["elastictranscoder:CreateJob"], resources = [aws_elastictranscoder_pipeline.this.arn, local.preset_arn], condition = null }]
    read_statements  = [{ sid = "ReadAndCancelJobs", actions = ["elastictranscoder:ReadJob", "elastictranscoder:CancelJob"], resources = ["${local.arn_prefix}:job/*"], condition = null }]
    # Every job cuts its input at max_seconds, so on_job cancels none.
    cancel_statements = []
    job_events        = { service = "sns.amazonaws.com", source_arn = aws_sns_topic.jobs.arn }
  }
}

output "pipeline_id" {
  description = "Id of the pipeline that jobs are created in."
  value       = aws_elastictranscoder_pipeline.this.id
}

output "preset_id" {
  description = "Id of the preset of the web rendition."
  value       = var.preset_id
}

output "jobs_topic_arn" {
  description = "ARN of the SNS topic of the job events."
  value       = aws_sns_topic.jobs.arn
}

output "tls_only" {
  description = "Whether the topic's policy denies plain HTTP."
  value       = strcontains(coalesce(aws_sns_topic.jobs.policy, "-"), "RequireTls")
}

output "trusted_principals" {
  description = "Principals that may assume the pipeline's role: `Service`, and `AWS` if trusted_principals is set."
  value       = one(jsondecode(aws_iam_role.pipeline.assume_role_policy).Statement).Principal
}

output "role_policy" {
  description = "Policy of the role with which jobs read and write."
  value       = aws_iam_role_policy.pipeline.policy
}

output "role" {
  description = "Role of the pipeline: name, ARN, path and permissions boundary."
  value = {
    name                 = aws_iam_role.pipeline.name
    arn                  = aws_iam_role.pipeline.arn
    path                 = aws_iam_role.pipeline.path
    permissions_boundary = aws_iam_role.pipeline.permissions_boundary
  }
}
