variable "name" {
  description = "Name of the HTTP API and prefix of its function's name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,49}$", var.name))
    error_message = "name must be 2 to 50 of a-z, 0-9 and -, starting with a letter."
  }
}

variable "package" {
  description = "The api function's zip and the base64 of its SHA-256."
  type        = object({ path = string, sha256 = string })
}

variable "architecture" {
  description = "Processor that the package was built for."
  type        = string
  default     = "arm64"
}

variable "table" {
  description = "The responses table: name and ARN."
  type        = object({ name = string, arn = string })
}

variable "uploads" {
  description = "The uploads bucket: name and ARN."
  type        = object({ name = string, arn = string })
}

variable "renditions" {
  description = "The renditions bucket: name and ARN."
  type        = object({ name = string, arn = string })
}

variable "jwt" {
  description = "Whose tokens are good: the issuer's URL, as it stands in the tokens, and the audiences (for Cognito the clients' ids)."
  type = object({
    issuer   = string
    audience = set(string)
  })

  validation {
    condition     = can(regex("^https://[^/?#]+(/[^?#]*)?$", var.jwt.issuer))
    error_message = "jwt.issuer must be an https URL without query, exactly as in the tokens' iss."
  }

  validation {
    condition     = length(var.jwt.audience) > 0
    error_message = "jwt.audience must name at least one audience: with none, every token of the issuer would do."
  }
}

variable "open_uploads" {
  description = "Projects for which anyone may ask for an upload, without a token."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for project in var.open_uploads : can(regex("^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$", project))])
    error_message = "open_uploads must be projects: 1 to 64 of letters, digits, _, . and -, starting with a letter or a digit."
  }
}

variable "upload" {
  description = "Bounds of one upload: its size in bytes (at most 5 TiB, S3's largest object) and the minutes that its form or addresses are good for: at most 60, since a signed form or URL ends with the session of the role that signed it, whatever its own expiry."
  type = object({
    max_bytes = optional(number, 2147483648)
    minutes   = optional(number, 60)
  })
  default = {}

  validation {
    condition     = var.upload.max_bytes >= 1 && var.upload.max_bytes <= 5497558138880 && floor(var.upload.max_bytes) == var.upload.max_bytes
    error_message = "upload.max_bytes must be a whole number from 1 to 5497558138880 (5 TiB)."
  }

  validation {
    condition     = var.upload.minutes >= 1 && var.upload.minutes <= 60 && floor(var.upload.minutes) == var.upload.minutes
    error_message = "upload.minutes must be a whole number from 1 to 60: a form ends with the session of the role that signed it."
  }
}

variable "playback_minutes" {
  description = "Minutes that a playback URL is good for: at most 60, since a signed URL ends with the session of the role that signed it, whatever its own expiry."
  type        = number
  default     = 60

  validation {
    condition     = var.playback_minutes >= 1 && var.playback_minutes <= 60 && floor(var.playback_minutes) == var.playback_minutes
    error_message = "playback_minutes must be a whole number from 1 to 60: a URL ends with the session of the role that signed it."
  }
}

variable "secret_version" {
  description = "Which secret upload tokens and cursors are signed with: a higher number makes a new one, and what was signed before is refused."
  type        = number
  default     = 1

  validation {
    condition     = var.secret_version >= 1 && floor(var.secret_version) == var.secret_version
    error_message = "secret_version must be a whole number from 1 on."
  }
}

variable "adopted_items" {
  description = "Whether the table holds items of the Chalice project, which are in no index but ByMail."
  type        = bool
  default     = false
}

variable "cors_origins" {
  description = "Origins (https://app.example.org) whose pages may call the API; none, if empty."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for origin in var.cors_origins : can(regex("^https?://[A-Za-z0-9.-]+(:[0-9]+)?$", origin))])
    error_message = "cors_origins must be whole origins such as https://app.example.org: no path, no wildcard."
  }
}

variable "throttle" {
  description = "Requests a second that each route takes, and how many at once above that."
  type = object({
    rate  = optional(number, 100)
    burst = optional(number, 200)
  })
  default = {}

  validation {
    condition     = var.throttle.rate > 0 && var.throttle.burst > 0
    error_message = "throttle's rate and burst must be above 0: with 0 the API answers nobody."
  }
}

variable "log_level" {
  description = "Least level that the function logs: error, warn, info, debug or trace."
  type        = string
  default     = "info"

  validation {
    condition     = contains(["error", "warn", "info", "debug", "trace"], var.log_level)
    error_message = "log_level must be error, warn, info, debug or trace."
  }
}

variable "log_retention_days" {
  description = "Days that access logs and the function's logs are kept."
  type        = number
  default     = 30
}
