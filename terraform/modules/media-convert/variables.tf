variable "name" {
  description = "Name of the queue, and prefix of its role and rule."
  type        = string

  validation {
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

variable "max_seconds" {
  description = "Seconds of a recording that a job may make. The rule passes on the progress of jobs that decode more than 60 frames for each."
  type        = number

  validation {
    condition     = var.max_seconds >= 1 && var.max_seconds <= 86399 && floor(var.max_seconds) == var.max_seconds
    error_message = "max_seconds must be a whole number from 1 to 86399."
  }
}

variable "event_source" {
  description = "Who tells of jobs. Only the local stage, whose transcoder is a program of ours, has another than the service: nobody else may send events whose source begins with aws."
  type        = string
  default     = "aws.mediaconvert"

  validation {
    condition     = contains(["aws.mediaconvert", "local.mediaconvert"], var.event_source)
    error_message = "event_source must be aws.mediaconvert, or local.mediaconvert on the local stage."
  }
}

variable "trusted_principals" {
  description = "ARNs that may assume the jobs' role beside the service itself. Only the local stage, whose transcoder is a program of ours, has one."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.trusted_principals : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:(user|role)/.+$", arn))])
    error_message = "trusted_principals must be ARNs of IAM users or roles, not accounts or wildcards."
  }
}
