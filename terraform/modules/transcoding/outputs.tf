output "pipeline_id" {
  description = "Id of the pipeline, for CreateJob."
  value       = aws_elastictranscoder_pipeline.this.id
}

output "preset_id" {
  description = "Id of the web rendition's preset, for CreateJob."
  value       = var.preset_id
}

output "create_job_arns" {
  description = "What a caller of CreateJob must be allowed it on: the pipeline and the preset."
  value       = [aws_elastictranscoder_pipeline.this.arn, local.preset_arn]
}

output "jobs_topic_arn" {
  description = "ARN of the topic that tells of every job's states."
  value       = aws_sns_topic.jobs.arn
}

output "pipeline_role_arn" {
  description = "ARN of the role under which jobs read and write."
  value       = aws_iam_role.pipeline.arn
}

output "trusted" {
  description = "Who may assume the pipeline's role: `Service`, and `AWS` where a user may."
  value       = one(jsondecode(aws_iam_role.pipeline.assume_role_policy).Statement).Principal
}
