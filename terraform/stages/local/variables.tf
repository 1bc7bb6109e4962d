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
