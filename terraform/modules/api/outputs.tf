output "api_id" {
  description = "Id of the HTTP API."
  value       = aws_apigatewayv2_api.this.id
}

output "api_url" {
  description = "URL of the API: that of the domain, if there is one."
  value       = var.domain == null ? aws_apigatewayv2_stage.default.invoke_url : "https://${aws_apigatewayv2_api_mapping.this[0].domain_name}"
}

output "function" {
  description = "Outputs of the function module for the api function."
  value       = module.function
}

output "content_hash" {
  description = "Hash of the settings that differ between versions of the function."
  value       = module.function.content_hash
}

output "audience" {
  description = "Audiences that the JWT authorizer accepts."
  value       = aws_apigatewayv2_authorizer.jwt.jwt_configuration[0].audience
}

output "secret" {
  description = "SSM parameter of the secret: name, ARN and the secret's version. The value is not an output."
  value = {
    name    = aws_ssm_parameter.secret.name
    arn     = aws_ssm_parameter.secret.arn
    version = aws_ssm_parameter.secret.value_wo_version
  }
}

output "issuer" {
  description = "Issuer of the tokens that the JWT authorizer accepts."
  value       = aws_apigatewayv2_authorizer.jwt.jwt_configuration[0].issuer
}

output "cors_origins" {
  description = "Origins whose pages may call the API."
  value       = toset(flatten(aws_apigatewayv2_api.this.cors_configuration[*].allow_origins))
}

output "kms_keys" {
  description = "Key of the secret's parameter and of the access log; without kms_key_arn, aws/ssm and null."
  value       = { secret = aws_ssm_parameter.secret.key_id, access_log = aws_cloudwatch_log_group.access.kms_key_id }
}

output "throttle" {
  description = "Rate and burst of the API's default limits, and of each route that has its own."
  value = {
    default = one([for limit in aws_apigatewayv2_stage.default.default_route_settings : { rate = limit.throttling_rate_limit, burst = limit.throttling_burst_limit }])
    routes  = { for limit in aws_apigatewayv2_stage.default.route_settings : limit.route_key => { rate = limit.throttling_rate_limit, burst = limit.throttling_burst_limit } }
  }
}

output "domain" {
  description = "Host that the domain's DNS records must point to, and its Route 53 zone id for alias records; null without a domain."
  value       = var.domain == null ? null : { target_name = local.domain_target.target_domain_name, target_zone_id = local.domain_target.hosted_zone_id }
}
