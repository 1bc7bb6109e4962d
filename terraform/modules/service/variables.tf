# What the stack is

variable "stage" {
  description = "Stage: local, dev, staging or prod."
  type        = string

  validation {
    condition     = contains(["local", "dev", "staging", "prod"], var.stage)
    error_message = "stage must be local, dev, staging or prod."
  }
}

variable "name" {
  description = "Prefix of the names of all resources, such as responses-dev. It must be unique in the account."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}$", var.name))
    error_message = "name must have 2 to 39 characters of a-z, 0-9 and -, and start with a letter."
  }
}

variable "packages" {
  description = "Zip of each function, as a file (path) or as an object in a bucket of the same region (s3), and its SHA-256 in base64, by function: api, on_upload, on_job, reconcile."
  type        = map(object({ path = optional(string), s3 = optional(object({ bucket = string, key = string })), sha256 = string }))

  validation {
    condition     = length(setsubtract(["api", "on_upload", "on_job", "reconcile"], keys(var.packages))) == 0
    error_message = "packages must have a package for each of api, on_upload, on_job, reconcile."
  }
}

variable "deletion_protection" {
  description = "Whether a plan fails if it would delete or replace the table or a bucket. Set false only from the first apply on, in a stage that is thrown away. Later, \"Delete a stage\" in terraform/README.md describes how to lift the protection."
  type        = bool
  default     = true
  nullable    = false
}

# Table and buckets

variable "table_name" {
  description = "Name of the table; `name` by default. An adopted table keeps its own name."
  type        = string
  default     = null
}

variable "adopted_items" {
  description = "Whether the table contains items of the Chalice project. Only the index ByMail contains them."
  type        = bool
  default     = false
}

variable "uploads_bucket_name" {
  description = "Name of the uploads bucket; `<name>-uploads-<account>` by default. An adopted bucket keeps its own name."
  type        = string
  default     = null
}

variable "sources" {
  description = "What happens to uploaded sources: after after_days, S3 moves them to storage_class (GLACIER_IR, INTELLIGENT_TIERING or STANDARD_IA); after expire_after_days, it deletes them. By default, they stay in S3 Standard. Renditions are not affected."
  type = object({
    storage_class     = optional(string)
    after_days        = optional(number, 30)
    expire_after_days = optional(number)
  })
  default  = {}
  nullable = false
}

variable "cors_origins" {
  description = "Origins, such as https://app.example.org, whose pages may call the API, upload and play."
  type        = set(string)
  default     = []
}

variable "log_bucket" {
  description = "Name of an existing bucket for the access logs of both buckets, in the same account and region; null for no logs. The storage module's README has the policy that it needs."
  type        = string
  default     = null
}

# API

variable "jwt" {
  description = "Issuer and audiences of accepted tokens: the issuer's URL exactly as in the tokens' iss. The scopes are responses/read and responses/write."
  type = object({
    issuer   = string
    audience = set(string)
  })
}

variable "secret_version" {
  description = "Version of the secret that encrypts upload tokens and cursors. A higher number generates a new secret; tokens and cursors of the old one are then rejected."
  type        = number
  default     = 1
}

variable "open_uploads" {
  description = "Projects in which anyone may request an upload without a token."
  type        = set(string)
  default     = []
}

variable "upload" {
  description = "Limits of an upload: its size in bytes, and the validity of its presigned form or URLs in minutes (at most 60)."
  type = object({
    max_bytes = optional(number, 2147483648)
    minutes   = optional(number, 60)
  })
  default = {}
}

variable "playback_minutes" {
  description = "Validity of a playback URL in minutes (at most 60)."
  type        = number
  default     = 60
}

variable "throttle" {
  description = "Limits of each route: requests per second (rate), and the requests that may exceed it at once (burst). open_uploads: of each route on which anyone may request an upload. routes: of single routes, by their key, such as \"GET /responses\"; a limit of GET is also that of HEAD."
  type = object({
    rate         = optional(number, 100)
    burst        = optional(number, 200)
    open_uploads = optional(object({ rate = optional(number, 5), burst = optional(number, 50) }), {})
    routes       = optional(map(object({ rate = number, burst = number })), {})
  })
  default = {}
}

variable "domain" {
  description = "Domain name of the API, the ARN of its ACM certificate in the stage's region, and the id of the Route 53 zone in which Terraform creates the records. Without zone_id, point the domain to the output domain. API Gateway's own URL is then disabled."
  type = object({
    name            = string
    certificate_arn = string
    zone_id         = optional(string)
  })
  default = null
}

# Transcoding and functions

variable "engine" {
  description = "Engine that transcodes: media-convert or elastic-transcoder. AWS ended Elastic Transcoder on 2025-11-13, so only the local stage can use it."
  type        = string
  default     = "media-convert"

  validation {
    condition     = contains(["elastic-transcoder", "media-convert"], var.engine)
    error_message = "engine must be media-convert or elastic-transcoder."
  }

  validation {
    condition     = var.engine != "elastic-transcoder" || var.stage == "local"
    error_message = "engine can be elastic-transcoder in the local stage only, because AWS ended Elastic Transcoder on 2025-11-13: use media-convert."
  }
}

variable "max_seconds" {
  description = "Number of seconds of a recording that are transcoded. The rest is cut off, which limits the cost of a job."
  type        = number
  default     = 10800
}

variable "functions" {
  description = "Memory of each function in MiB, timeout in seconds, and the number of batches that a queue's mapping processes at the same time (concurrency). Lambda allocates CPU in proportion to memory. The timeout of api is fixed."
  type = object({
    api       = optional(object({ memory_mb = optional(number, 128) }), {})
    on_upload = optional(object({ memory_mb = optional(number, 128), timeout_seconds = optional(number, 30), concurrency = optional(number, 2) }), {})
    on_job    = optional(object({ memory_mb = optional(number, 128), timeout_seconds = optional(number, 30), concurrency = optional(number, 5) }), {})
    reconcile = optional(object({ memory_mb = optional(number, 128), timeout_seconds = optional(number, 60) }), {})
  })
  default = {}
}

variable "log_level" {
  description = "Minimum level of the functions' logs: error, warn, info, debug or trace, or a filter such as info,aws=debug."
  type        = string
  default     = "info"
}

variable "log_retention_days" {
  description = "Retention of all logs in days; by default 30, and 365 in the stage prod."
  type        = number
  default     = null
}

variable "tracing" {
  description = "Whether AWS X-Ray records a sample of the functions' invocations."
  type        = bool
  default     = false
}

# Encryption and roles

variable "kms_key_arn" {
  description = "ARN of the customer managed KMS key that encrypts the table, buckets, queues, logs, environment variables, secret and alarms. By default, keys of AWS do; docs/kms.md has the policy that the key needs. Another key needs a higher secret_version in the same apply."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[a-zA-Z0-9-]+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key, such as arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab, not an alias or an id: the roles' policies name it."
  }

  validation {
    condition     = var.kms_key_arn == null || var.engine == "media-convert"
    error_message = "kms_key_arn needs the engine media-convert: SNS and Elastic Transcoder have no permission to use the key."
  }
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds the permissions of every role that the modules create; null for none."
  type        = string
  default     = null
}

variable "role_path" {
  description = "IAM path of every role that the modules create. Another path replaces the roles."
  type        = string
  default     = "/"
}

# Alarms and costs

variable "alarm_emails" {
  description = "Email addresses that receive alarms. Each must confirm its subscription once."
  type        = set(string)
  default     = []

  # A stage in production with alarms that no one receives is not monitored.
  validation {
    condition     = var.stage != "prod" || length(var.alarm_emails) + length(var.alarm_topic_arns) > 0
    error_message = "prod needs a receiver of alarms: set alarm_emails, such as [\"operators@example.com\"], or alarm_topic_arns, the topics of a pager."
  }
}

variable "alarm_topic_arns" {
  description = "ARNs of existing SNS topics that alarms publish to as well, such as a pager's. They must be in the stage's region and allow CloudWatch to publish."
  type        = set(string)
  default     = []
}

variable "alarm_thresholds" {
  description = "Limits above which alarms go off: api_latency_ms, that the slowest hundredth of the API's requests may take; overdue_seconds, that a response may wait for reconcile; anonymous_requests, accepted upload requests without a token within 5 minutes; failed_percent, results within an hour that may fail for one reason."
  type = object({
    api_latency_ms     = optional(number, 5000)
    overdue_seconds    = optional(number, 900)
    anonymous_requests = optional(number, 600)
    failed_percent     = optional(number, 20)
  })
  default = {}
}

variable "runbook_url" {
  description = "URL at which operators read docs/runbooks, without a slash at its end. Every alarm links to a section of a page there. prod requires it."
  type        = string
  default     = "https://example.com/video-responses/docs/runbooks"

  validation {
    condition     = var.stage != "prod" || !startswith(var.runbook_url, "https://example.com/")
    error_message = "runbook_url must be set in prod: the https URL of docs/runbooks in your copy of this repository. The alarms link to its pages."
  }
}

variable "budget" {
  description = "Budget of the stage: US dollars a month, and the email addresses to tell at 80 and 100 percent of it and when the forecast exceeds it. The provider's default_tags must set the tag `stage`, and it must be an active cost allocation tag."
  type        = object({ monthly_usd = number, emails = set(string) })
  default     = null
}

# The only variable that makes a stage less strict. A stage other than local cannot set it.
variable "local" {
  description = <<-EOT
    Settings that only the local stage may change:
    allow_plain_http (the emulator does not support TLS), no_lifecycle_rules (the provider would wait a minute for them), architecture
    (the host's), visibility_timeout_seconds and job_lease_seconds (short waits), transcoder_user_arn (the IAM user of the local
    transcoder, which assumes the engine's role), event_source (the EventBridge source of the local transcoder's MediaConvert events),
    no_alarms (the emulator's answers about an alarm lack fields, so each plan would change it again).
  EOT
  type = object({
    allow_plain_http           = optional(bool, false)
    no_lifecycle_rules         = optional(bool, false)
    architecture               = optional(string, "arm64")
    visibility_timeout_seconds = optional(number)
    job_lease_seconds          = optional(number)
    transcoder_user_arn        = optional(string)
    event_source               = optional(string, "aws.mediaconvert")
    no_alarms                  = optional(bool, false)
  })
  default = null

  validation {
    condition     = var.local == null || var.stage == "local"
    error_message = "local must not be set in a stage other than local: TLS, timeouts, lifecycle rules, architecture, trust policies and alarms have fixed values there."
  }
}
