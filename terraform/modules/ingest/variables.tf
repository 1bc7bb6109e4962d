variable "name" {
  description = "Prefix of the names of the queues and functions."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,49}$", var.name))
    error_message = "name must have 2 to 50 characters of a-z, 0-9 and -, and start with a letter."
  }
}

variable "packages" {
  description = "Zip of each function, as a file (path) or as an object in a bucket of the same region (s3), and its SHA-256 in base64, by function: on_upload, on_job, reconcile."
  type        = map(object({ path = optional(string), s3 = optional(object({ bucket = string, key = string })), sha256 = string }))

  validation {
    condition     = length(setsubtract(["on_upload", "on_job", "reconcile"], keys(var.packages))) == 0
    error_message = "packages must have a package for each of on_upload, on_job, reconcile."
  }
}

variable "architecture" {
  description = "Instruction set architecture of the packages: arm64 or x86_64."
  type        = string
  default     = "arm64"
}

variable "table" {
  description = "Name and ARN of the responses table."
  type        = object({ name = string, arn = string })
}

variable "uploads" {
  description = "Name and ARN of the uploads bucket."
  type        = object({ name = string, arn = string })
}

variable "renditions" {
  description = "Name and ARN of the renditions bucket."
  type        = object({ name = string, arn = string })
}

variable "engine_name" {
  description = "Engine that transcodes: elastic-transcoder or media-convert."
  type        = string

  validation {
    condition     = contains(["elastic-transcoder", "media-convert"], var.engine_name)
    error_message = "engine_name must be elastic-transcoder or media-convert."
  }
}

variable "engine" {
  description = "Output `engine` of the engine's module."
  type = object({
    # Environment variables of the functions.
    environment = map(string)

    # Statements of on_upload and reconcile, to start jobs.
    start_statements = list(object({ sid = string, actions = list(string), resources = list(string), condition = optional(map(map(string))) }))

    # Statements of reconcile, to read the state of jobs and cancel them.
    read_statements = list(object({ sid = string, actions = list(string), resources = list(string), condition = optional(map(map(string))) }))

    # Statements of on_job, to cancel jobs that exceed max_seconds.
    cancel_statements = list(object({ sid = string, actions = list(string), resources = list(string), condition = optional(map(map(string))) }))

    # The service that sends job events, and the ARN of its SNS topic or EventBridge rule.
    job_events = object({ service = string, source_arn = string })
  })
}

variable "visibility_timeout_seconds" {
  description = "Visibility timeout of the queues in seconds; by default six times the functions' timeout. Only the local stage sets less."
  type        = number
  default     = null

  validation {
    condition     = var.visibility_timeout_seconds == null || try(var.visibility_timeout_seconds >= 1 && var.visibility_timeout_seconds <= 43200, false)
    error_message = "visibility_timeout_seconds must be from 1 to 43200 (12 hours)."
  }
}

variable "job_lease_seconds" {
  description = "Lease of a job claim in seconds; by default twice the timeout of on_upload. After it, another invocation may claim a job that was not started. Only the local stage sets less."
  type        = number
  default     = null

  validation {
    condition     = var.job_lease_seconds == null || try(var.job_lease_seconds >= 1 && var.job_lease_seconds <= 3600 && floor(var.job_lease_seconds) == var.job_lease_seconds, false)
    error_message = "job_lease_seconds must be a whole number from 1 to 3600."
  }

  # The local stage sets both values: there, redeliveries during the lease are intended.
  validation {
    condition     = var.job_lease_seconds == null || var.visibility_timeout_seconds != null || try(var.job_lease_seconds < local.visibility_timeout_seconds.uploads, false)
    error_message = "job_lease_seconds must be less than the visibility timeout of the queue uploads. Otherwise, redeliveries after a crash use up a message's receives while the lease is still valid."
  }
}

variable "max_seconds" {
  description = "Number of seconds of a recording that are transcoded. The rest is cut off, which limits the cost of a job."
  type        = number
  default     = 10800

  # Elastic Transcoder limits a clip to less than 24 hours.
  validation {
    condition     = var.max_seconds >= 1 && var.max_seconds <= 86399 && floor(var.max_seconds) == var.max_seconds
    error_message = "max_seconds must be a whole number from 1 to 86399 (one second less than a day)."
  }
}

variable "log_level" {
  description = "Minimum level of the functions' logs: error, warn, info, debug or trace, or a filter such as info,aws=debug."
  type        = string
  default     = "info"

  validation {
    condition     = can(regex("^(error|warn|info|debug|trace)(,[a-z0-9_:]+=(off|error|warn|info|debug|trace))*$", var.log_level))
    error_message = "log_level must be error, warn, info, debug or trace, or a filter such as info,aws=debug: a level, then exceptions for modules."
  }
}

variable "log_retention_days" {
  description = "Retention of the functions' logs in days."
  type        = number
  default     = 30
}

variable "tls_only" {
  description = "Whether the queues deny plain HTTP. Only the local stage sets false: its emulator supports no TLS."
  type        = bool
  default     = true
}

variable "kms_key_arn" {
  description = "ARN of the customer managed KMS key that encrypts the queues, and the logs and environment variables of the functions. By default, SQS managed keys and AWS owned keys do."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[a-zA-Z0-9-]+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key, such as arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab, not an alias or an id: the roles' policies name it."
  }
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds the permissions of the functions' roles; null for none."
  type        = string
  default     = null
}

variable "role_path" {
  description = "IAM path of the functions' roles. Another path replaces the roles."
  type        = string
  default     = "/"
}

variable "functions" {
  description = "Memory of each function in MiB, timeout in seconds, and the number of batches that a mapping processes at the same time (concurrency). The README's table \"How the numbers fit\" says what depends on them."
  type = object({
    on_upload = optional(object({ memory_mb = optional(number, 128), timeout_seconds = optional(number, 30), concurrency = optional(number, 2) }), {})
    on_job    = optional(object({ memory_mb = optional(number, 128), timeout_seconds = optional(number, 30), concurrency = optional(number, 5) }), {})
    reconcile = optional(object({ memory_mb = optional(number, 128), timeout_seconds = optional(number, 60) }), {})
  })
  default = {}

  validation {
    condition     = alltrue([for function in var.functions : function.memory_mb >= 128 && function.memory_mb <= 10240 && floor(function.memory_mb) == function.memory_mb])
    error_message = "Each memory_mb in functions must be a whole number from 128 to 10240."
  }

  # A message that calls MediaConvert's Probe (10 seconds) and CreateJob (16) needs almost 30. The lease is twice the timeout.
  validation {
    condition = alltrue([
      for function in [var.functions.on_upload, var.functions.on_job] :
      function.timeout_seconds >= 30 && function.timeout_seconds <= 900 && floor(function.timeout_seconds) == function.timeout_seconds
    ])
    error_message = "functions.on_upload.timeout_seconds and functions.on_job.timeout_seconds must be whole numbers from 30, which the engine's calls of one message need, to 900, Lambda's maximum."
  }

  # The schedule invokes reconcile every minute. A run starts no new work in its last 17 seconds.
  validation {
    condition     = var.functions.reconcile.timeout_seconds >= 30 && var.functions.reconcile.timeout_seconds <= 60 && floor(var.functions.reconcile.timeout_seconds) == var.functions.reconcile.timeout_seconds
    error_message = "functions.reconcile.timeout_seconds must be a whole number from 30 to 60: a run starts no new work in its last 17 seconds, and a longer one would overlap with the run of the next minute and exceed the engine's rate."
  }

  validation {
    condition = alltrue([
      for function in [var.functions.on_upload, var.functions.on_job] :
      function.concurrency >= 2 && function.concurrency <= 1000 && floor(function.concurrency) == function.concurrency
    ])
    error_message = "functions.on_upload.concurrency and functions.on_job.concurrency must be whole numbers from 2 to 1000, the limits of an event source mapping."
  }
}

variable "tracing" {
  description = "Whether AWS X-Ray records a sample of the functions' invocations."
  type        = bool
  default     = false
}

variable "release" {
  description = "Release of the service, from the content of all functions: a new one publishes a version of each function."
  type        = string
}
