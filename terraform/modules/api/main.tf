module "function" {
  source = "../function"

  name               = "${var.name}-api"
  package            = var.package
  architecture       = var.architecture
  timeout_seconds    = 10
  log_retention_days = var.log_retention_days

  environment = {
    RESPONSES_TABLE_NAME = var.table.name
    UPLOADS_BUCKET       = var.uploads.name
    RENDITIONS_BUCKET    = var.renditions.name
    OPEN_UPLOADS         = join(",", sort(var.open_uploads))
    UPLOAD_MAX_BYTES     = tostring(var.upload.max_bytes)
    UPLOAD_MINUTES       = tostring(var.upload.minutes)
    PLAYBACK_MINUTES     = tostring(var.playback_minutes)
    LOG_LEVEL            = var.log_level
  }

  # A signed form or URL carries the function's own rights: the last two are what respondent and owner do with them.
  statements = [
    { sid = "Record", actions = ["dynamodb:GetItem", "dynamodb:UpdateItem"], resources = [var.table.arn] },
    { sid = "List", actions = ["dynamodb:Query"], resources = [var.table.arn, "${var.table.arn}/index/*"] },
    { sid = "SignUploads", actions = ["s3:PutObject"], resources = ["${var.uploads.arn}/*"] },
    { sid = "SignPlayback", actions = ["s3:GetObject"], resources = ["${var.renditions.arn}/*"] },
  ]
}

resource "aws_apigatewayv2_api" "this" {
  name          = var.name
  description   = "Video responses: ask for an upload, list, watch."
  protocol_type = "HTTP"

  dynamic "cors_configuration" {
    for_each = length(var.cors_origins) > 0 ? [var.cors_origins] : []

    content {
      allow_origins = cors_configuration.value
      allow_methods = ["GET", "POST"]
      allow_headers = ["authorization", "content-type"]
      max_age       = 3600
    }
  }
}

resource "aws_apigatewayv2_integration" "function" {
  api_id                 = aws_apigatewayv2_api.this.id
  integration_type       = "AWS_PROXY"
  integration_uri        = module.function.invoke_arn
  payload_format_version = "2.0"
}

resource "aws_apigatewayv2_authorizer" "jwt" {
  api_id           = aws_apigatewayv2_api.this.id
  name             = "jwt"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    issuer   = var.jwt.issuer
    audience = var.jwt.audience
  }

  lifecycle {
    # Means nothing to a JWT authorizer; the local emulator answers one all the same, and every plan would remove it.
    ignore_changes = [authorizer_payload_format_version]
  }
}

locals {
  read  = "responses/read"
  write = "responses/write"

  # Routes that need a token, with the scope that it must have.
  guarded_routes = {
    "POST /projects/{project}/steps/{step}/responses"       = local.write
    "GET /projects/{project}/steps/{step}/responses"        = local.read
    "GET /projects/{project}/steps/{step}/responses/{mail}" = local.read
    "GET /presignedurl/{project}/{step}"                    = local.write
    "GET /videos"                                           = local.read
  }

  # A literal segment wins over `{project}`, so a project is opened by a route of its own, and only for asking.
  open_routes = toset(concat(["GET /health"], flatten([
    for project in var.open_uploads : [
      "POST /projects/${project}/steps/{step}/responses",
      "GET /presignedurl/${project}/{step}",
    ]
  ])))
}

resource "aws_apigatewayv2_route" "guarded" {
  for_each = local.guarded_routes

  api_id               = aws_apigatewayv2_api.this.id
  route_key            = each.key
  target               = "integrations/${aws_apigatewayv2_integration.function.id}"
  authorization_type   = "JWT"
  authorizer_id        = aws_apigatewayv2_authorizer.jwt.id
  authorization_scopes = [each.value]
}

resource "aws_apigatewayv2_route" "open" {
  for_each = local.open_routes

  api_id             = aws_apigatewayv2_api.this.id
  route_key          = each.value
  target             = "integrations/${aws_apigatewayv2_integration.function.id}"
  authorization_type = "NONE"
}

resource "aws_cloudwatch_log_group" "access" {
  name              = "/aws/apigateway/${var.name}"
  retention_in_days = var.log_retention_days
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.this.id
  name        = "$default"
  auto_deploy = true

  default_route_settings {
    throttling_rate_limit  = var.throttle.rate
    throttling_burst_limit = var.throttle.burst
  }

  # The route, never the path or the query: they name respondents.
  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format = jsonencode({
      time       = "$context.requestTime"
      request_id = "$context.requestId"
      route      = "$context.routeKey"
      status     = "$context.status"
      latency_ms = "$context.responseLatency"
      error      = "$context.error.responseType"
    })
  }
}

resource "aws_lambda_permission" "api" {
  statement_id  = "api"
  action        = "lambda:InvokeFunction"
  function_name = module.function.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/*/*"
}
