variable "name" {
  description = "Name of the queue, and prefix of the names of its role and rule."
  type        = string

  validation {
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

variable "max_seconds" {
  description = "Limit of a job in seconds of the recording. The rule matches the progress of jobs that have decoded more than 60 frames for each of them."
  type        = number

  validation {
    condition     = var.max_seconds >= 1 && var.max_seconds <= 86399 && floor(var.max_seconds) == var.max_seconds
    error_message = "max_seconds must be a whole number from 1 to 86399 (one second less than a day)."
  }
}

variable "event_source" {
  description = "EventBridge source of job events. Only the local stage sets another, for the local transcoder: EventBridge accepts a source that begins with aws. from AWS services only."
  type        = string
  default     = "aws.mediaconvert"

  validation {
    condition     = contains(["aws.mediaconvert", "local.mediaconvert"], var.event_source)
    error_message = "event_source must be aws.mediaconvert, or local.mediaconvert in the local stage."
  }
}

variable "trusted_principals" {
  description = "ARNs of IAM users or roles that may assume the jobs' role, besides the service. Only the local stage sets one: the user of the local transcoder."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.trusted_principals : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:(user|role)/.+$", arn))])
    error_message = "Each entry of trusted_principals must be the ARN of an IAM user or role, not of an account, and without wildcards."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer managed KMS key that encrypts the objects of both buckets. By default, the jobs use no key of their own."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[a-zA-Z0-9-]+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key, such as arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab, not an alias or an id: the roles' policies name it."
  }
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds the permissions of the jobs' role; null for none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null || can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/[^*?\\s]+$", var.permissions_boundary))
    error_message = "permissions_boundary must be the ARN of an IAM policy, such as arn:aws:iam::123456789012:policy/boundary. A policy's name is not enough."
  }
}

variable "role_path" {
  description = "IAM path of the jobs' role. Another path replaces the role."
  type        = string
  default     = "/"

  validation {
    # IAM allows 512 characters.
    condition     = can(regex("^/([A-Za-z0-9_.,+=@-]+/)*$", var.role_path)) && length(var.role_path) <= 512
    error_message = "role_path must be / or begin and end with /, such as /services/responses/, with at most 512 letters, digits and _.,+=@-."
  }
}
