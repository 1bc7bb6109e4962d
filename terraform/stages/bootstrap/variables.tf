variable "stage" {
  description = "Stage whose state the bucket contains: dev, staging or prod."
  type        = string

  validation {
    condition     = contains(["dev", "staging", "prod"], var.stage)
    error_message = "stage must be dev, staging or prod."
  }
}

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

variable "existing" {
  description = "Whether the bucket exists already: Terraform then imports it instead of creating it. Set it if the local state of this folder is lost."
  type        = bool
  default     = false
}
