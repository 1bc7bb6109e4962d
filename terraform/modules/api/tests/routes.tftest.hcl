mock_provider "aws" {
  source = "../service/tests/mocks"

  # Ids and ARNs of their own, so that the tests see what each resource refers to.
  override_resource {
    target = aws_apigatewayv2_api.this
    values = { id = "api", execution_arn = "arn:aws:execute-api:eu-central-1:123456789012:api" }
  }

  override_resource {
    target = module.function.aws_lambda_alias.live
    values = { invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/api:live/invocations" }
  }

  override_resource {
    target = aws_apigatewayv2_integration.function
    values = { id = "function-integration" }
  }

  override_resource {
    target = aws_apigatewayv2_authorizer.jwt
    values = { id = "jwt-authorizer" }
  }
}

variables {
  name         = "responses-dev"
  release      = "5d41402abc4b"
  package      = { path = "../../tests/functions/api.zip", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
  table        = { name = "t", arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/t" }
  uploads      = { name = "u", arn = "arn:aws:s3:::u" }
  renditions   = { name = "r", arn = "arn:aws:s3:::r" }
  jwt          = { issuer = "https://id.example.org/pool", audience = ["owners"] }
  open_uploads = ["survey", "demo"]
}

run "creates_routes" {
  assert {
    condition = { for route in aws_apigatewayv2_route.jwt : route.route_key => one(route.authorization_scopes) } == {
      "POST /projects/{project}/steps/{step}/responses"               = "responses/write"
      "POST /projects/{project}/steps/{step}/responses/{email}/retry" = "responses/write"
      "DELETE /projects/{project}/steps/{step}/responses/{email}"     = "responses/write"
      "DELETE /responses"                                             = "responses/write"
      "GET /presignedurl/{project}/{step}"                            = "responses/write"
      "HEAD /presignedurl/{project}/{step}"                           = "responses/write"
      "GET /projects/{project}/responses"                             = "responses/read"
      "HEAD /projects/{project}/responses"                            = "responses/read"
      "GET /projects/{project}/steps/{step}/responses"                = "responses/read"
      "HEAD /projects/{project}/steps/{step}/responses"               = "responses/read"
      "GET /projects/{project}/steps/{step}/responses/{email}"        = "responses/read"
      "HEAD /projects/{project}/steps/{step}/responses/{email}"       = "responses/read"
      "GET /responses"                                                = "responses/read"
      "HEAD /responses"                                               = "responses/read"
      "GET /videos"                                                   = "responses/read"
      "HEAD /videos"                                                  = "responses/read"
    }
    error_message = "Routes that request uploads, retry or delete must require responses/write; routes that list or play must require responses/read; HEAD must require the scope of GET."
  }

  assert {
    condition = alltrue([
      for route in aws_apigatewayv2_route.jwt :
      route.authorization_type == "JWT" && route.authorizer_id == "jwt-authorizer"
    ])
    error_message = "Each of these routes must use the JWT authorizer."
  }

  assert {
    condition = alltrue([
      for route in concat(values(aws_apigatewayv2_route.jwt), values(aws_apigatewayv2_route.public)) :
      route.api_id == "api" && route.target == "integrations/function-integration"
    ])
    error_message = "Each route of this API must invoke the api function."
  }

  assert {
    condition = [
      aws_apigatewayv2_integration.function.api_id, aws_apigatewayv2_integration.function.integration_type,
      aws_apigatewayv2_integration.function.integration_uri, aws_apigatewayv2_integration.function.payload_format_version,
    ] == ["api", "AWS_PROXY", "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/api:live/invocations", "2.0"]
    error_message = "The integration must pass the whole request to the live version of the api function, in the format 2.0 that the function reads."
  }

  assert {
    condition = toset([for route in aws_apigatewayv2_route.public : "${route.authorization_type} ${route.route_key}"]) == toset([
      "NONE GET /health",
      "NONE HEAD /health",
      "NONE GET /openapi.json",
      "NONE HEAD /openapi.json",
      "NONE GET /schemas/{name+}",
      "NONE HEAD /schemas/{name+}",
      "NONE GET /projects/{project}/steps/{step}/uploads/{take}",
      "NONE HEAD /projects/{project}/steps/{step}/uploads/{take}",
      "NONE DELETE /projects/{project}/steps/{step}/uploads/{take}",
      "NONE GET /projects/{project}/steps/{step}/uploads/{take}/parts",
      "NONE HEAD /projects/{project}/steps/{step}/uploads/{take}/parts",
      "NONE POST /projects/{project}/steps/{step}/uploads/{take}/parts",
      "NONE POST /projects/{project}/steps/{step}/uploads/{take}/complete",
      "NONE POST /projects/demo/steps/{step}/responses",
      "NONE GET /presignedurl/demo/{step}",
      "NONE HEAD /presignedurl/demo/{step}",
      "NONE POST /projects/survey/steps/{step}/responses",
      "NONE GET /presignedurl/survey/{step}",
      "NONE HEAD /presignedurl/survey/{step}",
    ])
    error_message = "Only these routes may be public: upload requests of open projects, uploads by their own token, health, the OpenAPI document and the schemas."
  }

  assert {
    condition = jsonencode({
      api      = aws_apigatewayv2_authorizer.jwt.api_id
      type     = aws_apigatewayv2_authorizer.jwt.authorizer_type
      sources  = aws_apigatewayv2_authorizer.jwt.identity_sources
      issuer   = one(aws_apigatewayv2_authorizer.jwt.jwt_configuration).issuer
      audience = one(aws_apigatewayv2_authorizer.jwt.jwt_configuration).audience
      }) == jsonencode({
      api      = "api"
      type     = "JWT"
      sources  = ["$request.header.Authorization"]
      issuer   = "https://id.example.org/pool"
      audience = ["owners"]
    })
    error_message = "The authorizer must accept the stage's issuer and audience only, and read the token from the header Authorization."
  }

  assert {
    condition     = [output.api_id, output.audience] == ["api", toset(["owners"])]
    error_message = "The outputs api_id and audience must be those of this API."
  }

  assert {
    condition = [
      aws_lambda_permission.api.action, aws_lambda_permission.api.function_name, aws_lambda_permission.api.qualifier, aws_lambda_permission.api.principal,
      aws_lambda_permission.api.source_arn,
    ] == ["lambda:InvokeFunction", "responses-dev-api", "live", "apigateway.amazonaws.com", "arn:aws:execute-api:eu-central-1:123456789012:api/*/*"]
    error_message = "Only this API may invoke the function, through its alias: a permission without the qualifier does not cover the alias."
  }
}

run "has_no_public_uploads_by_default" {
  command = plan

  variables {
    open_uploads = []
  }

  assert {
    condition     = !anytrue([for route in aws_apigatewayv2_route.public : strcontains(route.route_key, "responses") || strcontains(route.route_key, "presignedurl")])
    error_message = "Without open_uploads no route may accept upload requests without a token."
  }
}
