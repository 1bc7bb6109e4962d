# A team's own domain name of the API, instead of API Gateway's.

resource "aws_apigatewayv2_domain_name" "this" {
  count = var.domain == null ? 0 : 1

  domain_name = var.domain.name

  domain_name_configuration {
    certificate_arn = var.domain.certificate_arn
    endpoint_type   = "REGIONAL"
    ip_address_type = "dualstack"
    security_policy = "TLS_1_2"
  }
}

resource "aws_apigatewayv2_api_mapping" "this" {
  count = var.domain == null ? 0 : 1

  api_id      = aws_apigatewayv2_api.this.id
  domain_name = aws_apigatewayv2_domain_name.this[0].id
  stage       = aws_apigatewayv2_stage.default.id
}

locals {
  # The host that the domain's DNS records must point to.
  domain_target = one(flatten(aws_apigatewayv2_domain_name.this[*].domain_name_configuration))
}

resource "aws_route53_record" "domain" {
  for_each = toset(try(var.domain.zone_id, null) == null ? [] : ["A", "AAAA"])

  zone_id = var.domain.zone_id
  name    = var.domain.name
  type    = each.key

  alias {
    name                   = local.domain_target.target_domain_name
    zone_id                = local.domain_target.hosted_zone_id
    evaluate_target_health = false
  }
}
