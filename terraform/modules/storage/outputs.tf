output "table" {
  description = "Name and ARN of the responses table."
  value = {
    name = aws_dynamodb_table.responses.name
    arn  = aws_dynamodb_table.responses.arn
  }
}

output "uploads" {
  description = "Name and ARN of the uploads bucket, available after versioning is enabled: without a version id, an event does not identify one version of an object."
  value = {
    name = aws_s3_bucket.this["uploads"].id
    arn  = aws_s3_bucket.this["uploads"].arn
  }
  depends_on = [aws_s3_bucket_versioning.this]
}

output "renditions" {
  description = "Name and ARN of the renditions bucket."
  value = {
    name = aws_s3_bucket.this["renditions"].id
    arn  = aws_s3_bucket.this["renditions"].arn
  }
}

output "bucket_names" {
  description = "Name of each bucket, known before it exists."
  value       = { for purpose, bucket in aws_s3_bucket.this : purpose => bucket.bucket }
}

output "tls_only" {
  description = "Whether the policies of both buckets deny plain HTTP."
  value = alltrue([
    for policy in aws_s3_bucket_policy.this : contains(jsondecode(policy.policy).Statement[*].Sid, "RequireTls")
  ])
}

output "lifecycle_rules" {
  description = "Whether both buckets have lifecycle rules."
  value       = length(aws_s3_bucket_lifecycle_configuration.this) == length(aws_s3_bucket.this)
}

output "sources" {
  description = "What the uploads bucket's lifecycle does to sources: the days after which S3 moves them and the storage class, and the days after which it deletes them. Null if they stay in S3 Standard."
  value = one(flatten([for lifecycle in aws_s3_bucket_lifecycle_configuration.this : [
    for rule in lifecycle.rule : {
      moved   = [for transition in rule.transition : { days = transition.days, storage_class = transition.storage_class }]
      deleted = [for expiration in rule.expiration : expiration.days]
    } if rule.id == "sources"
  ]]))
}

output "cors_origins" {
  description = "Origins whose pages may use both buckets: the same for each."
  value       = toset(flatten([for cors in aws_s3_bucket_cors_configuration.this : [for rule in cors.cors_rule : rule.allowed_origins]]))
}

output "kms_keys" {
  description = "Key of the table and of each bucket; without kms_key_arn, a key of AWS or null."
  value = merge(
    { table = one(aws_dynamodb_table.responses.server_side_encryption).kms_key_arn },
    { for purpose, encryption in aws_s3_bucket_server_side_encryption_configuration.this : purpose => one(one(encryption.rule).apply_server_side_encryption_by_default).kms_master_key_id },
  )
}

output "access_logs" {
  description = "Bucket and prefix of the access logs of each bucket; empty without log_bucket."
  value       = { for purpose, logging in aws_s3_bucket_logging.this : purpose => { bucket = logging.target_bucket, prefix = logging.target_prefix } }
}
