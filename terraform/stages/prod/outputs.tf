output "api_url" {
  description = "Where the API answers."
  value       = module.service.api_url
}

output "region" {
  description = "Region of the stage."
  value       = var.region
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

output "queues" {
  description = "URLs of the queues."
  value       = { for name, queue in module.service.queues : name => queue.url }
}

output "alarms_topic_arn" {
  description = "Topic that alarms are told to: more than email may subscribe."
  value       = module.service.alarms.topic_arn
}
