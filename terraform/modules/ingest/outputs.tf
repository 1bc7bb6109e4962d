output "functions" {
  description = "The functions on_upload, on_job and reconcile, each with the function module's outputs."
  value       = { on_upload = module.on_upload, on_job = module.on_job, reconcile = module.reconcile }
}

output "event_source_mappings" {
  description = "UUID of the mapping by which each of on_upload and on_job is fed."
  value       = { on_upload = aws_lambda_event_source_mapping.on_upload.uuid, on_job = aws_lambda_event_source_mapping.on_job.uuid }
}

output "set_aside_after_seconds" {
  description = "Seconds until a message that fails each time is a dead letter."
  value       = local.max_receive_count * local.visibility_timeout_seconds
}

output "queues" {
  description = "The queues: uploads, jobs, rejects, uploads_dead_letter and jobs_dead_letter; name, URL, ARN and visibility timeout of each."
  value = {
    for name, queue in {
      uploads             = aws_sqs_queue.source["uploads"]
      jobs                = aws_sqs_queue.source["jobs"]
      rejects             = aws_sqs_queue.rejects
      uploads_dead_letter = aws_sqs_queue.dead_letter["uploads"]
      jobs_dead_letter    = aws_sqs_queue.dead_letter["jobs"]
    } : name => { name = queue.name, url = queue.url, arn = queue.arn, visibility_timeout_seconds = queue.visibility_timeout_seconds }
  }
}
