variable "name" {
  description = "Prefix of the buckets' names, and the table's name unless table_name is given."
  type        = string

  validation {
    # A bucket's name ends in -renditions-<12 digits> and has at most 63 characters.
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}$", var.name))
    error_message = "name must be 2 to 39 of a-z, 0-9 and -, starting with a letter."
  }
}

variable "table_name" {
  description = "Name of the table, if it is another than `name`: an adopted table keeps its own."
  type        = string
  default     = null

  validation {
    condition     = var.table_name == null || can(regex("^[A-Za-z0-9_.-]{3,255}$", var.table_name))
    error_message = "table_name must be 3 to 255 of letters, digits, _, . and -."
  }
}

variable "cors_origins" {
  description = "Origins (https://app.example.org) whose pages may upload and play; none, if empty."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for origin in var.cors_origins : can(regex("^https?://[A-Za-z0-9.-]+(:[0-9]+)?$", origin))])
    error_message = "cors_origins must be whole origins such as https://app.example.org: no path, no wildcard."
  }
}

variable "tls_only" {
  description = "Refuse plain HTTP. Only the local stage, whose emulator speaks nothing else, has reason to turn it off."
  type        = bool
  default     = true
}

variable "clean_up" {
  description = "Abort multipart uploads after 2 days and expire replaced versions after 30. The local stage does without: its buckets do not live that long."
  type        = bool
  default     = true
}
