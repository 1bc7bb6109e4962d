output "plan_role_arn" {
  description = "ARN of the role of jobs that plan."
  value       = aws_iam_role.this["plan"].arn
}

output "apply_role_arn" {
  description = "ARN of the role of jobs that apply."
  value       = aws_iam_role.this["apply"].arn
}

output "resource_types" {
  description = "Types of Terraform resources that the roles can read and manage."
  value       = sort(concat(flatten([for group in local.permissions : group.types]), local.without_permissions))
}
