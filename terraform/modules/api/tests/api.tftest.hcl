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

run "routes" {
  assert {
    condition = { for key, route in aws_apigatewayv2_route.guarded : key => one(route.authorization_scopes) } == {
      "POST /projects/{project}/steps/{step}/responses"              = "responses/write"
      "POST /projects/{project}/steps/{step}/responses/{email}/retry" = "responses/write"
      "DELETE /projects/{project}/steps/{step}/responses/{email}"     = "responses/write"
      "DELETE /responses"                                            = "responses/write"
      "GET /presignedurl/{project}/{step}"                           = "responses/write"
      "HEAD /presignedurl/{project}/{step}"                          = "responses/write"
      "GET /projects/{project}/responses"                            = "responses/read"
      "HEAD /projects/{project}/responses"                           = "responses/read"
      "GET /projects/{project}/steps/{step}/responses"               = "responses/read"
      "HEAD /projects/{project}/steps/{step}/responses"              = "responses/read"
      "GET /projects/{project}/steps/{step}/responses/{email}"        = "responses/read"
      "HEAD /projects/{project}/steps/{step}/responses/{email}"       = "responses/read"
      "GET /responses"                                               = "responses/read"
      "HEAD /responses"                                              = "responses/read"
      "GET /videos"                                                  = "responses/read"
      "HEAD /videos"                                                 = "responses/read"
    }
    error_message = "Whoever asks for an upload, tries again or deletes may write, whoever lists or watches may read; HEAD as GET."
  }

  assert {
    condition = alltrue([
      for route in aws_apigatewayv2_route.guarded :
      route.authorization_type == "JWT" && route.authorizer_id == aws_apigatewayv2_authorizer.jwt.id
    ])
    error_message = "A guarded route asks the JWT authorizer."
  }

  assert {
    condition = toset([for route in aws_apigatewayv2_route.open : "${route.authorization_type} ${route.route_key}"]) == toset([
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
    error_message = "Anyone may ask for an upload for an open project, go on with an upload by its token, and read what is published: nothing else is open."
  }

  assert {
    condition = (
      aws_apigatewayv2_authorizer.jwt.jwt_configuration[0].issuer == "https://id.example.org/pool"
      && aws_apigatewayv2_authorizer.jwt.jwt_configuration[0].audience == toset(["owners"])
    )
    error_message = "The authorizer takes the stage's issuer and audience."
  }
}

run "gateway" {
  assert {
    condition = (
      aws_lambda_permission.api.principal == "apigateway.amazonaws.com"
      && aws_lambda_permission.api.source_arn == "arn:aws:execute-api:eu-central-1:123456789012:abc123/*/*"
    )
    error_message = "Only this API may call the function: not another, and not another account's."
  }

  assert {
    condition     = aws_apigatewayv2_stage.default.name == "$default" && one(aws_apigatewayv2_stage.default.default_route_settings).throttling_rate_limit == 100
    error_message = "The $default stage (no prefix in the paths) is throttled."
  }

  assert {
    condition = alltrue([
      for field in values(jsondecode(one(aws_apigatewayv2_stage.default.access_log_settings).format)) :
      contains(["$context.requestTime", "$context.requestId", "$context.routeKey", "$context.status", "$context.responseLatency", "$context.error.responseType"], field)
    ])
    error_message = "The access log names the route; path, query and addresses name people."
  }

  assert {
    condition     = one(aws_apigatewayv2_api.this.cors_configuration).allow_origins == toset(["https://app.example.org"])
    error_message = "Pages of the stage's origins, and no others, may call the API."
  }

  assert {
    condition = toset(one(aws_apigatewayv2_api.this.cors_configuration).allow_methods) == toset([
      for route in concat(values(aws_apigatewayv2_route.guarded), values(aws_apigatewayv2_route.open)) : split(" ", route.route_key)[0]
    ])
    error_message = "Pages may use every method that has a route, and no other."
  }

  assert {
    condition = (
      one(aws_apigatewayv2_api.this.cors_configuration).allow_headers == toset(["authorization", "content-type", "upload-token"])
      && one(aws_apigatewayv2_api.this.cors_configuration).expose_headers == toset(["allow", "retry-after", "x-request-id"])
      && one(aws_apigatewayv2_api.this.cors_configuration).allow_credentials != true
    )
    error_message = "Pages may send a token of either kind, and read what an answer says about trying again; cookies stay at home."
  }
}

run "secret" {
  assert {
    condition = (
      aws_ssm_parameter.secret.name == "/responses-dev/secret"
      && aws_ssm_parameter.secret.type == "SecureString"
      && aws_ssm_parameter.secret.value_wo_version == 1
    )
    error_message = "The secret is an encrypted parameter of this API's own."
  }

  assert {
    condition     = nonsensitive(aws_ssm_parameter.secret.value) == "the secret"
    error_message = "The value that the state keeps is none of ours (it is the mock's): ours is handed over."
  }

  assert {
    condition     = !strcontains(jsonencode([output.function, output.secret, output.audience, output.api_id, output.api_url]), "the secret")
    error_message = "No output tells the secret."
  }
}

run "another_secret" {
  variables {
    secret_version = 2
  }

  assert {
    condition     = aws_ssm_parameter.secret.value_wo_version == 2
    error_message = "A higher version hands over a new secret."
  }
}

run "function" {
  assert {
    condition = { for sid, it in module.function.statements : sid => concat(it.actions, ["on"], it.resources) if sid != "WriteOwnLogs" } == {
      Record       = ["dynamodb:GetItem", "dynamodb:UpdateItem", "on", "arn:aws:dynamodb:eu-central-1:123456789012:table/t"]
      List         = ["dynamodb:Query", "on", "arn:aws:dynamodb:eu-central-1:123456789012:table/t", "arn:aws:dynamodb:eu-central-1:123456789012:table/t/index/*"]
      Upload       = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "on", "arn:aws:s3:::u/*"]
      FindUpload   = ["s3:ListBucket", "on", "arn:aws:s3:::u"]
      SignPlayback = ["s3:GetObject", "on", "arn:aws:s3:::r/*"]
      Secret       = ["ssm:GetParameter", "on", "arn:aws:ssm:eu-central-1:123456789012:parameter/mock"]
    }
    error_message = "The api function may do exactly what it calls, or signs."
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
    error_message = "The api function has exactly the settings that it reads."
  }
}

run "closed" {
  command = plan

  variables {
    open_uploads = []
    cors_origins = []
  }

  assert {
    condition     = !anytrue([for key in keys(aws_apigatewayv2_route.open) : strcontains(key, "responses") || strcontains(key, "presignedurl")]) && length(aws_apigatewayv2_api.this.cors_configuration) == 0
    error_message = "Unless a stage opens a project or names an origin, nobody asks for an upload without a token, and no page calls."
  }
}

run "refuses_bad_settings" {
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

run "refuses_forms_that_outlive_an_hour" {
  command = plan

  variables {
    upload = { minutes = 61 }
  }

  expect_failures = [var.upload]
}

run "accepts_an_hour_and_waits_for_completions" {
  command = plan

  variables {
    upload           = { minutes = 60 }
    playback_minutes = 60
  }

  assert {
    condition     = module.function.timeout_seconds > 25 && module.function.timeout_seconds < 30
    error_message = "The function must outlast the 25 seconds of a completion and answer before API Gateway's 30."
  }
}

run "refuses_tokens_for_anyone" {
  command = plan

  variables {
    jwt = { issuer = "https://id.example.org", audience = [] }
  }

  expect_failures = [var.jwt]
}
