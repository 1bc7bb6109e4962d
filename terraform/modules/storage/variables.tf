variable "name" {
  description = "Prefix of the bucket names, and name of the table unless table_name is set."
  type        = string

  validation {
    # S3 allows 63 characters for a bucket name, which ends in -renditions-<12 digits>.
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}$", var.name))
    error_message = "name must have 2 to 39 characters of a-z, 0-9 and -, and start with a letter."
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

variable "lifecycle_rules" {
  description = "Whether lifecycle rules abort multipart uploads after 2 days and expire noncurrent versions after 30. Only the local stage sets false: its buckets are deleted earlier."
  type        = bool
  default     = true
}
