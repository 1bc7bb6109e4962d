variable "name" {
  description = "Name of the pipeline, and prefix of its role and topic."
  type        = string

  validation {
    # The service allows a pipeline's name 40 characters.
    condition     = can(regex("^[a-z][a-z0-9-]{1,39}$", var.name))
    error_message = "name must be 2 to 40 of a-z, 0-9 and -, starting with a letter."
  }
}

variable "uploads" {
  description = "The bucket that jobs read: name and ARN."
  type        = object({ name = string, arn = string })
}

variable "renditions" {
  description = "The bucket that jobs write under output/: name and ARN."
  type        = object({ name = string, arn = string })

  validation {
    condition     = var.renditions.name != var.uploads.name
    error_message = "renditions must be another bucket than uploads: a rendition would be taken for an upload."
  }
}

variable "preset_id" {
  description = "Preset of the web rendition; by default the system's \"Web\"."
  type        = string
  default     = "1351620000001-100070"

  validation {
    condition     = can(regex("^[0-9]{13}-[a-z0-9]{6}$", var.preset_id))
    error_message = "preset_id must look like 1351620000001-100070."
  }
}

variable "trusted_principals" {
  description = "ARNs that may assume the pipeline's role beside the service itself. Only the local stage, whose transcoder is a program of ours, has one."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.trusted_principals : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:(user|role)/.+$", arn))])
    error_message = "trusted_principals must be ARNs of IAM users or roles, not accounts or wildcards."
  }
}
