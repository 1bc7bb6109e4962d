locals {
  # Only the function's own log group: with a wildcard it could write to the logs of other functions.
  write_own_logs = {
    sid       = "WriteOwnLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.this.arn}:*"]
    condition = null
  }

  # The function uses the key through the services only, never directly. Lambda decrypts the environment variables with the
  # role's permissions: its grant ends when the role is replaced.
  use_key = [
    for service, actions in var.kms_key_arn == null ? {} : merge({ lambda = ["kms:Decrypt"] }, var.key_uses) : {
      sid       = "UseKeyBy${title(service)}"
      actions   = actions
      resources = [var.kms_key_arn]
      condition = { StringEquals = { "kms:ViaService" = "${service}.${split(":", var.kms_key_arn)[3]}.amazonaws.com" } }
    }
  ]

  # IAM defines no resource type for these actions, so "*" is not broader than necessary.
  write_traces = {
    sid       = "WriteTraces"
    actions   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
    resources = ["*"]
    condition = null
  }

  policy = {
    Version = "2012-10-17"
    Statement = [for statement in concat(var.statements, local.use_key, [local.write_own_logs], var.tracing ? [local.write_traces] : []) : merge(
      {
        Sid      = statement.sid
        Effect   = "Allow"
        Action   = statement.actions
        Resource = statement.resources
      },
      statement.condition != null ? { Condition = statement.condition } : {},
    )]
  }
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_338:The stage sets the retention: prod keeps logs for a year, the other stages for 30 days.
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
  skip_destroy      = true
  kms_key_id        = var.kms_key_arn
}

resource "aws_iam_role" "this" {
  name                 = var.name
  path                 = var.role_path
  description          = "Role of the function ${var.name}."
  permissions_boundary = var.permissions_boundary

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name   = "function"
  role   = aws_iam_role.this.name
  policy = jsonencode(local.policy)
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_115:The event source mappings limit the concurrency, so that messages wait. Throttled messages would count as failed receives.
  #checkov:skip=CKV_AWS_116:The queues have dead-letter queues, and the run after a failed run of reconcile does its work. Nothing else invokes a function asynchronously.
  #checkov:skip=CKV_AWS_117:The functions call AWS's public endpoints by TLS only. A VPC would add cost and no isolation.
  #checkov:skip=CKV_AWS_272:Terraform deploys the package whose hash it was given. Code signing needs a profile of the account.
  function_name    = var.name
  description      = "Release ${var.release}"
  role             = aws_iam_role.this.arn
  filename         = var.package.path
  s3_bucket        = try(var.package.s3.bucket, null)
  s3_key           = try(var.package.s3.key, null)
  source_code_hash = var.package.sha256
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = [var.architecture]
  memory_size      = var.memory_mb
  timeout          = var.timeout_seconds
  publish          = true
  kms_key_arn      = var.kms_key_arn

  environment {
    variables = var.environment
  }

  tracing_config {
    mode = var.tracing ? "Active" : "PassThrough"
  }

  # With JSON, Lambda reads level and time from the function's log lines. TRACE passes them all: LOG_LEVEL filters them.
  # At INFO, Lambda adds two lines for each invocation: its start, and its report with duration, memory and outcome.
  logging_config {
    log_group             = aws_cloudwatch_log_group.this.name
    log_format            = "JSON"
    application_log_level = "TRACE"
    system_log_level      = "INFO"
  }

  lifecycle {
    # A plan that refreshes or destroys needs no zip: there, this is a warning or is not checked.
    precondition {
      condition     = var.package.path == null || try(fileexists(var.package.path), false)
      error_message = "The package ${coalesce(var.package.path, "-")} does not exist. `make package` builds the packages, and `make plan` passes them."
    }
  }

  # The function may be invoked as soon as it exists, so its role needs the policy before.
  depends_on = [aws_iam_role_policy.this]
}

# Every trigger invokes this alias. Code and configuration therefore change in the same instant, and `make rollback` moves the
# alias back to an earlier version.
resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "The version that runs. Every trigger of the function invokes this alias."
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version
}
