output "api_id" {
  description = "Id of the HTTP API."
  value       = aws_apigatewayv2_api.this.id
}

output "api_url" {
  description = "Where the API answers."
  value       = aws_apigatewayv2_stage.default.invoke_url
}

output "function" {
  description = "The api function, with the function module's outputs."
  value       = module.function
}
