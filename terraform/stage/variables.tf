# What the stack is

variable "region" {
  description = "Region of the stage, such as eu-central-1."
  type        = string
}

variable "account_id" {
  description = "Account id of the stage. Terraform rejects credentials of any other account."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id must have 12 digits."
  }
}

variable "name" {
  description = "Prefix of the names of all resources; responses- and the stage by default. Another name makes another stack, such as a preview, which needs its own state: use make plan NAME=."
  type        = string
  default     = null
}

variable "packages" {
  description = "Zips api.zip, on_upload.zip, on_job.zip and reconcile.zip for arm64, in a folder or below a key prefix of a bucket of the same region (s3), and the SHA-256 of each in base64. make plan passes those of make package. A plan that only refreshes or destroys needs none."
  type = object({
    folder = optional(string)
    s3     = optional(object({ bucket = string, prefix = string }))
    sha256 = object({ api = string, on_upload = string, on_job = string, reconcile = string })
  })
  default = null

  validation {
    condition     = var.packages == null || try((var.packages.folder == null) != (var.packages.s3 == null), false)
    error_message = "packages must have either folder or s3."
  }

  validation {
    condition     = !can(regex("^/|/$", var.packages.s3.prefix))
    error_message = "packages.s3.prefix must not start or end with a slash: the key of a zip is prefix/api.zip."
  }
}

variable "deletion_protection" {
  description = "Whether a plan fails if it would delete or replace the table or a bucket. Set false only from the first apply on, in a stage that is thrown away. Later, \"Delete a stage\" in terraform/README.md describes how to lift the protection."
  type        = bool
  default     = true
  nullable    = false
}

# Table and buckets

variable "adopt" {
  description = <<-EOT
    Names of the Chalice project's table and uploads bucket, which Terraform imports with their content. uploads_bucket_has lists the
    settings that the bucket has already (cors, lifecycle, ownership-controls, policy, public-access-block): Terraform imports
    each, so that the plan shows what changes. docs/runbooks/adopt.md has the steps.
  EOT
  type = object({
    table              = optional(string)
    uploads_bucket     = optional(string)
    uploads_bucket_has = optional(set(string), ["ownership-controls", "public-access-block"])
  })
  default  = {}
  nullable = false

  validation {
    condition     = length(setsubtract(var.adopt.uploads_bucket_has, ["cors", "lifecycle", "ownership-controls", "policy", "public-access-block"])) == 0
    error_message = "adopt.uploads_bucket_has may contain cors, lifecycle, ownership-controls, policy and public-access-block. (Encryption, notification and versioning exist in every bucket and are always imported.)"
  }
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

  # At plan: the region of the table's ARN is known after the first apply.
  validation {
    condition     = var.domain == null || try(split(":", var.domain.certificate_arn)[3] == var.region, false)
    error_message = "domain.certificate_arn must be the ARN of a certificate in the stage's region, ${var.region}: API Gateway accepts no other for a regional domain. Request one there."
  }
}

# Transcoding and functions

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

variable "tags" {
  description = "Tags of every resource, besides service and stage, which Terraform sets."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setintersection(keys(var.tags), ["service", "stage"])) == 0
    error_message = "tags must not contain service or stage: every resource has these tags with the values of the stage. Choose other keys."
  }

  # AWS allows 50 tags of a resource.
  validation {
    condition     = length(var.tags) <= 48
    error_message = "tags must have at most 48 entries: AWS allows 50 for a resource, and service and stage are two of them."
  }

  validation {
    condition = alltrue([
      for key, value in var.tags : can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{1,128}$", key)) && can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{0,256}$", value)) && !startswith(lower(key), "aws:")
    ])
    error_message = "Each key of tags must have 1 to 128, and each value at most 256, letters, digits, spaces and _.:/=+-@. A key must not begin with aws:, which AWS reserves."
  }
}

# Alarms and costs

variable "alarm_emails" {
  description = "Email addresses that receive alarms. Each must confirm its subscription once."
  type        = set(string)
  default     = []
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
}

variable "budget" {
  description = "Budget of the stage: US dollars a month, and the email addresses to tell at 80 and 100 percent of it and when the forecast exceeds it. The provider's default_tags must set the tag `stage`, and it must be an active cost allocation tag."
  type        = object({ monthly_usd = number, emails = set(string) })
  default     = null
}
