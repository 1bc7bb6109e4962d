mock_provider "aws" {}

# A distinct ARN for each resource, so that a reference to the wrong one is noticed.
override_resource {
  target = aws_cloudwatch_log_group.this
  values = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/responses-dev-on-job" }
}

override_resource {
  target = aws_iam_role.this
  values = { arn = "arn:aws:iam::123456789012:role/responses-dev-on-job" }
}

override_resource {
  target = aws_lambda_function.this
  values = {
    arn        = "arn:aws:lambda:eu-central-1:123456789012:function:responses-dev-on-job"
    invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/responses-dev-on-job/invocations"
    version    = "7"
  }
}

override_resource {
  target = aws_lambda_alias.live
  values = {
    arn        = "arn:aws:lambda:eu-central-1:123456789012:function:responses-dev-on-job:live"
    invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/responses-dev-on-job:live/invocations"
  }
}

variables {
  name            = "responses-dev-on-job"
  package         = { path = "../../tests/functions/on_job.zip", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
  timeout_seconds = 30
  environment     = { RESPONSES_TABLE_NAME = "responses-dev" }
  release         = "5d41402abc4b"
  statements = [
    { sid = "ReadResponses", actions = ["dynamodb:GetItem"], resources = ["arn:aws:dynamodb:eu-central-1:123456789012:table/responses-dev"] },
    {
      sid       = "PassRole"
      actions   = ["iam:PassRole"]
      resources = ["arn:aws:iam::123456789012:role/jobs"]
      condition = { StringEquals = { "iam:PassedToService" = "mediaconvert.amazonaws.com" } }
    },
  ]
}

run "creates_function_with_own_role_and_logs" {
  assert {
    condition = jsondecode(aws_iam_role_policy.this.policy).Statement == [
      {
        Sid      = "ReadResponses"
        Effect   = "Allow"
        Action   = ["dynamodb:GetItem"]
        Resource = ["arn:aws:dynamodb:eu-central-1:123456789012:table/responses-dev"]
      },
      {
        Sid       = "PassRole"
        Effect    = "Allow"
        Action    = ["iam:PassRole"]
        Resource  = ["arn:aws:iam::123456789012:role/jobs"]
        Condition = { StringEquals = { "iam:PassedToService" = "mediaconvert.amazonaws.com" } }
      },
      {
        Sid      = "WriteOwnLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/responses-dev-on-job:*"]
      },
    ]
    error_message = "The role's policy must have the statements of the caller with their conditions, WriteOwnLogs, and no others."
  }

  assert {
    condition     = aws_iam_role.this.name == "responses-dev-on-job" && aws_iam_role_policy.this.role == "responses-dev-on-job" && aws_iam_role_policy.this.name == "function"
    error_message = "The policy `function` must belong to the function's own role."
  }

  assert {
    condition = jsonencode(output.role) == jsonencode({
      arn = "arn:aws:iam::123456789012:role/responses-dev-on-job", name = "responses-dev-on-job", path = "/", permissions_boundary = null
    })
    error_message = "The output role must show the function's own role. By default it must have the path / and no permissions boundary."
  }

  assert {
    condition = jsondecode(aws_iam_role.this.assume_role_policy).Statement == [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
    error_message = "Only Lambda may assume the role."
  }

  assert {
    condition = jsonencode({
      for attribute, value in aws_lambda_function.this : attribute => value if contains([
        "function_name", "description", "publish", "role", "filename", "s3_bucket", "s3_key", "source_code_hash", "runtime", "handler", "architectures", "layers", "memory_size",
        "timeout", "environment", "tracing_config", "reserved_concurrent_executions", "vpc_config", "dead_letter_config", "file_system_config",
      ], attribute)
      }) == jsonencode({
      function_name                  = "responses-dev-on-job"
      description                    = "Release 5d41402abc4b"
      publish                        = true
      role                           = "arn:aws:iam::123456789012:role/responses-dev-on-job"
      filename                       = "../../tests/functions/on_job.zip"
      s3_bucket                      = null
      s3_key                         = null
      source_code_hash               = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
      runtime                        = "provided.al2023"
      handler                        = "bootstrap"
      architectures                  = ["arm64"]
      layers                         = null
      memory_size                    = 128
      timeout                        = 30
      tracing_config                 = [{ mode = "PassThrough" }]
      environment                    = [{ variables = { RESPONSES_TABLE_NAME = "responses-dev" } }]
      reserved_concurrent_executions = null
      vpc_config                     = []
      dead_letter_config             = []
      file_system_config             = []
    })
    error_message = "The function must run `bootstrap` of the given package on arm64 with 128 MiB, its own role, the given timeout and environment, no tracing, publish a version for each change, and have no limit of its concurrency."
  }

  assert {
    condition = jsonencode({
      for attribute in ["name", "function_name", "function_version", "routing_config"] : attribute => aws_lambda_alias.live[attribute]
    }) == jsonencode({ name = "live", function_name = "responses-dev-on-job", function_version = "7", routing_config = [] })
    error_message = "The alias `live` must invoke the latest version of its own function, for every invocation."
  }

  assert {
    condition = jsonencode(aws_lambda_function.this.logging_config) == jsonencode([{
      application_log_level = "TRACE"
      log_format            = "JSON"
      log_group             = "/aws/lambda/responses-dev-on-job"
      system_log_level      = "INFO"
    }])
    error_message = "The function must log JSON to its own log group, and Lambda must pass on every level: LOG_LEVEL filters them."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/aws/lambda/responses-dev-on-job" && aws_cloudwatch_log_group.this.retention_in_days == 30 && aws_cloudwatch_log_group.this.skip_destroy
    error_message = "The log group must have the function's name, and a retention of 30 days by default."
  }

  assert {
    condition = jsonencode({
      name = output.name, arn = output.arn, alias = output.alias, release = output.release, role_name = output.role.name, log_group_arn = output.log_group_arn
      }) == jsonencode({
      name = "responses-dev-on-job"
      arn  = "arn:aws:lambda:eu-central-1:123456789012:function:responses-dev-on-job"
      alias = {
        name       = "live"
        arn        = "arn:aws:lambda:eu-central-1:123456789012:function:responses-dev-on-job:live"
        invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/responses-dev-on-job:live/invocations"
        version    = "7"
      }
      release       = "5d41402abc4b"
      role_name     = "responses-dev-on-job"
      log_group_arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/responses-dev-on-job"
    })
    error_message = "The outputs must have the function's own names, ARNs and release."
  }
}

run "passes_every_variable" {
  command = plan

  variables {
    package            = { path = "../../tests/functions/reconcile.zip", sha256 = "LCa0a2j/xo/5m0U8HTBBNBNCLXBkg7+g+YpeiGJm564=" }
    architecture       = "x86_64"
    memory_mb          = 256
    timeout_seconds    = 60
    environment        = { LOG_LEVEL = "debug" }
    log_retention_days = 90

    permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
    role_path            = "/services/responses/"
    tracing              = true
  }

  assert {
    condition     = one(aws_lambda_function.this.tracing_config).mode == "Active" && output.tracing
    error_message = "The function must have active tracing."
  }

  assert {
    condition = output.statements.WriteTraces == {
      actions = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], resources = ["*"], condition = null
    } && length(output.statements) == 4
    error_message = "The role must allow sending traces to X-Ray, besides the statements of the caller and WriteOwnLogs."
  }

  assert {
    condition     = [aws_iam_role.this.path, aws_iam_role.this.permissions_boundary] == ["/services/responses/", "arn:aws:iam::123456789012:policy/boundary"]
    error_message = "The role must have the path and the permissions boundary of the variables."
  }

  assert {
    condition = jsonencode([output.package, output.architecture, output.timeout_seconds, output.environment, output.log_retention_days, output.memory_mb]) == jsonencode([
      { path = "../../tests/functions/reconcile.zip", s3 = null, sha256 = "LCa0a2j/xo/5m0U8HTBBNBNCLXBkg7+g+YpeiGJm564=" }, "x86_64", 60, { LOG_LEVEL = "debug" }, 90, 256,
    ])
    error_message = "The function and its log group must have the package, architecture, timeout, environment, retention and memory of the variables."
  }
}

run "takes_package_from_a_bucket" {
  command = plan

  variables {
    package = { s3 = { bucket = "releases", key = "1.4.0/on_job.zip" }, sha256 = "LCa0a2j/xo/5m0U8HTBBNBNCLXBkg7+g+YpeiGJm564=" }
  }

  assert {
    condition     = jsonencode(output.package) == jsonencode({ path = null, s3 = { bucket = "releases", key = "1.4.0/on_job.zip" }, sha256 = var.package.sha256 })
    error_message = "The function must run the object in the bucket."
  }
}

run "rejects_absent_package" {
  command = plan

  variables {
    package = { path = "absent.zip", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
  }

  expect_failures = [aws_lambda_function.this]
}

run "refresh_needs_no_package" {
  command = plan

  plan_options {
    mode = refresh-only
  }

  variables {
    package = { path = "absent.zip", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
  }
}

run "rejects_two_packages" {
  command = plan

  variables {
    package = { path = "on_job.zip", s3 = { bucket = "releases", key = "on_job.zip" }, sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
  }

  expect_failures = [var.package]
}

run "rejects_object_that_is_no_zip" {
  command = plan

  variables {
    package = { s3 = { bucket = "releases", key = "on_job" }, sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
  }

  expect_failures = [var.package]
}

# The hash decides whether a change of this function publishes a version of all functions.
run "content_hash_depends_on_every_setting_of_a_version" {
  command = plan

  assert {
    condition     = output.content_hash == sha256(jsonencode(["47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "arm64", 128, 30, { RESPONSES_TABLE_NAME = "responses-dev" }, null, false]))
    error_message = "content_hash must depend on the package, the architecture, the memory, the timeout, the environment and its key, and tracing."
  }
}

run "rejects_wildcard_action" {
  command = plan

  variables {
    statements = [
      { sid = "ReadResponses", actions = ["dynamodb:*"], resources = ["arn:aws:dynamodb:eu-central-1:123456789012:table/responses-dev"] },
    ]
  }

  expect_failures = [var.statements]
}

run "rejects_wildcard_resource" {
  command = plan

  variables {
    statements = [{ sid = "ReadResponses", actions = ["dynamodb:GetItem"], resources = ["*"] }]
  }

  expect_failures = [var.statements]
}

run "accepts_named_resources" {
  command = plan

  variables {
    statements = [{
      sid     = "All"
      actions = ["service:Action"]
      resources = [
        "arn:aws:s3:::uploads", "arn:aws-cn:s3:::uploads/*", "arn:aws:s3:::uploads/output/*",
        "arn:aws:dynamodb:eu-central-1:123456789012:table/responses/index/Open",
        "arn:aws:sqs:eu-central-1:123456789012:uploads",
        "arn:aws:ssm:eu-central-1:123456789012:parameter/responses/secret",
        "arn:aws:iam::123456789012:role/path/jobs",
        "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "arn:aws:mediaconvert:eu-central-1:123456789012:queues/responses", "arn:aws:mediaconvert:eu-central-1:123456789012:jobs/*",
        "arn:aws:elastictranscoder:eu-central-1:123456789012:pipeline/1", "arn:aws:elastictranscoder:eu-central-1:123456789012:job/*",
      ]
    }]
  }

  assert {
    condition     = length(output.statements.All.resources) == 12
    error_message = "The ARNs of named resources, and of an engine's jobs, must be accepted."
  }
}

run "rejects_every_bucket" {
  command = plan

  variables {
    statements = [{ sid = "Read", actions = ["s3:ListBucket"], resources = ["arn:aws:s3:::*"] }]
  }

  expect_failures = [var.statements]
}

run "rejects_objects_of_every_bucket" {
  command = plan

  variables {
    statements = [{ sid = "Read", actions = ["s3:GetObject"], resources = ["arn:aws:s3:::uploads/*", "arn:aws:s3:::*/*"] }]
  }

  expect_failures = [var.statements]
}

run "rejects_every_table" {
  command = plan

  variables {
    statements = [{ sid = "Read", actions = ["dynamodb:GetItem"], resources = ["arn:aws:dynamodb:eu-central-1:123456789012:table/*"] }]
  }

  expect_failures = [var.statements]
}

run "rejects_every_queue" {
  command = plan

  variables {
    statements = [{ sid = "Send", actions = ["sqs:SendMessage"], resources = ["arn:aws:sqs:eu-central-1:123456789012:*"] }]
  }

  expect_failures = [var.statements]
}

run "rejects_every_region_and_account" {
  command = plan

  variables {
    statements = [{ sid = "Send", actions = ["sqs:SendMessage"], resources = ["arn:aws:sqs:*:*:uploads"] }]
  }

  expect_failures = [var.statements]
}

run "rejects_every_key" {
  command = plan

  variables {
    statements = [{ sid = "Read", actions = ["kms:Decrypt"], resources = ["arn:aws:kms:eu-central-1:123456789012:key/*"] }]
  }

  expect_failures = [var.statements]
}

run "rejects_pass_role_without_condition" {
  command = plan

  variables {
    statements = [{ sid = "PassRole", actions = ["iam:PassRole"], resources = ["arn:aws:iam::123456789012:role/jobs"] }]
  }

  expect_failures = [var.statements]
}

run "rejects_duplicate_sid" {
  command = plan

  variables {
    statements = [
      { sid = "ReadResponses", actions = ["dynamodb:GetItem"], resources = ["arn:aws:dynamodb:eu-central-1:123456789012:table/responses-dev"] },
      { sid = "ReadResponses", actions = ["dynamodb:Query"], resources = ["arn:aws:dynamodb:eu-central-1:123456789012:table/responses-dev"] },
    ]
  }

  expect_failures = [var.statements]
}

run "rejects_values_that_lambda_rejects" {
  command = plan

  variables {
    name               = "On_Job"
    package            = { path = "../../tests/functions/on_job.zip", sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" }
    architecture       = "arm"
    memory_mb          = 64
    timeout_seconds    = 901
    environment        = { AWS_REGION = "eu-central-1" }
    log_retention_days = 31
    release            = "next release"

    permissions_boundary = "boundary"
    role_path            = "services/responses"
  }

  expect_failures = [
    var.name, var.package, var.architecture, var.memory_mb, var.timeout_seconds, var.environment, var.log_retention_days,
    var.permissions_boundary, var.role_path, var.release,
  ]
}

run "uses_customer_managed_key" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    key_uses    = { dynamodb = ["kms:Decrypt"], sqs = ["kms:Decrypt", "kms:GenerateDataKey"] }
  }

  assert {
    condition = { for sid, statement in output.statements : sid => concat(statement.actions, ["on"], statement.resources, ["via", statement.condition.StringEquals["kms:ViaService"]]) if startswith(sid, "UseKey") } == {
      UseKeyByLambda   = ["kms:Decrypt", "on", "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab", "via", "lambda.eu-central-1.amazonaws.com"]
      UseKeyByDynamodb = ["kms:Decrypt", "on", "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab", "via", "dynamodb.eu-central-1.amazonaws.com"]
      UseKeyBySqs      = ["kms:Decrypt", "kms:GenerateDataKey", "on", "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab", "via", "sqs.eu-central-1.amazonaws.com"]
    }
    error_message = "The role may use the key only through Lambda and the services of key_uses, in the key's region."
  }

  assert {
    condition     = output.kms_keys == { environment = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab", logs = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab" }
    error_message = "The key must encrypt the environment variables and the logs."
  }
}

run "needs_no_key_permissions_by_default" {
  command = plan

  variables {
    key_uses = { dynamodb = ["kms:Decrypt"] }
  }

  assert {
    condition     = !strcontains(jsonencode(output.statements), "kms:") && jsonencode(output.kms_keys) == jsonencode({ environment = null, logs = null })
    error_message = "Without a customer managed key, the role needs no KMS permission."
  }
}

run "rejects_alias_and_unknown_use_of_key" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:alias/responses"
    key_uses    = { dynamodb = ["kms:CreateGrant"] }
  }

  expect_failures = [var.kms_key_arn, var.key_uses]
}
