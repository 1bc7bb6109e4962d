output "api_url" {
  description = "URL of the API."
  value       = module.service.api_url
}

output "domain" {
  description = "Host to which the records of the domain point."
  value       = module.service.domain
}
