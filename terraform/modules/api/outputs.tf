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

output "audience" {
  description = "To whose tokens the API listens."
  value       = aws_apigatewayv2_authorizer.jwt.jwt_configuration[0].audience
}

output "secret" {
  description = "The parameter with the secret: name, ARN, and which secret it is. Never the secret."
  value = {
    name    = aws_ssm_parameter.secret.name
    arn     = aws_ssm_parameter.secret.arn
    version = aws_ssm_parameter.secret.value_wo_version
  }
}
