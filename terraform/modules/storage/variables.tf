variable "name" {
  description = "Prefix of the bucket names, and name of the table unless table_name is set."
  type        = string

  validation {
    # S3 allows 63 characters for a bucket name, which ends in -renditions-<12 digits>.
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}$", var.name))
    error_message = "name must have 2 to 39 characters of a-z, 0-9 and -, and start with a letter."
  }

  validation {
    condition     = !can(regex("^(xn--|sthree-|amzn-s3-demo-)", var.name))
    error_message = "name must not start with xn--, sthree- or amzn-s3-demo-, which S3 reserves in names of buckets: choose another prefix, such as responses-dev."
  }
}

variable "table_name" {
  description = "Name of the table; `name` by default. An adopted table keeps its own name."
  type        = string
  default     = null

  validation {
    condition     = var.table_name == null || can(regex("^[A-Za-z0-9_.-]{3,255}$", var.table_name))
    error_message = "table_name must have 3 to 255 characters: letters, digits, _, . and -."
  }
}

variable "uploads_bucket_name" {
  description = "Name of the uploads bucket; `<name>-uploads-<account>` by default. An adopted bucket keeps its own name."
  type        = string
  default     = null

  validation {
    condition     = var.uploads_bucket_name == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.uploads_bucket_name))
    error_message = "uploads_bucket_name must have 3 to 63 characters: lower-case letters, digits, . and -."
  }
}

variable "cors_origins" {
  description = "Origins, such as https://app.example.org, whose pages may upload and play. Without any, no page may."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for origin in var.cors_origins : can(regex("^https?://[A-Za-z0-9.-]+(:[0-9]+)?$", origin))])
    error_message = "Each entry of cors_origins must be an origin such as https://app.example.org, without a path or a wildcard."
  }
}

variable "tls_only" {
  description = "Whether the buckets deny plain HTTP. Only the local stage sets false: its emulator supports no TLS."
  type        = bool
  default     = true
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

  validation {
    condition     = var.sources.storage_class == null || contains(["GLACIER_IR", "INTELLIGENT_TIERING", "STANDARD_IA"], coalesce(var.sources.storage_class, "-"))
    error_message = "sources.storage_class must be GLACIER_IR, INTELLIGENT_TIERING or STANDARD_IA. The engine cannot read a source in GLACIER or DEEP_ARCHIVE, and ONEZONE_IA does not survive the loss of a data center."
  }

  validation {
    condition     = floor(var.sources.after_days) == var.sources.after_days && var.sources.after_days >= (var.sources.storage_class == "STANDARD_IA" ? 30 : 1)
    error_message = "sources.after_days must be a whole number of at least 1; for STANDARD_IA at least 30, because S3 refuses less."
  }

  # A queue keeps an upload event for 14 days, and a job that the engine refuses is retried for a day.
  validation {
    condition     = var.sources.expire_after_days == null || try(floor(var.sources.expire_after_days) == var.sources.expire_after_days && var.sources.expire_after_days >= 30, false)
    error_message = "sources.expire_after_days must be a whole number of at least 30: a job may still need the source of an upload whose event waited in a queue, or that an owner retries."
  }

  validation {
    condition     = var.sources.storage_class == null || var.sources.expire_after_days == null || try(var.sources.expire_after_days - var.sources.after_days >= (var.sources.storage_class == "GLACIER_IR" ? 60 : 1), false)
    error_message = "sources.expire_after_days must exceed sources.after_days; for GLACIER_IR by at least 60. S3 bills at least 90 days of GLACIER_IR, and keeps an expired source for 30 more days as a noncurrent version. For less, expire sources without a storage_class."
  }

  validation {
    condition     = var.sources.expire_after_days == null || var.uploads_bucket_name == null
    error_message = "sources.expire_after_days must not be set for an adopted bucket: S3 would delete everything in it that is older, also files of other programs. Use a storage_class, or delete the files yourself."
  }
}

variable "lifecycle_rules" {
  description = "Whether lifecycle rules abort multipart uploads after 2 days and expire noncurrent versions after 30. Only the local stage sets false: its buckets are deleted earlier."
  type        = bool
  default     = true
}

variable "kms_key_arn" {
  description = "ARN of the customer managed KMS key that encrypts the table and the buckets. By default, the AWS managed key aws/dynamodb encrypts the table, and S3 managed keys the objects."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[a-zA-Z0-9-]+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key, such as arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab, not an alias or an id: the roles' policies name it."
  }
}

variable "deletion_protection" {
  description = "Whether a plan fails if it would delete or replace the table or a bucket. Set false only from the first apply on, in a stage that is thrown away. Later, \"Delete a stage\" in terraform/README.md describes how to lift the protection."
  type        = bool
  default     = true
  nullable    = false
}

variable "log_bucket" {
  description = "Name of an existing bucket for the access logs of both buckets, in the same account and region; null for no logs. The storage module's README has the policy that it needs."
  type        = string
  default     = null

  validation {
    condition     = var.log_bucket == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.log_bucket))
    error_message = "log_bucket must be the name of a bucket, not its ARN or URL: 3 to 63 characters of a-z, 0-9, . and -."
  }

  validation {
    condition     = var.log_bucket == null || !contains(values(local.bucket_names), coalesce(var.log_bucket, "none"))
    error_message = "log_bucket must not be a bucket of this stage: S3 would log the delivery of each log, and a log in the uploads bucket would be processed as an upload. Use a bucket that exists for logs."
  }
}
