mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name         = "responses-dev"
  package      = { path = "api.zip", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
  table        = { name = "t", arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/t" }
  uploads      = { name = "u", arn = "arn:aws:s3:::u" }
  renditions   = { name = "r", arn = "arn:aws:s3:::r" }
  jwt          = { issuer = "https://id.example.org/pool", audience = ["owners"] }
  open_uploads = ["survey", "demo"]
  cors_origins = ["https://app.example.org"]
}

run "creates_routes" {
  assert {
    condition = { for key, route in aws_apigatewayv2_route.jwt : key => one(route.authorization_scopes) } == {
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
      route.authorization_type == "JWT" && route.authorizer_id == aws_apigatewayv2_authorizer.jwt.id
    ])
    error_message = "Each of these routes must use the JWT authorizer."
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
    condition = (
      aws_apigatewayv2_authorizer.jwt.jwt_configuration[0].issuer == "https://id.example.org/pool"
      && aws_apigatewayv2_authorizer.jwt.jwt_configuration[0].audience == toset(["owners"])
    )
    error_message = "The authorizer must accept the stage's issuer and audience only."
  }
}

run "configures_gateway" {
  assert {
    condition = (
      aws_lambda_permission.api.principal == "apigateway.amazonaws.com"
      && aws_lambda_permission.api.source_arn == "arn:aws:execute-api:eu-central-1:123456789012:abc123/*/*"
    )
    error_message = "Only this API may invoke the function."
  }

  assert {
    condition     = aws_apigatewayv2_stage.default.name == "$default" && one(aws_apigatewayv2_stage.default.default_route_settings).throttling_rate_limit == 100
    error_message = "The stage must be $default, which adds no prefix to paths, and throttle requests."
  }

  assert {
    condition = alltrue([
      for field in values(jsondecode(one(aws_apigatewayv2_stage.default.access_log_settings).format)) :
      contains(["$context.requestTime", "$context.requestId", "$context.routeKey", "$context.status", "$context.responseLatency", "$context.error.responseType"], field)
    ])
    error_message = "The access log must not contain the path, the query or the client's address, which identify people."
  }

  assert {
    condition     = one(aws_apigatewayv2_api.this.cors_configuration).allow_origins == toset(["https://app.example.org"])
    error_message = "Only pages of the stage's origins may call the API."
  }

  assert {
    condition = toset(one(aws_apigatewayv2_api.this.cors_configuration).allow_methods) == toset([
      for route in concat(values(aws_apigatewayv2_route.jwt), values(aws_apigatewayv2_route.public)) : split(" ", route.route_key)[0]
    ])
    error_message = "CORS must allow the methods of the routes, and no others."
  }

  assert {
    condition = (
      one(aws_apigatewayv2_api.this.cors_configuration).allow_headers == toset(["authorization", "content-type", "upload-token"])
      && one(aws_apigatewayv2_api.this.cors_configuration).expose_headers == toset(["allow", "etag", "retry-after", "x-request-id"])
      && one(aws_apigatewayv2_api.this.cors_configuration).allow_credentials != true
    )
    error_message = "CORS must allow the headers of both kinds of token, expose the headers about retries, and not allow cookies."
  }
}

run "stores_secret_outside_state" {
  assert {
    condition = (
      aws_ssm_parameter.secret.name == "/responses-dev/secret"
      && aws_ssm_parameter.secret.type == "SecureString"
      && aws_ssm_parameter.secret.value_wo_version == 1
    )
    error_message = "The secret must be a SecureString in this API's own parameter."
  }

  assert {
    condition     = nonsensitive(aws_ssm_parameter.secret.value) == "the secret"
    error_message = "The state must contain the mock's value, not the generated secret: use value_wo, not value."
  }

  assert {
    condition     = !strcontains(jsonencode([output.function, output.secret, output.audience, output.api_id, output.api_url]), "the secret")
    error_message = "No output may contain the secret."
  }
}

run "higher_secret_version_writes_new_secret" {
  variables {
    secret_version = 2
  }

  assert {
    condition     = aws_ssm_parameter.secret.value_wo_version == 2
    error_message = "A higher secret_version must write a new secret."
  }
}

run "grants_function_least_privilege" {
  assert {
    condition = { for sid, statement in module.function.statements : sid => concat(statement.actions, ["on"], statement.resources) if sid != "WriteOwnLogs" } == {
      ReadWriteResponses = ["dynamodb:GetItem", "dynamodb:UpdateItem", "on", "arn:aws:dynamodb:eu-central-1:123456789012:table/t"]
      QueryResponses     = ["dynamodb:Query", "on", "arn:aws:dynamodb:eu-central-1:123456789012:table/t", "arn:aws:dynamodb:eu-central-1:123456789012:table/t/index/*"]
      SignUploads        = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "on", "arn:aws:s3:::u/*"]
      ListUploads        = ["s3:ListBucket", "on", "arn:aws:s3:::u"]
      SignPlayback       = ["s3:GetObject", "on", "arn:aws:s3:::r/*"]
      ReadSecret         = ["ssm:GetParameter", "on", "arn:aws:ssm:eu-central-1:123456789012:parameter/mock"]
    }
    error_message = "The api function's role must allow exactly the actions that the function calls or signs."
  }

  assert {
    condition = module.function.environment == tomap({
      RESPONSES_TABLE_NAME = "t"
      UPLOADS_BUCKET       = "u"
      RENDITIONS_BUCKET    = "r"
      OPEN_UPLOADS         = "demo,survey"
      UPLOAD_MAX_BYTES     = "2147483648"
      UPLOAD_MINUTES       = "60"
      PLAYBACK_MINUTES     = "60"
      SECRET_PARAMETER     = "/responses-dev/secret"
      ADOPTED_ITEMS        = "false"
      LOG_LEVEL            = "info"
    })
    error_message = "The api function must have exactly the environment variables that it reads."
  }
}

run "has_no_public_uploads_or_cors_by_default" {
  command = plan

  variables {
    open_uploads = []
    cors_origins = []
  }

  assert {
    condition     = !anytrue([for key in keys(aws_apigatewayv2_route.public) : strcontains(key, "responses") || strcontains(key, "presignedurl")]) && length(aws_apigatewayv2_api.this.cors_configuration) == 0
    error_message = "Without open_uploads no route may accept upload requests without a token; without cors_origins there must be no CORS configuration."
  }
}

run "rejects_invalid_settings" {
  command = plan

  variables {
    name             = "-"
    jwt              = { issuer = "http://id.example.org", audience = ["owners"] }
    open_uploads     = ["{project}"]
    upload           = { max_bytes = 5497558138881 }
    playback_minutes = 61
    cors_origins     = ["*"]
    throttle         = { rate = 0 }
    secret_version   = 0
    log_level        = "loud"
  }

  expect_failures = [
    var.name, var.jwt, var.open_uploads, var.upload, var.playback_minutes, var.cors_origins, var.throttle, var.secret_version, var.log_level,
  ]
}

run "rejects_upload_validity_above_one_hour" {
  command = plan

  variables {
    upload = { minutes = 61 }
  }

  expect_failures = [var.upload]
}

run "accepts_one_hour_and_outlasts_completions" {
  command = plan

  variables {
    upload           = { minutes = 60 }
    playback_minutes = 60
  }

  assert {
    condition     = module.function.timeout_seconds > 25 && module.function.timeout_seconds < 30
    error_message = "The function's timeout must be above 25 seconds (completion of an upload by S3) and below 30 (API Gateway)."
  }
}

run "rejects_empty_audience" {
  command = plan

  variables {
    jwt = { issuer = "https://id.example.org", audience = [] }
  }

  expect_failures = [var.jwt]
}
