output "name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "arn" {
  description = "ARN of the function."
  value       = aws_lambda_function.this.arn
}

output "invoke_arn" {
  description = "ARN by which API Gateway calls the function."
  value       = aws_lambda_function.this.invoke_arn
}

output "role" {
  description = "Name of the function's role; its one inline policy is called `function`."
  value       = aws_iam_role.this.name
}

output "log_group" {
  description = "ARN of the function's log group."
  value       = aws_cloudwatch_log_group.this.arn
}

output "architecture" {
  description = "Processor that the function runs on."
  value       = one(aws_lambda_function.this.architectures)
}

output "timeout_seconds" {
  description = "Seconds after which Lambda ends an invocation."
  value       = aws_lambda_function.this.timeout
}

output "environment" {
  description = "The function's settings."
  value       = one(aws_lambda_function.this.environment).variables
}

output "statements" {
  description = "What the role may do, as its policy says it: by sid, the actions and the resources."
  value = {
    for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid => {
      actions   = statement.Action
      resources = statement.Resource
      condition = try(statement.Condition, null)
    }
  }
}
