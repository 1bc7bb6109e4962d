variable "name" {
  description = "Prefix of every name in the stack."
  type        = string
  default     = "responses-local"
}

variable "emulator_url" {
  description = "Where the AWS emulator listens, such as http://127.0.0.1:4566."
  type        = string

  validation {
    condition     = can(regex("^http://(127\\.0\\.0\\.1|localhost):[0-9]+$", var.emulator_url))
    error_message = "emulator_url must be on this machine, such as http://127.0.0.1:4566."
  }
}

variable "transcoder_url" {
  description = "Where our transcoder listens, such as http://127.0.0.1:4567."
  type        = string

  validation {
    condition     = can(regex("^http://(127\\.0\\.0\\.1|localhost):[0-9]+$", var.transcoder_url))
    error_message = "transcoder_url must be on this machine, such as http://127.0.0.1:4567."
  }
}

variable "functions_dir" {
  description = "Folder with api.zip, on_upload.zip, on_job.zip and reconcile.zip."
  type        = string
}

variable "architecture" {
  description = "This machine's processor: x86_64 or arm64."
  type        = string
}

variable "engine" {
  description = "Which engine our transcoder plays: elastic-transcoder or media-convert."
  type        = string
  default     = "elastic-transcoder"
}

variable "visibility_timeout_seconds" {
  description = "Seconds until a failed message comes back. Short, so that nobody waits minutes for a retry; the emulator allows less than a function's timeout, AWS does not."
  type        = number
  default     = 2

  validation {
    condition     = var.visibility_timeout_seconds >= 1 && var.visibility_timeout_seconds <= 43200 && floor(var.visibility_timeout_seconds) == var.visibility_timeout_seconds
    error_message = "visibility_timeout_seconds must be a whole number from 1 to 43200."
  }
}

variable "job_lease_seconds" {
  description = "Seconds that a claimed job may take to be started before another invocation may claim it again. More than the visibility timeout, so that a retry does find the lease standing."
  type        = number
  default     = 4

  validation {
    condition     = var.job_lease_seconds >= 1 && var.job_lease_seconds <= 3600 && floor(var.job_lease_seconds) == var.job_lease_seconds
    error_message = "job_lease_seconds must be a whole number from 1 to 3600."
  }
}

variable "log_level" {
  description = "Least level that the functions log, such as debug, or a filter such as info,aws=debug."
  type        = string
  default     = "info"
}
