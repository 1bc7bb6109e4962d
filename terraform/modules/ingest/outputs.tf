output "functions" {
  description = "Outputs of the function module for each of on_upload, on_job and reconcile."
  value       = { on_upload = module.on_upload, on_job = module.on_job, reconcile = module.reconcile }
}

output "content_hashes" {
  description = "Hash of the settings that differ between versions of each function."
  value       = { on_upload = module.on_upload.content_hash, on_job = module.on_job.content_hash, reconcile = module.reconcile.content_hash }
}

output "event_source_mappings" {
  description = "UUIDs of the event source mappings of on_upload and on_job."
  value       = { on_upload = aws_lambda_event_source_mapping.on_upload.uuid, on_job = aws_lambda_event_source_mapping.on_job.uuid }
}

output "tls_only" {
  description = "Whether the policies of all queues deny plain HTTP."
  value = alltrue([
    for queue in concat(values(aws_sqs_queue.source), values(aws_sqs_queue.dead_letter), [aws_sqs_queue.rejects]) :
    strcontains(coalesce(queue.policy, "-"), "RequireTls")
  ])
}

output "dead_letter_after_seconds" {
  description = "Seconds until SQS moves a message that always fails to the dead-letter queue."
  value       = local.max_receive_count * max(values(local.visibility_timeout_seconds)...)
}

output "queues" {
  description = "Name, URL, ARN and visibility timeout of each queue: uploads, jobs, rejects, uploads_dead_letter and jobs_dead_letter."
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

output "kms_keys" {
  description = "Key of each queue; null for a key of SQS."
  value = {
    for queue in concat(values(aws_sqs_queue.source), values(aws_sqs_queue.dead_letter), [aws_sqs_queue.rejects]) :
    trimprefix(queue.name, "${var.name}-") => queue.kms_master_key_id
  }
}

output "concurrency" {
  description = "Batches that each mapping of a queue processes at the same time: on_upload and on_job."
  value = {
    on_upload = one(aws_lambda_event_source_mapping.on_upload.scaling_config).maximum_concurrency
    on_job    = one(aws_lambda_event_source_mapping.on_job.scaling_config).maximum_concurrency
  }
}

output "schedule_rule" {
  description = "Name of the EventBridge rule that invokes reconcile."
  value       = aws_cloudwatch_event_rule.reconcile.name
}
