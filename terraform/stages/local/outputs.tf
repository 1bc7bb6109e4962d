# stack.json takes some of these by their names; the tests read all of them from Terraform's state.

output "region" {
  description = "Region that the emulator plays."
  value       = "us-east-1"
}

output "api_id" {
  description = "Id of the HTTP API."
  value       = module.service.api_id
}

output "api_url" {
  description = "Where the emulator answers for the API."
  value       = "${var.emulator_url}/_aws/execute-api/${module.service.api_id}/$default"
}

output "table" {
  description = "Name of the responses table."
  value       = module.service.table.name
}

output "uploads_bucket" {
  description = "Name of the uploads bucket."
  value       = module.service.uploads.name
}

output "renditions_bucket" {
  description = "Name of the renditions bucket."
  value       = module.service.renditions.name
}

output "uploads_queue_url" {
  description = "Queue of what S3 tells on_upload."
  value       = module.service.queues.uploads.url
}

output "jobs_queue_url" {
  description = "Queue of what the transcoder tells on_job."
  value       = module.service.queues.jobs.url
}

output "rejects_queue_url" {
  description = "Queue of what no retry would mend."
  value       = module.service.queues.rejects.url
}

output "uploads_dead_letter_queue_url" {
  description = "Queue of the uploads' messages that failed five times."
  value       = module.service.queues.uploads_dead_letter.url
}

output "jobs_dead_letter_queue_url" {
  description = "Queue of the jobs' messages that failed five times."
  value       = module.service.queues.jobs_dead_letter.url
}

output "engine" {
  description = "Which engine transcodes."
  value       = var.engine
}

output "pipeline_id" {
  description = "Id of Elastic Transcoder's pipeline; empty where the engine is another."
  value       = try(module.service.elastic_transcoder.pipeline_id, "")
}

output "preset_id" {
  description = "Id of the web rendition's preset."
  value       = try(module.service.elastic_transcoder.preset_id, "")
}

output "jobs_topic_arn" {
  description = "Topic that tells of jobs."
  value       = try(module.service.elastic_transcoder.jobs_topic_arn, "")
}

output "engine_role_arn" {
  description = "Role that the transcoder assumes."
  value       = local.engine_role_arn
}

output "functions" {
  description = "Name of each function."
  value       = { for function, it in module.service.functions : function => it.name }
}

output "event_source_mappings" {
  description = "UUID of the mapping by which each of on_upload and on_job is fed: what a test stops and starts."
  value       = module.service.event_source_mappings
}

output "roles" {
  description = "Name of each function's role; its inline policy is called `function`."
  value       = { for function, it in module.service.functions : function => it.role }
}

output "user_pool_id" {
  description = "The Cognito pool that issues owners' tokens."
  value       = aws_cognito_user_pool.owners.id
}

output "token_client_id" {
  description = "Client that may ask for an owner's token."
  value       = aws_cognito_user_pool_client.owner.id
}

output "token_client_secret" {
  description = "Secret of that client."
  value       = aws_cognito_user_pool_client.owner.client_secret
  sensitive   = true
}

output "stranger_client_id" {
  description = "Client of the same pool and scopes, to whose tokens the API does not listen."
  value       = aws_cognito_user_pool_client.stranger.id
}

output "stranger_client_secret" {
  description = "Secret of that client."
  value       = aws_cognito_user_pool_client.stranger.client_secret
  sensitive   = true
}

output "brief_client_id" {
  description = "Client whose tokens a test makes expire after two seconds."
  value       = aws_cognito_user_pool_client.brief.id
}

output "brief_client_secret" {
  description = "Secret of that client."
  value       = aws_cognito_user_pool_client.brief.client_secret
  sensitive   = true
}

output "access_key_id" {
  description = "Access key of the operator, whoever holds stack.json."
  value       = aws_iam_access_key.operator.id
}

output "secret_access_key" {
  description = "Secret key of the operator."
  value       = aws_iam_access_key.operator.secret
  sensitive   = true
}

output "transcoder_access_key_id" {
  description = "Access key of the transcoder."
  value       = aws_iam_access_key.transcoder.id
}

output "transcoder_secret_access_key" {
  description = "Secret key of the transcoder."
  value       = aws_iam_access_key.transcoder.secret
  sensitive   = true
}
