variable "name" {
  description = "Prefix of the names of all resources."
  type        = string
  default     = "responses-local"
}

variable "emulator_url" {
  description = "URL of the AWS emulator, such as http://127.0.0.1:4566."
  type        = string

  validation {
    condition     = can(regex("^http://(127\\.0\\.0\\.1|localhost):[0-9]+$", var.emulator_url))
    error_message = "emulator_url must be an http URL of this machine with a port, such as http://127.0.0.1:4566."
  }
}

variable "transcoder_url" {
  description = "URL of the local transcoder, such as http://127.0.0.1:4567."
  type        = string

  validation {
    condition     = can(regex("^http://(127\\.0\\.0\\.1|localhost):[0-9]+$", var.transcoder_url))
    error_message = "transcoder_url must be an http URL of this machine with a port, such as http://127.0.0.1:4567."
  }
}

variable "functions_dir" {
  description = "Folder that contains api.zip, on_upload.zip, on_job.zip and reconcile.zip."
  type        = string
}

variable "architecture" {
  description = "Instruction set architecture of this machine: x86_64 or arm64."
  type        = string
}

variable "engine" {
  description = "Engine whose API the local transcoder serves: elastic-transcoder or media-convert."
  type        = string
  default     = "elastic-transcoder"
}

variable "visibility_timeout_seconds" {
  description = "Visibility timeout of the queues in seconds. It is short, so that a retry does not take minutes. Unlike AWS, the emulator accepts less than the function's timeout."
  type        = number
  default     = 2

  validation {
    condition     = var.visibility_timeout_seconds >= 1 && var.visibility_timeout_seconds <= 43200 && floor(var.visibility_timeout_seconds) == var.visibility_timeout_seconds
    error_message = "visibility_timeout_seconds must be a whole number from 1 to 43200 (12 hours)."
  }
}

variable "job_lease_seconds" {
  description = "Lease of a job claim in seconds. After it, another invocation may claim a job that was not started. It exceeds the visibility timeout, so that the lease is still valid at a retry."
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
