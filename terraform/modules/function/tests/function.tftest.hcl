mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name            = "responses-dev-on-job"
  package         = { path = "on_job.zip", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
  timeout_seconds = 30
  environment     = { RESPONSES_TABLE_NAME = "responses-dev" }
  statements = [
    { sid = "ReadResponses", actions = ["dynamodb:GetItem"], resources = ["arn:aws:dynamodb:eu-central-1:123456789012:table/responses-dev"] },
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
        Sid      = "WriteOwnLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["arn:aws:logs:eu-central-1:123456789012:log-group:mock:*"]
      },
    ]
    error_message = "The role's policy must have the statements of the caller and WriteOwnLogs, and no others."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role.this.assume_role_policy).Statement :
      statement.Principal == { Service = "lambda.amazonaws.com" }
    ])
    error_message = "Only Lambda may assume the role."
  }

  assert {
    condition = (
      aws_lambda_function.this.runtime == "provided.al2023"
      && aws_lambda_function.this.architectures == tolist(["arm64"])
      && aws_lambda_function.this.source_code_hash == var.package.sha256
    )
    error_message = "The function must run the given package on provided.al2023, and on arm64 by default."
  }

  assert {
    condition = (
      aws_cloudwatch_log_group.this.name == "/aws/lambda/responses-dev-on-job"
      && aws_cloudwatch_log_group.this.retention_in_days == 30
      && aws_lambda_function.this.logging_config[0].log_group == aws_cloudwatch_log_group.this.name
    )
    error_message = "The function must log to its own log group, with a retention of 30 days by default."
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

run "rejects_values_that_lambda_rejects" {
  command = plan

  variables {
    name               = "On_Job"
    package            = { path = "on_job.zip", sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" }
    architecture       = "arm"
    memory_mb          = 64
    timeout_seconds    = 901
    environment        = { AWS_REGION = "eu-central-1" }
    log_retention_days = 31
  }

  expect_failures = [
    var.name, var.package, var.architecture, var.memory_mb, var.timeout_seconds, var.environment, var.log_retention_days,
  ]
}
