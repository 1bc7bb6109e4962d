variable "stage" {
  description = "Which stage this is: local, dev, staging or prod."
  type        = string

  validation {
    condition     = contains(["local", "dev", "staging", "prod"], var.stage)
    error_message = "stage must be local, dev, staging or prod."
  }
}

variable "name" {
  description = "Prefix of every name, such as responses-dev. Two services in one account need two."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}$", var.name))
    error_message = "name must be 2 to 39 of a-z, 0-9 and -, starting with a letter."
  }
}

variable "table_name" {
  description = "Name of the table, if it is another than `name`: an adopted table keeps its own."
  type        = string
  default     = null
}

variable "packages" {
  description = "The functions' zips, each with the base64 of its SHA-256 (filebase64sha256)."
  type = object({
    api       = object({ path = string, sha256 = string })
    on_upload = object({ path = string, sha256 = string })
    on_job    = object({ path = string, sha256 = string })
    reconcile = object({ path = string, sha256 = string })
  })
}

variable "jwt" {
  description = "Whose tokens are good: the issuer's URL and the audiences. Scopes are responses/read and responses/write."
  type = object({
    issuer   = string
    audience = set(string)
  })
}

variable "engine" {
  description = "Which engine transcodes. AWS ended Elastic Transcoder on 2025-11-13: only the local stage can still have it."
  type        = string
  default     = "media-convert"

  validation {
    condition     = contains(["elastic-transcoder", "media-convert"], var.engine)
    error_message = "engine must be media-convert or elastic-transcoder."
  }

  validation {
    condition     = var.engine != "elastic-transcoder" || var.stage == "local"
    error_message = "elastic-transcoder is for the local stage alone: AWS ended it on 2025-11-13."
  }
}

variable "open_uploads" {
  description = "Projects for which anyone may ask for an upload, without a token."
  type        = set(string)
  default     = []
}

variable "cors_origins" {
  description = "Origins whose pages may call the API, upload and play."
  type        = set(string)
  default     = []
}

variable "upload" {
  description = "Bounds of one upload: bytes, and minutes (at most 60) that its form or addresses are good for."
  type = object({
    max_bytes = optional(number, 2147483648)
    minutes   = optional(number, 60)
  })
  default = {}
}

variable "max_seconds" {
  description = "Seconds of a recording that are transcoded, which bounds what a job may cost; what comes after them is cut off."
  type        = number
  default     = 10800
}

variable "playback_minutes" {
  description = "Minutes (at most 60) that a playback URL is good for."
  type        = number
  default     = 60
}

variable "secret_version" {
  description = "Which secret upload tokens and cursors are signed with: a higher number makes a new one, and what was signed before is refused."
  type        = number
  default     = 1
}

variable "adopted_items" {
  description = "Whether the table holds items of the Chalice project, which are in no index but ByMail."
  type        = bool
  default     = false
}

variable "log_level" {
  description = "Least level that the functions log: error, warn, info, debug or trace."
  type        = string
  default     = "info"
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 30
}

variable "alarm_emails" {
  description = "Email addresses that are told of alarms; each has to confirm it once."
  type        = set(string)
  default     = []
}

# The one place where a stage can be loosened.
variable "local" {
  description = <<-EOT
    What only the local stage may have:
    plain_http (the emulator speaks no TLS), keep_everything (no clean-up rules: the provider waits a minute for them), architecture (the
    host's), visibility_timeout_seconds and job_lease_seconds (short waits), transcoder_arn (the IAM user of our own transcoder, which
    assumes the engine's role), event_source (in whose name that transcoder tells of MediaConvert's jobs), no_alarms (what the emulator
    answers of an alarm lacks fields, so that each plan would change it again).
  EOT
  type = object({
    plain_http                 = optional(bool, false)
    keep_everything            = optional(bool, false)
    architecture               = optional(string, "arm64")
    visibility_timeout_seconds = optional(number)
    job_lease_seconds          = optional(number, 60)
    transcoder_arn             = optional(string)
    event_source               = optional(string, "aws.mediaconvert")
    no_alarms                  = optional(bool, false)
  })
  default = null

  validation {
    condition     = var.local == null || var.stage == "local"
    error_message = "local is for the local stage alone: no other stage may loosen TLS, waiting times, clean-up, architecture, trust or alarms."
  }
}
