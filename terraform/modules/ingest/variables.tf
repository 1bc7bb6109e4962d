variable "name" {
  description = "Prefix of the queues' and functions' names."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,49}$", var.name))
    error_message = "name must be 2 to 50 of a-z, 0-9 and -, starting with a letter."
  }
}

variable "packages" {
  description = "The zips of on_upload, on_job and reconcile, each with the base64 of its SHA-256."
  type = object({
    on_upload = object({ path = string, sha256 = string })
    on_job    = object({ path = string, sha256 = string })
    reconcile = object({ path = string, sha256 = string })
  })
}

variable "architecture" {
  description = "Processor that the packages were built for."
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

variable "engine_name" {
  description = "Which engine transcodes: elastic-transcoder or media-convert."
  type        = string

  validation {
    condition     = contains(["elastic-transcoder", "media-convert"], var.engine_name)
    error_message = "engine_name must be elastic-transcoder or media-convert."
  }
}

variable "engine" {
  description = "The engine's module's output of this name: the functions' settings, what starting a job, asking after it and ending one that is too long takes, and who tells of jobs."
  type = object({
    environment = map(string)
    start       = list(object({ sid = string, actions = list(string), resources = list(string), condition = optional(map(map(string))) }))
    look        = list(object({ sid = string, actions = list(string), resources = list(string), condition = optional(map(map(string))) }))
    cancel      = list(object({ sid = string, actions = list(string), resources = list(string), condition = optional(map(map(string))) }))
    news        = object({ service = string, source_arn = string })
  })
}

variable "visibility_timeout_seconds" {
  description = "Seconds until a failed message comes back; by default six times the functions' timeout. Only the local stage waits less."
  type        = number
  default     = null

  validation {
    condition     = var.visibility_timeout_seconds == null || try(var.visibility_timeout_seconds >= 1 && var.visibility_timeout_seconds <= 43200, false)
    error_message = "visibility_timeout_seconds must be from 1 to 43200."
  }
}

variable "job_lease_seconds" {
  description = "Seconds that a claimed job may take to be started before another invocation may claim it again."
  type        = number
  default     = 60

  validation {
    condition     = var.job_lease_seconds >= 1 && var.job_lease_seconds <= 3600 && floor(var.job_lease_seconds) == var.job_lease_seconds
    error_message = "job_lease_seconds must be a whole number from 1 to 3600."
  }

  # Whoever sets the visibility timeout too may want a redelivery to find the lease standing: the local stage does.
  validation {
    condition     = var.visibility_timeout_seconds != null || var.job_lease_seconds < local.visibility_timeout_seconds
    error_message = "job_lease_seconds must be less than the messages' visibility timeout: after a crash each redelivery that finds the lease standing is one of a message's few receives."
  }
}

variable "max_seconds" {
  description = "Seconds of a recording that are transcoded, which bounds what a job may cost; what comes after them is cut off."
  type        = number
  default     = 10800

  # Elastic Transcoder's clips end before 24 hours.
  validation {
    condition     = var.max_seconds >= 1 && var.max_seconds <= 86399 && floor(var.max_seconds) == var.max_seconds
    error_message = "max_seconds must be a whole number from 1 to 86399."
  }
}

variable "log_level" {
  description = "Least level that the functions log: error, warn, info, debug or trace."
  type        = string
  default     = "info"

  validation {
    condition     = contains(["error", "warn", "info", "debug", "trace"], var.log_level)
    error_message = "log_level must be error, warn, info, debug or trace."
  }
}

variable "log_retention_days" {
  description = "Days that the functions' logs are kept."
  type        = number
  default     = 30
}
