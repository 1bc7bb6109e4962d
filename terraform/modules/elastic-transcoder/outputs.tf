output "engine" {
  description = "What ingest needs of an engine: its settings, what starting a job, asking after it and ending one that is too long takes, and who tells of jobs."
  value = {
    environment = {
      ENGINE      = "elastic-transcoder"
      PIPELINE_ID = aws_elastictranscoder_pipeline.this.id
      PRESET_ID   = var.preset_id
    }
    # CreateJob is allowed on the pipeline and the preset.
    start = [{ sid = "StartJob", actions = ["elastictranscoder:CreateJob"], resources = [aws_elastictranscoder_pipeline.this.arn, local.preset_arn], condition = null }]
    look  = [{ sid = "Job", actions = ["elastictranscoder:ReadJob", "elastictranscoder:CancelJob"], resources = ["${local.arn_prefix}:job/*"], condition = null }]
    # Every job is cut at its limit.
    cancel = []
    news   = { service = "sns.amazonaws.com", source_arn = aws_sns_topic.jobs.arn }
  }
}

output "pipeline_id" {
  description = "Id of the pipeline, for CreateJob."
  value       = aws_elastictranscoder_pipeline.this.id
}

output "preset_id" {
  description = "Id of the web rendition's preset, for CreateJob."
  value       = var.preset_id
}

output "jobs_topic_arn" {
  description = "ARN of the topic that tells of every job's states."
  value       = aws_sns_topic.jobs.arn
}

output "role_arn" {
  description = "ARN of the role under which jobs read and write."
  value       = aws_iam_role.pipeline.arn
}

output "trusted" {
  description = "Who may assume the pipeline's role: `Service`, and `AWS` where a user may."
  value       = one(jsondecode(aws_iam_role.pipeline.assume_role_policy).Statement).Principal
}
