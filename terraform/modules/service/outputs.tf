output "api_id" {
  description = "Id of the HTTP API."
  value       = module.api.api_id
}

output "api_url" {
  description = "Where the API answers."
  value       = module.api.api_url
}

output "audience" {
  description = "To whose tokens the API listens."
  value       = module.api.audience
}

output "table" {
  description = "The responses table: name and ARN."
  value       = module.storage.table
}

output "uploads" {
  description = "The uploads bucket: name and ARN."
  value       = module.storage.uploads
}

output "renditions" {
  description = "The renditions bucket: name and ARN."
  value       = module.storage.renditions
}

output "queues" {
  description = "Name, URL, ARN and visibility timeout of each queue: uploads, jobs, rejects, uploads_dead_letter, jobs_dead_letter."
  value       = module.ingest.queues
}

output "functions" {
  description = "The functions api, on_upload, on_job and reconcile, each with the function module's outputs."
  value       = merge({ api = module.api.function }, module.ingest.functions)
}

output "event_source_mappings" {
  description = "UUID of the mapping by which each of on_upload and on_job is fed."
  value       = module.ingest.event_source_mappings
}

output "alarms" {
  description = "The topic that alarms are told to and the alarms, with the observability module's outputs; null where there are none."
  value       = one(module.observability)
}

output "elastic_transcoder" {
  description = "Elastic Transcoder, with its module's outputs; null where the engine is another."
  value       = one(module.elastic_transcoder)
}

output "media_convert" {
  description = "MediaConvert, with its module's outputs; null where the engine is another."
  value       = one(module.media_convert)
}

output "tls_only" {
  description = "Whether both buckets refuse plain HTTP."
  value       = module.storage.tls_only
}

output "clean_up" {
  description = "Whether both buckets are cleaned up."
  value       = module.storage.clean_up
}
