output "api_id" {
  description = "Id of the HTTP API."
  value       = module.api.api_id
}

output "api_url" {
  description = "URL of the API: that of the domain, if there is one."
  value       = module.api.api_url
}

output "audience" {
  description = "Audiences that the API accepts in tokens."
  value       = module.api.audience
}

output "table" {
  description = "Name and ARN of the responses table."
  value       = module.storage.table
}

output "uploads" {
  description = "Name and ARN of the uploads bucket."
  value       = module.storage.uploads
}

output "renditions" {
  description = "Name and ARN of the renditions bucket."
  value       = module.storage.renditions
}

output "bucket_names" {
  description = "Name of each bucket, known before it exists."
  value       = module.storage.bucket_names
}

output "sources" {
  description = "What the uploads bucket's lifecycle does to sources; null if they stay in S3 Standard."
  value       = module.storage.sources
}

output "queues" {
  description = "Name, URL, ARN and visibility timeout of each queue: uploads, jobs, rejects, uploads_dead_letter, jobs_dead_letter."
  value       = module.ingest.queues
}

output "functions" {
  description = "Outputs of the function module for each of api, on_upload, on_job and reconcile."
  value       = merge({ api = module.api.function }, module.ingest.functions)
}

output "event_source_mappings" {
  description = "UUIDs of the event source mappings of on_upload and on_job."
  value       = module.ingest.event_source_mappings
}

output "alarms" {
  description = "Outputs of the observability module; null in a stage without alarms."
  value       = one(module.observability)
}

output "elastic_transcoder" {
  description = "Outputs of the elastic-transcoder module; null if the engine is MediaConvert."
  value       = one(module.elastic_transcoder)
}

output "media_convert" {
  description = "Outputs of the media-convert module; null if the engine is Elastic Transcoder."
  value       = one(module.media_convert)
}

output "tls_only" {
  description = "Whether the policies of the buckets, the queues and the topic of job events deny plain HTTP."
  value       = alltrue(concat([module.storage.tls_only, module.ingest.tls_only], module.elastic_transcoder[*].tls_only))
}

output "lifecycle_rules" {
  description = "Whether both buckets have lifecycle rules."
  value       = module.storage.lifecycle_rules
}

output "issuer" {
  description = "Issuer of the tokens that the API accepts."
  value       = module.api.issuer
}

output "cors_origins" {
  description = "Origins whose pages may call the API, and origins whose pages may use the buckets."
  value       = { api = module.api.cors_origins, buckets = module.storage.cors_origins }
}

output "secret" {
  description = "SSM parameter of the secret: name, ARN and the secret's version. The value is not an output."
  value       = module.api.secret
}

output "kms_keys" {
  description = "Key of each encrypted resource; without kms_key_arn, a key of AWS or null."
  value = {
    storage   = module.storage.kms_keys
    queues    = module.ingest.kms_keys
    api       = module.api.kms_keys
    functions = { for name, function in merge({ api = module.api.function }, module.ingest.functions) : name => function.kms_keys }
    alarms    = one(module.observability[*].kms_key_arn)
  }
}

output "concurrency" {
  description = "Batches that each mapping of a queue processes at the same time: on_upload and on_job."
  value       = module.ingest.concurrency
}

output "throttle" {
  description = "Rate and burst of the API's default limits, and of each route that has its own."
  value       = module.api.throttle
}

output "domain" {
  description = "Host that the domain's DNS records must point to, and its Route 53 zone id for alias records; null without a domain."
  value       = module.api.domain
}

output "access_logs" {
  description = "Bucket and prefix of the access logs of each bucket; empty without log_bucket."
  value       = module.storage.access_logs
}
