mock_provider "aws" {
  source = "../service/tests/mocks"

  # Ids and ARNs of their own, so that the tests see what each resource refers to.
  override_resource {
    target = aws_apigatewayv2_api.this
    values = { id = "api", execution_arn = "arn:aws:execute-api:eu-central-1:123456789012:api" }
  }

  override_resource {
    target = aws_apigatewayv2_stage.default
    values = { invoke_url = "https://api.example.org" }
  }

  override_resource {
    target = aws_cloudwatch_log_group.access
    values = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:access" }
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
  cors_origins = ["https://app.example.org"]
}

run "configures_gateway" {
  assert {
    condition     = [aws_apigatewayv2_api.this.name, aws_apigatewayv2_api.this.protocol_type, output.api_url] == ["responses-dev", "HTTP", "https://api.example.org"]
    error_message = "The API must be an HTTP API with the given name, and the output api_url its stage's URL."
  }

  assert {
    condition = jsonencode({
      api         = aws_apigatewayv2_stage.default.api_id
      name        = aws_apigatewayv2_stage.default.name
      auto_deploy = aws_apigatewayv2_stage.default.auto_deploy
      rate        = one(aws_apigatewayv2_stage.default.default_route_settings).throttling_rate_limit
      burst       = one(aws_apigatewayv2_stage.default.default_route_settings).throttling_burst_limit
      }) == jsonencode({
      api         = "api"
      name        = "$default"
      auto_deploy = true
      rate        = 100
      burst       = 200
    })
    error_message = "The stage must be $default, which adds no prefix to paths, deploy each change, and throttle every route at 100 requests per second with a burst of 200."
  }

  assert {
    condition = [
      one(aws_apigatewayv2_stage.default.access_log_settings).destination_arn, aws_cloudwatch_log_group.access.name, aws_cloudwatch_log_group.access.retention_in_days,
    ] == ["arn:aws:logs:eu-central-1:123456789012:log-group:access", "/aws/apigateway/responses-dev", 30]
    error_message = "The access log must go to its own log group, with a retention of 30 days by default."
  }

  assert {
    condition = jsondecode(one(aws_apigatewayv2_stage.default.access_log_settings).format) == {
      time       = "$context.requestTime"
      request_id = "$context.requestId"
      route      = "$context.routeKey"
      status     = "$context.status"
      latency_ms = "$context.responseLatency"
      error      = "$context.error.responseType"

      authorizer_error       = "$context.authorizer.error"
      integration_error      = "$context.integrationErrorMessage"
      integration_status     = "$context.integration.status"
      integration_latency_ms = "$context.integrationLatency"
    }
    error_message = "The access log must have exactly these fields: the path, the query and the client's address identify people."
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

run "passes_every_setting_on" {
  variables {
    name               = "other"
    release            = "other-release"
    package            = { path = "../../tests/functions/reconcile.zip", sha256 = "FWjOpPZ/9IRBPTxtAqoVbe9zMESJUbVGB6UwxTYfIzo=" }
    architecture       = "x86_64"
    table              = { name = "other-t", arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/other-t" }
    uploads            = { name = "other-u", arn = "arn:aws:s3:::other-u" }
    renditions         = { name = "other-r", arn = "arn:aws:s3:::other-r" }
    jwt                = { issuer = "https://other.example.org", audience = ["others", "more"] }
    open_uploads       = ["poll"]
    upload             = { max_bytes = 1000, minutes = 7 }
    playback_minutes   = 11
    secret_version     = 3
    adopted_items      = true
    cors_origins       = ["https://one.example.org", "https://two.example.org"]
    throttle           = { rate = 15, burst = 16, open_uploads = { rate = 7, burst = 8 }, routes = { "GET /videos" = { rate = 9, burst = 10 } } }
    log_level          = "debug,aws=trace"
    log_retention_days = 90

    memory_mb            = 512
    permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
    role_path            = "/services/responses/"
    tracing              = true
  }

  assert {
    condition = module.function.environment == tomap({
      RESPONSES_TABLE_NAME = "other-t"
      UPLOADS_BUCKET       = "other-u"
      RENDITIONS_BUCKET    = "other-r"
      OPEN_UPLOADS         = "poll"
      UPLOAD_MAX_BYTES     = "1000"
      UPLOAD_MINUTES       = "7"
      PLAYBACK_MINUTES     = "11"
      SECRET_PARAMETER     = "/other/secret"
      SECRET_VERSION       = "3"
      ADOPTED_ITEMS        = "true"
      LOG_LEVEL            = "debug,aws=trace"
      METRICS_NAMESPACE    = "other"
    })
    error_message = "Each setting of the function must reach its own environment variable."
  }

  assert {
    condition = [
      module.function.name, module.function.role.name, module.function.architecture, module.function.package.path, module.function.package.sha256,
      module.function.log_retention_days, module.function.release,
    ] == ["other-api", "other-api", "x86_64", "../../tests/functions/reconcile.zip", "FWjOpPZ/9IRBPTxtAqoVbe9zMESJUbVGB6UwxTYfIzo=", 90, "other-release"]
    error_message = "The function must have the given package, architecture, log retention and release, and a name and a role with the given prefix."
  }

  assert {
    condition     = jsonencode([module.function.memory_mb, module.function.role.path, module.function.role.permissions_boundary, module.function.tracing]) == jsonencode([512, "/services/responses/", "arn:aws:iam::123456789012:policy/boundary", true])
    error_message = "The function must have the given memory and tracing, and its role the given path and permissions boundary."
  }

  assert {
    condition = jsonencode({
      api       = aws_apigatewayv2_api.this.name
      origins   = one(aws_apigatewayv2_api.this.cors_configuration).allow_origins
      issuer    = one(aws_apigatewayv2_authorizer.jwt.jwt_configuration).issuer
      audience  = one(aws_apigatewayv2_authorizer.jwt.jwt_configuration).audience
      outputs   = [output.issuer, output.cors_origins]
      rate      = one(aws_apigatewayv2_stage.default.default_route_settings).throttling_rate_limit
      burst     = one(aws_apigatewayv2_stage.default.default_route_settings).throttling_burst_limit
      log       = [aws_cloudwatch_log_group.access.name, aws_cloudwatch_log_group.access.skip_destroy]
      retention = aws_cloudwatch_log_group.access.retention_in_days
      secret    = [output.secret.name, output.secret.arn, output.secret.version]
      }) == jsonencode({
      api       = "other"
      origins   = ["https://one.example.org", "https://two.example.org"]
      issuer    = "https://other.example.org"
      audience  = ["more", "others"]
      outputs   = ["https://other.example.org", ["https://one.example.org", "https://two.example.org"]]
      rate      = 15
      burst     = 16
      log       = ["/aws/apigateway/other", true]
      retention = 90
      secret    = ["/other/secret", "arn:aws:ssm:eu-central-1:123456789012:parameter/mock", 3]
    })
    error_message = "Each setting of the gateway must reach its own attribute."
  }

  assert {
    condition     = contains(keys(aws_apigatewayv2_route.public), "POST /projects/poll/steps/{step}/responses") && length(aws_apigatewayv2_route.public) == 16
    error_message = "Each open project must have its own three public routes, and no other project."
  }
}

run "has_no_cors_by_default" {
  command = plan

  variables {
    cors_origins = []
  }

  assert {
    condition     = length(aws_apigatewayv2_api.this.cors_configuration) == 0
    error_message = "Without cors_origins there must be no CORS configuration."
  }
}
