output "name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "arn" {
  description = "ARN of the function without a version. Triggers use `alias.arn`, so that they run a published version."
  value       = aws_lambda_function.this.arn
}

output "alias" {
  description = "Alias of the version that runs: its name, which is a permission's qualifier; its ARN, which triggers invoke; its invoke_arn for an integration of API Gateway."
  value = {
    name       = aws_lambda_alias.live.name
    arn        = aws_lambda_alias.live.arn
    invoke_arn = aws_lambda_alias.live.invoke_arn
    version    = aws_lambda_alias.live.function_version
  }
}

output "release" {
  description = "Release of the latest version, from its description."
  value       = trimprefix(aws_lambda_function.this.description, "Release ")
}

output "content_hash" {
  description = "Hash of the settings that differ between versions: package, architecture, memory, timeout, environment and its key, and tracing."
  value       = sha256(jsonencode([var.package.sha256, var.architecture, var.memory_mb, var.timeout_seconds, var.environment, var.kms_key_arn, var.tracing]))
}

output "log_group_arn" {
  description = "ARN of the function's log group."
  value       = aws_cloudwatch_log_group.this.arn
}

output "architecture" {
  description = "Instruction set architecture of the function: arm64 or x86_64."
  value       = one(aws_lambda_function.this.architectures)
}

output "package" {
  description = "Path of the zip, or its bucket and key, and its SHA-256 in base64, as deployed."
  value = {
    path   = aws_lambda_function.this.filename
    s3     = aws_lambda_function.this.s3_bucket == null ? null : { bucket = aws_lambda_function.this.s3_bucket, key = aws_lambda_function.this.s3_key }
    sha256 = aws_lambda_function.this.source_code_hash
  }
}

output "log_retention_days" {
  description = "Retention of the function's logs in days."
  value       = aws_cloudwatch_log_group.this.retention_in_days
}

output "timeout_seconds" {
  description = "Timeout of an invocation in seconds."
  value       = aws_lambda_function.this.timeout
}

output "environment" {
  description = "Environment variables of the function."
  value       = one(aws_lambda_function.this.environment).variables
}

output "statements" {
  description = "Statements of the role's policy by Sid: actions, resources and condition."
  value = {
    for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid => {
      actions   = statement.Action
      resources = statement.Resource
      condition = try(statement.Condition, null)
    }
  }
}

output "kms_keys" {
  description = "Key of the environment variables and of the logs; null for an AWS owned key."
  value       = { environment = aws_lambda_function.this.kms_key_arn, logs = aws_cloudwatch_log_group.this.kms_key_id }
}

output "role" {
  description = "Role of the function: name, ARN, path and permissions boundary. Its only inline policy is named `function`."
  value = {
    name                 = aws_iam_role.this.name
    arn                  = aws_iam_role.this.arn
    path                 = aws_iam_role.this.path
    permissions_boundary = aws_iam_role.this.permissions_boundary
  }
}

output "memory_mb" {
  description = "Memory of the function in MiB."
  value       = aws_lambda_function.this.memory_size
}

output "tracing" {
  description = "Whether AWS X-Ray records a sample of the function's invocations."
  value       = one(aws_lambda_function.this.tracing_config).mode == "Active"
}
