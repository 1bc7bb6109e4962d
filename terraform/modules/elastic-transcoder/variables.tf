variable "name" {
  description = "Name of the pipeline, and prefix of the names of its role and topic."
  type        = string

  validation {
    # Elastic Transcoder allows 40 characters for a pipeline's name.
    condition     = can(regex("^[a-z][a-z0-9-]{1,39}$", var.name))
    error_message = "name must have 2 to 40 characters of a-z, 0-9 and -, and start with a letter."
  }
}

variable "uploads" {
  description = "Name and ARN of the bucket that jobs read."
  type        = object({ name = string, arn = string })
}

variable "renditions" {
  description = "Name and ARN of the bucket that jobs write to, under output/."
  type        = object({ name = string, arn = string })

  validation {
    condition     = var.renditions.name != var.uploads.name
    error_message = "renditions and uploads must be different buckets: a rendition in the uploads bucket would be processed as an upload."
  }
}

variable "preset_id" {
  description = "Id of the preset of the web rendition. The default is the system preset \"Web\"."
  type        = string
  default     = "1351620000001-100070"

  validation {
    condition     = can(regex("^[0-9]{13}-[a-z0-9]{6}$", var.preset_id))
    error_message = "preset_id must be a preset's id, such as 1351620000001-100070."
  }
}

variable "trusted_principals" {
  description = "ARNs of IAM users or roles that may assume the pipeline's role, besides the service. Only the local stage sets one: the user of the local transcoder."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.trusted_principals : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:(user|role)/.+$", arn))])
    error_message = "Each entry of trusted_principals must be the ARN of an IAM user or role, not of an account, and without wildcards."
  }
}

variable "tls_only" {
  description = "Whether the topic denies plain HTTP. Only the local stage sets false: its emulator supports no TLS."
  type        = bool
  default     = true
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds the permissions of the pipeline's role; null for none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null || can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/[^*?\\s]+$", var.permissions_boundary))
    error_message = "permissions_boundary must be the ARN of an IAM policy, such as arn:aws:iam::123456789012:policy/boundary. A policy's name is not enough."
  }
}

variable "role_path" {
  description = "IAM path of the pipeline's role. Another path replaces the role."
  type        = string
  default     = "/"

  validation {
    # IAM allows 512 characters.
    condition     = can(regex("^/([A-Za-z0-9_.,+=@-]+/)*$", var.role_path)) && length(var.role_path) <= 512
    error_message = "role_path must be / or begin and end with /, such as /services/responses/, with at most 512 letters, digits and _.,+=@-."
  }
}
