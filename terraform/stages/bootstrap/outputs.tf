output "bucket" {
  description = "Name of the state bucket. terraform/deploy writes it to the stage's backend.hcl."
  value       = aws_s3_bucket.state.id
}
