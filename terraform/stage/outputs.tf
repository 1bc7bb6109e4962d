output "api_url" {
  description = "URL of the API: that of the domain, if there is one."
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

output "functions" {
  description = "Name of each function. `make rollback` reads it."
  value       = { for key, function in module.service.functions : key => function.name }
}

output "queues" {
  description = "URL of each queue."
  value       = { for name, queue in module.service.queues : name => queue.url }
}

output "alarms_topic_arn" {
  description = "ARN of the SNS topic that alarms publish to. Subscribers other than email can be added."
  value       = module.service.alarms.topic_arn
}

output "domain" {
  description = "Host that the domain's DNS records must point to, and its Route 53 zone id for alias records; null without a domain."
  value       = module.service.domain
}
