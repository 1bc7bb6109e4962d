output "functions" {
  description = "The functions on_upload, on_job and reconcile, each with the function module's outputs."
  value       = { on_upload = module.on_upload, on_job = module.on_job, reconcile = module.reconcile }
}

output "queues" {
  description = "The queues: uploads, jobs, rejects, uploads_dead_letter and jobs_dead_letter; URL, ARN and visibility timeout of each."
  value = {
    for name, queue in {
      uploads             = aws_sqs_queue.source["uploads"]
      jobs                = aws_sqs_queue.source["jobs"]
      rejects             = aws_sqs_queue.rejects
      uploads_dead_letter = aws_sqs_queue.dead_letter["uploads"]
      jobs_dead_letter    = aws_sqs_queue.dead_letter["jobs"]
    } : name => { url = queue.url, arn = queue.arn, visibility_timeout_seconds = queue.visibility_timeout_seconds }
  }
}
