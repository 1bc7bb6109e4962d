# stack.json has some of these outputs, by name; the tests read all of them from Terraform's state.

output "region" {
  description = "Region of the emulator."
  value       = "us-east-1"
}

output "api_id" {
  description = "Id of the HTTP API."
  value       = module.service.api_id
}

output "api_url" {
  description = "URL of the API in the emulator."
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
  description = "URL of the queue of upload events from S3 for on_upload."
  value       = module.service.queues.uploads.url
}

output "jobs_queue_url" {
  description = "URL of the queue of job events from the transcoder for on_job."
  value       = module.service.queues.jobs.url
}

output "rejects_queue_url" {
  description = "URL of the queue of records that no retry can fix."
  value       = module.service.queues.rejects.url
}

output "uploads_dead_letter_queue_url" {
  description = "URL of the queue of upload events that failed five times."
  value       = module.service.queues.uploads_dead_letter.url
}

output "jobs_dead_letter_queue_url" {
  description = "URL of the queue of job events that failed five times."
  value       = module.service.queues.jobs_dead_letter.url
}

output "engine" {
  description = "Engine that transcodes: elastic-transcoder or media-convert."
  value       = var.engine
}

output "pipeline_id" {
  description = "Id of the Elastic Transcoder pipeline; empty if the engine is MediaConvert."
  value       = try(module.service.elastic_transcoder.pipeline_id, "")
}

output "preset_id" {
  description = "Id of the preset of the web rendition; empty if the engine is MediaConvert."
  value       = try(module.service.elastic_transcoder.preset_id, "")
}

output "jobs_topic_arn" {
  description = "ARN of the SNS topic of job events; empty if the engine is MediaConvert."
  value       = try(module.service.elastic_transcoder.jobs_topic_arn, "")
}

output "engine_role_arn" {
  description = "ARN of the role that the transcoder assumes."
  value       = local.engine_role_arn
}

output "functions" {
  description = "Name of each function."
  value       = { for key, function in module.service.functions : key => function.name }
}

output "event_source_mappings" {
  description = "UUIDs of the event source mappings of on_upload and on_job, which tests disable and enable."
  value       = module.service.event_source_mappings
}

output "roles" {
  description = "Name of each function's role. Its inline policy is named `function`."
  value       = { for key, function in module.service.functions : key => function.role.name }
}

output "user_pool_id" {
  description = "Id of the Cognito user pool that issues owners' tokens."
  value       = aws_cognito_user_pool.owners.id
}

output "token_client_id" {
  description = "Id of the client that can request an owner's token."
  value       = aws_cognito_user_pool_client.owner.id
}

output "token_client_secret" {
  description = "Secret of that client."
  value       = aws_cognito_user_pool_client.owner.client_secret
  sensitive   = true
}

output "wrong_audience_client_id" {
  description = "Id of a client with the same user pool and scopes. It is not in the API's audience, so the API rejects its tokens."
  value       = aws_cognito_user_pool_client.wrong_audience.id
}

output "wrong_audience_client_secret" {
  description = "Secret of that client."
  value       = aws_cognito_user_pool_client.wrong_audience.client_secret
  sensitive   = true
}

output "short_lived_client_id" {
  description = "Id of the client whose tokens a test shortens to two seconds."
  value       = aws_cognito_user_pool_client.short_lived.id
}

output "short_lived_client_secret" {
  description = "Secret of that client."
  value       = aws_cognito_user_pool_client.short_lived.client_secret
  sensitive   = true
}

output "access_key_id" {
  description = "Access key id of the operator, the IAM user of stack.json."
  value       = aws_iam_access_key.operator.id
}

output "secret_access_key" {
  description = "Secret access key of the operator."
  value       = aws_iam_access_key.operator.secret
  sensitive   = true
}

output "transcoder_access_key_id" {
  description = "Access key id of the transcoder."
  value       = aws_iam_access_key.transcoder.id
}

output "transcoder_secret_access_key" {
  description = "Secret access key of the transcoder."
  value       = aws_iam_access_key.transcoder.secret
  sensitive   = true
}
