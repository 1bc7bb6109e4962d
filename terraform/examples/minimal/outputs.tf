output "api_url" {
  description = "URL of the API."
  value       = module.service.api_url
}

output "buckets" {
  description = "Names of the uploads bucket and of the renditions bucket."
  value       = { uploads = module.service.uploads.name, renditions = module.service.renditions.name }
}
