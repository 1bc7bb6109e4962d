variable "region" {
  description = "Region of the resources, such as eu-central-1."
  type        = string
}

variable "account_id" {
  description = "Account id. Terraform rejects credentials of any other account."
  type        = string
}

variable "jwt" {
  description = "Issuer and audiences of accepted tokens: the issuer's URL exactly as in the tokens' iss."
  type        = object({ issuer = string, audience = set(string) })
}

variable "packages_dir" {
  description = "Folder that contains api.zip, on_upload.zip, on_job.zip and reconcile.zip, built for arm64."
  type        = string
}

variable "deletion_protection" {
  description = "Whether a plan fails if it would delete or replace the table or a bucket. False only for what is thrown away, such as a test."
  type        = bool
  default     = true
}
