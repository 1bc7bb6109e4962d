# The secret that encrypts upload tokens and cursors. Terraform generates it during the apply and writes it as a write-only
# argument, so neither the state nor a plan contains it.
resource "aws_ssm_parameter" "secret" {
  name             = "/${var.name}/secret"
  key_id           = var.kms_key_arn
  description      = "Secret that encrypts the upload tokens and cursors of ${var.name}."
  type             = "SecureString"
  value_wo         = join("", [uuid(), uuid(), uuid()])
  value_wo_version = var.secret_version

  # The provider also writes the value when another argument changes, but only a new version has a value to write. Another
  # key_id therefore needs a higher secret_version.
  lifecycle {
    ignore_changes = [description]
  }
}

locals {
  # The indexes that lists query, by name. Only a table with items of the Chalice project is queried itself: no index has those
  # items by step.
  queried = concat(
    var.adopted_items ? [var.table.arn] : [],
    [for index in ["ByStep", "ByStepStatus", "ByProject", "ByProjectStatus", "ByMail"] : "${var.table.arn}/index/${index}"],
  )
}

module "function" {
  source = "../function"

  name               = "${var.name}-api"
  package            = var.package
  architecture       = var.architecture
  memory_mb          = var.memory_mb
  log_retention_days = var.log_retention_days
  kms_key_arn        = var.kms_key_arn

  # The signer of an upload needs both actions on the key: S3 decrypts the parts of an upload to complete it.
  key_uses = { dynamodb = ["kms:Decrypt"], s3 = ["kms:Decrypt", "kms:GenerateDataKey"], ssm = ["kms:Decrypt"] }
  release  = var.release

  permissions_boundary = var.permissions_boundary
  role_path            = var.role_path
  tracing              = var.tracing

  # S3 may take 25 seconds to complete an upload of 1,000 parts. API Gateway waits at most 30 seconds for an HTTP API.
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
    SECRET_VERSION       = tostring(aws_ssm_parameter.secret.value_wo_version)
    ADOPTED_ITEMS        = tostring(var.adopted_items)
    LOG_LEVEL            = var.log_level
    METRICS_NAMESPACE    = var.name
  }

  # A presigned form or URL has the permissions of the role that signs it: uploads need PutObject, playback needs GetObject.
  statements = [
    { sid = "ReadWriteResponses", actions = ["dynamodb:GetItem", "dynamodb:UpdateItem"], resources = [var.table.arn] },
    { sid = "QueryResponses", actions = ["dynamodb:Query"], resources = local.queried },
    {
      sid       = "SignUploads"
      actions   = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
      resources = ["${var.uploads.arn}/*"]
    },
    # The function lists the key of one upload: project/step/hash/take.extension. It reads no object, so no 404 depends on this.
    {
      sid       = "ListUploads"
      actions   = ["s3:ListBucket"]
      resources = [var.uploads.arn]
      condition = { StringLike = { "s3:prefix" = "*/*/*/*" } }
    },
    { sid = "SignPlayback", actions = ["s3:GetObject"], resources = ["${var.renditions.arn}/output/*"] },
    # Without kms_key_arn, the parameter uses the AWS managed key aws/ssm, for which the role needs no permission.
    { sid = "ReadSecret", actions = ["ssm:GetParameter"], resources = [aws_ssm_parameter.secret.arn] },
  ]
}

resource "aws_apigatewayv2_api" "this" {
  name          = var.name
  description   = "Video responses: request, continue and complete uploads; list, play and delete responses."
  protocol_type = "HTTP"

  # With a domain of its own, the API has one address: that is where a team's firewall and DNS apply.
  disable_execute_api_endpoint = var.domain != null

  dynamic "cors_configuration" {
    for_each = length(var.cors_origins) > 0 ? [var.cors_origins] : []

    content {
      allow_origins  = cors_configuration.value
      allow_methods  = ["GET", "HEAD", "POST", "DELETE"]
      allow_headers  = ["authorization", "content-type", "upload-token"]
      expose_headers = ["allow", "etag", "retry-after", "x-request-id"]
      max_age        = 3600
    }
  }
}

resource "aws_apigatewayv2_integration" "function" {
  api_id                 = aws_apigatewayv2_api.this.id
  integration_type       = "AWS_PROXY"
  integration_uri        = module.function.alias.invoke_arn
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
    # A JWT authorizer has no payload format version. The local emulator returns one, and every plan would remove it.
    ignore_changes = [authorizer_payload_format_version]
  }
}

locals {
  read_scope  = "responses/read"
  write_scope = "responses/write"

  step     = "/projects/{project}/steps/{step}"
  response = "${local.step}/responses/{email}"
  upload   = "${local.step}/uploads/{take}"

  # Routes that require an owner's token, and the scope that the token must have.
  jwt_scopes = {
    "GET /projects/{project}/responses"  = local.read_scope
    "GET ${local.step}/responses"        = local.read_scope
    "GET ${local.response}"              = local.read_scope
    "GET /responses"                     = local.read_scope
    "GET /videos"                        = local.read_scope
    "POST ${local.step}/responses"       = local.write_scope
    "POST ${local.response}/retry"       = local.write_scope
    "DELETE ${local.response}"           = local.write_scope
    "DELETE /responses"                  = local.write_scope
    "GET /presignedurl/{project}/{step}" = local.write_scope
  }

  # API Gateway prefers a literal segment to `{project}`, so an open project has its own routes, for upload requests only.
  open_upload_route_keys = flatten([
    for project in var.open_uploads : [
      "POST /projects/${project}/steps/{step}/responses",
      "GET /presignedurl/${project}/{step}",
    ]
  ])

  public_route_keys = concat(
    ["GET /health", "GET /openapi.json", "GET /schemas/{name+}"],

    # The function itself checks the upload token of these requests.
    [
      "GET ${local.upload}",
      "DELETE ${local.upload}",
      "GET ${local.upload}/parts",
      "POST ${local.upload}/parts",
      "POST ${local.upload}/complete",
    ],

    local.open_upload_route_keys,
  )

  # API Gateway does not derive HEAD from GET: each GET route gets a HEAD route with the same authorization.
  jwt_routes    = merge(local.jwt_scopes, { for route, scope in local.jwt_scopes : replace(route, "/^GET /", "HEAD ") => scope })
  public_routes = toset(concat(local.public_route_keys, [for route in local.public_route_keys : replace(route, "/^GET /", "HEAD ")]))
  route_keys    = concat(keys(local.jwt_routes), tolist(local.public_routes))

  # A limit of a GET route is also the limit of its HEAD route, which API Gateway counts separately.
  limits         = merge({ for route in local.open_upload_route_keys : route => var.throttle.open_uploads }, var.throttle.routes)
  limits_of_head = { for route, limit in local.limits : replace(route, "/^GET /", "HEAD ") => limit if startswith(route, "GET ") }
}

resource "aws_apigatewayv2_route" "jwt" {
  for_each = local.jwt_routes

  api_id               = aws_apigatewayv2_api.this.id
  route_key            = each.key
  target               = "integrations/${aws_apigatewayv2_integration.function.id}"
  authorization_type   = "JWT"
  authorizer_id        = aws_apigatewayv2_authorizer.jwt.id
  authorization_scopes = [each.value]
}

resource "aws_apigatewayv2_route" "public" {
  #checkov:skip=CKV_AWS_309:These routes serve public documents, open projects, and uploads whose own token the function checks.
  for_each = local.public_routes

  api_id             = aws_apigatewayv2_api.this.id
  route_key          = each.value
  target             = "integrations/${aws_apigatewayv2_integration.function.id}"
  authorization_type = "NONE"
}

resource "aws_cloudwatch_log_group" "access" {
  #checkov:skip=CKV_AWS_338:The stage sets the retention: prod keeps logs for a year, the other stages for 30 days.
  name              = "/aws/apigateway/${var.name}"
  retention_in_days = var.log_retention_days
  skip_destroy      = true
  kms_key_id        = var.kms_key_arn
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.this.id
  name        = "$default"
  auto_deploy = true

  default_route_settings {
    throttling_rate_limit  = var.throttle.rate
    throttling_burst_limit = var.throttle.burst
  }

  # These replace all default settings of a route, not only the limits.
  dynamic "route_settings" {
    for_each = merge(local.limits_of_head, local.limits)

    content {
      route_key              = route_settings.key
      throttling_rate_limit  = route_settings.value.rate
      throttling_burst_limit = route_settings.value.burst
    }
  }

  # The log has the route key, never the path or the query: these contain respondents' emails. integration_error is Lambda's
  # answer if the function could not be invoked or crashed; integration_status is the status that the function answered.
  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format = jsonencode({
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
    })
  }

  # API Gateway refuses settings of a route that does not exist.
  depends_on = [aws_apigatewayv2_route.jwt, aws_apigatewayv2_route.public]
}

resource "aws_lambda_permission" "api" {
  statement_id  = "api"
  action        = "lambda:InvokeFunction"
  function_name = module.function.name
  qualifier     = module.function.alias.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/*/*"
}
