output "table" {
  description = "The responses table: name and ARN."
  value = {
    name = aws_dynamodb_table.responses.name
    arn  = aws_dynamodb_table.responses.arn
  }
}

output "uploads" {
  description = "The uploads bucket: name and ARN. Nobody is told before it is versioned: an event without a version cannot be fenced."
  value = {
    name = aws_s3_bucket.this["uploads"].id
    arn  = aws_s3_bucket.this["uploads"].arn
  }
  depends_on = [aws_s3_bucket_versioning.this]
}

output "renditions" {
  description = "The renditions bucket: name and ARN."
  value = {
    name = aws_s3_bucket.this["renditions"].id
    arn  = aws_s3_bucket.this["renditions"].arn
  }
}

output "tls_only" {
  description = "Whether both buckets' policies refuse plain HTTP."
  value = alltrue([
    for policy in aws_s3_bucket_policy.this : contains(jsondecode(policy.policy).Statement[*].Sid, "RequireTls")
  ])
}

output "clean_up" {
  description = "Whether both buckets are cleaned up."
  value       = length(aws_s3_bucket_lifecycle_configuration.this) == length(aws_s3_bucket.this)
}
