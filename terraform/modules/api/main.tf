# What upload tokens and cursors are signed with. It is made while it is applied and handed over: neither state nor plan has it.
resource "aws_ssm_parameter" "secret" {
  name             = "/${var.name}/secret"
  description      = "What ${var.name} signs upload tokens and cursors with."
  type             = "SecureString"
  value_wo         = join("", [uuid(), uuid(), uuid()])
  value_wo_version = var.secret_version
}

module "function" {
  source = "../function"

  name               = "${var.name}-api"
  package            = var.package
  architecture       = var.architecture
  log_retention_days = var.log_retention_days

  # Completing an upload of 1,000 parts may take S3 25 seconds. API Gateway waits at most 30 for an HTTP API.
  timeout_seconds = 29

  environment = {
    RESPONSES_TABLE_NAME = var.table.name
    UPLOADS_BUCKET       = var.uploads.name
    RENDITIONS_BUCKET    = var.renditions.name
    OPEN_UPLOADS         = join(",", sort(var.open_uploads))
    UPLOAD_MAX_BYTES     = tostring(var.upload.max_bytes)
    UPLOAD_MINUTES       = tostring(var.upload.minutes)
    PLAYBACK_MINUTES     = tostring(var.playback_minutes)
    SECRET_PARAMETER     = aws_ssm_parameter.secret.name
    ADOPTED_ITEMS        = tostring(var.adopted_items)
    LOG_LEVEL            = var.log_level
  }

  # A signed form or URL carries the function's own rights: PutObject on uploads and GetObject are what respondent and
  # owner do with them. Without ListBucket a missing object is a 403. The account's own key for parameters asks for no right.
  statements = [
    { sid = "Record", actions = ["dynamodb:GetItem", "dynamodb:UpdateItem"], resources = [var.table.arn] },
    { sid = "List", actions = ["dynamodb:Query"], resources = [var.table.arn, "${var.table.arn}/index/*"] },
    {
      sid       = "Upload"
      actions   = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
      resources = ["${var.uploads.arn}/*"]
    },
    { sid = "FindUpload", actions = ["s3:ListBucket"], resources = [var.uploads.arn] },
    { sid = "SignPlayback", actions = ["s3:GetObject"], resources = ["${var.renditions.arn}/*"] },
    { sid = "Secret", actions = ["ssm:GetParameter"], resources = [aws_ssm_parameter.secret.arn] },
  ]
}

resource "aws_apigatewayv2_api" "this" {
  name          = var.name
  description   = "Video responses: ask for an upload, go on with it, list, watch, delete."
  protocol_type = "HTTP"

  dynamic "cors_configuration" {
    for_each = length(var.cors_origins) > 0 ? [var.cors_origins] : []

    content {
      allow_origins  = cors_configuration.value
      allow_methods  = ["GET", "HEAD", "POST", "DELETE"]
      allow_headers  = ["authorization", "content-type", "upload-token"]
      expose_headers = ["allow", "retry-after", "x-request-id"]
      max_age        = 3600
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

  step     = "/projects/{project}/steps/{step}"
  response = "${local.step}/responses/{email}"
  upload   = "${local.step}/uploads/{take}"

  # Routes that need a token, with the scope that it must have.
  guarded = {
    "GET /projects/{project}/responses"  = local.read
    "GET ${local.step}/responses"        = local.read
    "GET ${local.response}"              = local.read
    "GET /responses"                     = local.read
    "GET /videos"                        = local.read
    "POST ${local.step}/responses"       = local.write
    "POST ${local.response}/retry"       = local.write
    "DELETE ${local.response}"           = local.write
    "DELETE /responses"                  = local.write
    "GET /presignedurl/{project}/{step}" = local.write
  }

  open = concat(
    ["GET /health", "GET /openapi.json", "GET /schemas/{name+}"],

    # Whoever has an upload's token goes on with that upload: the function looks at it.
    [
      "GET ${local.upload}",
      "DELETE ${local.upload}",
      "GET ${local.upload}/parts",
      "POST ${local.upload}/parts",
      "POST ${local.upload}/complete",
    ],

    # A literal segment wins over `{project}`, so a project is opened by a route of its own, and only for asking.
    flatten([
      for project in var.open_uploads : [
        "POST /projects/${project}/steps/{step}/responses",
        "GET /presignedurl/${project}/{step}",
      ]
    ]),
  )

  # To API Gateway HEAD is a method like any other: whoever may GET may ask for the head, and nobody else.
  guarded_routes = merge(local.guarded, { for route, scope in local.guarded : replace(route, "/^GET /", "HEAD ") => scope })
  open_routes    = toset(concat(local.open, [for route in local.open : replace(route, "/^GET /", "HEAD ")]))
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
