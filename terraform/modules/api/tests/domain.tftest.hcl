mock_provider "aws" {
  source = "../service/tests/mocks"

  override_resource {
    target = aws_apigatewayv2_api.this
    values = { id = "api", execution_arn = "arn:aws:execute-api:eu-central-1:123456789012:api" }
  }

  override_resource {
    target = aws_apigatewayv2_stage.default
    values = { id = "$default", invoke_url = "https://api.execute-api.eu-central-1.amazonaws.com/" }
  }

  override_resource {
    target = aws_apigatewayv2_domain_name.this
    values = {
      id = "responses.example.org"
      domain_name_configuration = {
        hosted_zone_id     = "Z1AWS"
        target_domain_name = "d-1.execute-api.eu-central-1.amazonaws.com"
      }
    }
  }
}

variables {
  release    = "5d41402abc4b"
  name       = "responses-dev"
  package    = { path = "../../tests/functions/api.zip", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
  table      = { name = "t", arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/t" }
  uploads    = { name = "u", arn = "arn:aws:s3:::u" }
  renditions = { name = "r", arn = "arn:aws:s3:::r" }
  jwt        = { issuer = "https://id.example.org/pool", audience = ["owners"] }

  domain = {
    name            = "responses.example.org"
    certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
    zone_id         = "Z0TEAM"
  }
}

run "has_one_address_with_domain" {
  assert {
    condition = jsonencode([
      for domain in aws_apigatewayv2_domain_name.this : {
        name = domain.domain_name
        configuration = [for configuration in domain.domain_name_configuration : [
          configuration.certificate_arn, configuration.endpoint_type, configuration.security_policy, configuration.ip_address_type,
        ]]
      }
      ]) == jsonencode([{
        name          = "responses.example.org"
        configuration = [["arn:aws:acm:eu-central-1:123456789012:certificate/12345678-1234-1234-1234-123456789012", "REGIONAL", "TLS_1_2", "dualstack"]]
    }])
    error_message = "The domain must be regional, use the certificate, and require TLS 1.2; its records have IPv4 and IPv6 addresses."
  }

  assert {
    condition = jsonencode([
      for mapping in aws_apigatewayv2_api_mapping.this : [mapping.api_id, mapping.domain_name, mapping.stage, mapping.api_mapping_key]
    ]) == jsonencode([["api", "responses.example.org", "$default", null]])
    error_message = "The whole domain must be mapped to this API's stage, without a prefix of paths."
  }

  assert {
    condition     = aws_apigatewayv2_api.this.disable_execute_api_endpoint
    error_message = "With a domain, API Gateway's own URL must be disabled: else clients could get around the domain."
  }

  assert {
    condition = jsonencode({
      for record in aws_route53_record.domain : record.type => [record.zone_id, record.name, [for alias in record.alias : [alias.name, alias.zone_id, alias.evaluate_target_health]]]
      }) == jsonencode({
      for type in ["A", "AAAA"] : type => ["Z0TEAM", "responses.example.org", [["d-1.execute-api.eu-central-1.amazonaws.com", "Z1AWS", false]]]
    })
    error_message = "The zone must have alias records of the domain for IPv4 and IPv6, which point to API Gateway."
  }

  assert {
    condition     = output.api_url == "https://responses.example.org"
    error_message = "The output api_url must be the domain's URL."
  }

  assert {
    condition     = output.domain == { target_name = "d-1.execute-api.eu-central-1.amazonaws.com", target_zone_id = "Z1AWS" }
    error_message = "The output domain must show what the team's DNS records must point to."
  }
}

run "leaves_dns_to_team_without_zone" {
  command = plan

  variables {
    domain = {
      name            = "responses.example.org"
      certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
    }
  }

  assert {
    condition     = length(aws_route53_record.domain) == 0 && length(aws_apigatewayv2_api_mapping.this) == 1
    error_message = "Without zone_id there must be a domain and no record."
  }
}

run "has_no_domain_by_default" {
  variables {
    domain = null
  }

  assert {
    condition = (
      length(aws_apigatewayv2_domain_name.this) + length(aws_apigatewayv2_api_mapping.this) + length(aws_route53_record.domain) == 0
      && !aws_apigatewayv2_api.this.disable_execute_api_endpoint && output.domain == null
      && output.api_url == "https://api.execute-api.eu-central-1.amazonaws.com/"
    )
    error_message = "Without a domain, the API must have API Gateway's own URL."
  }
}

run "rejects_url_as_domain" {
  command = plan

  variables {
    domain = { name = "https://responses.example.org", certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/12345678-1234-1234-1234-123456789012" }
  }

  expect_failures = [var.domain]
}

run "rejects_certificate_of_iam" {
  command = plan

  variables {
    domain = { name = "responses.example.org", certificate_arn = "arn:aws:iam::123456789012:server-certificate/responses" }
  }

  expect_failures = [var.domain]
}

run "rejects_certificate_of_other_region" {
  command = plan

  variables {
    domain = { name = "responses.example.org", certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012" }
  }

  expect_failures = [var.domain]
}

run "rejects_path_as_zone_id" {
  command = plan

  variables {
    domain = { name = "responses.example.org", certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/12345678-1234-1234-1234-123456789012", zone_id = "/hostedzone/Z0TEAM" }
  }

  expect_failures = [var.domain]
}
