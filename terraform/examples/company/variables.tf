variable "package_version" {
  description = "Version of the packages, which is a part of their keys in the bucket of releases."
  type        = string
}

variable "package_hashes" {
  description = "SHA-256 of each function's zip in base64, by function: api, on_upload, on_job, reconcile."
  type        = map(string)
}

variable "deletion_protection" {
  description = "Whether a plan fails if it would delete or replace the table or a bucket. False only for what is thrown away, such as a test."
  type        = bool
  default     = true
}
