variable "region" {
  description = "Region of the stage, such as eu-central-1."
  type        = string
}

variable "account_id" {
  description = "Account of the stage: Terraform refuses to touch any other."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id must be the account's 12 digits."
  }
}

variable "functions_dir" {
  description = "Folder with api.zip, on_upload.zip, on_job.zip and reconcile.zip, built for arm64."
  type        = string
}

variable "jwt" {
  description = "Whose tokens are good: the issuer's URL and the audiences."
  type = object({
    issuer   = string
    audience = set(string)
  })
}

variable "secret_version" {
  description = "Which secret upload tokens and cursors are signed with: a higher number makes a new one, and what was signed before is refused."
  type        = number
  default     = 1
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

variable "alarm_emails" {
  description = "Email addresses that are told of alarms; each has to confirm it once."
  type        = set(string)
  default     = []
}

variable "table_name" {
  description = "Name of an adopted table; see the storage module's README."
  type        = string
  default     = null
}

variable "adopted_items" {
  description = "Whether that table holds items of the Chalice project."
  type        = bool
  default     = false
}

variable "max_seconds" {
  description = "Seconds of a recording that are transcoded, which bounds what a job may cost; what comes after them is cut off."
  type        = number
  default     = 10800
}
