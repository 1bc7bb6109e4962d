variable "name" {
  description = "Prefix of the names of the stage's resources, such as responses-dev: the input `name` of modules/service."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}$", var.name))
    error_message = "name must have 2 to 39 characters of a-z, 0-9 and -, and start with a letter."
  }
}

variable "issuer" {
  description = "URL of the CI system's OIDC issuer, exactly as in the tokens' iss: https://token.actions.githubusercontent.com for GitHub Actions, https://gitlab.com for GitLab."
  type        = string
  default     = "https://token.actions.githubusercontent.com"

  validation {
    condition     = can(regex("^https://[^/?#]+(/[^?#]*[^/?#])?$", var.issuer))
    error_message = "issuer must be an https URL without a slash at its end, exactly as in the tokens' iss."
  }
}

variable "audience" {
  description = "Audience (aud) of the jobs' tokens. GitHub's action for AWS credentials requests sts.amazonaws.com; a GitLab job names its own in id_tokens."
  type        = string
  default     = "sts.amazonaws.com"
}

variable "create_provider" {
  description = "Whether to create the issuer's identity provider. An account has one for each issuer: set false if it exists."
  type        = bool
  default     = true
}

variable "plan_subjects" {
  description = "Subjects (sub) of the jobs that may assume the role plan, each exactly as in the tokens."
  type        = set(string)

  validation {
    condition     = length(var.plan_subjects) > 0 && alltrue([for subject in var.plan_subjects : can(regex("^[^*?]+$", subject))])
    error_message = "plan_subjects must have at least one subject. Write each in full, without * and ?, such as repo:ORGANIZATION@ID/REPOSITORY@ID:pull_request."
  }
}

variable "apply_subjects" {
  description = "Subjects (sub) of the jobs that may assume the role apply, each exactly as in the tokens. A protected environment or branch should decide who can run such a job."
  type        = set(string)

  validation {
    condition     = length(var.apply_subjects) > 0 && alltrue([for subject in var.apply_subjects : can(regex("^[^*?]+$", subject))])
    error_message = "apply_subjects must have at least one subject. Write each in full, without * and ?, such as repo:ORGANIZATION@ID/REPOSITORY@ID:environment:dev."
  }

  validation {
    condition     = alltrue([for subject in var.apply_subjects : !endswith(subject, ":pull_request")])
    error_message = "apply_subjects must not contain pull requests: their author decides what such a job runs. Use an environment or a branch."
  }
}

variable "state" {
  description = "Bucket and key of the stage's state, such as responses/dev.tfstate."
  type        = object({ bucket = string, key = string })
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds the permissions of the stage's roles: its input `permissions_boundary`. Without a boundary, the role apply could give a function any permission."
  type        = string

  validation {
    condition     = var.permissions_boundary == null || can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/[^*?\\s]+$", var.permissions_boundary))
    error_message = "permissions_boundary must be the ARN of an IAM policy, such as arn:aws:iam::123456789012:policy/boundary. A policy's name is not enough."
  }
}

variable "role_path" {
  description = "IAM path of the stage's roles: its input `role_path`."
  type        = string
  default     = "/"

  validation {
    # IAM allows 512 characters.
    condition     = can(regex("^/([A-Za-z0-9_.,+=@-]+/)*$", var.role_path)) && length(var.role_path) <= 512
    error_message = "role_path must be / or begin and end with /, such as /services/responses/, with at most 512 letters, digits and _.,+=@-."
  }
}

variable "kms_key_arn" {
  description = "ARN of the stage's customer managed key: its input `kms_key_arn`; null if it has none."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[a-z0-9-]+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key, not of an alias, such as arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555."
  }
}

variable "adopt" {
  description = "Names of the adopted table and uploads bucket, which do not begin with the stage's name: from the stage's input `adopt`."
  type = object({
    table          = optional(string)
    uploads_bucket = optional(string)
  })
  default  = {}
  nullable = false
}

variable "packages_bucket" {
  description = "Name of the bucket that contains the packages, if the stage's input `packages` has s3; null if the job builds them."
  type        = string
  default     = null
}

variable "domain" {
  description = "Domain name of the API and the id of its Route 53 zone: from the stage's input `domain`; null if it has none."
  type = object({
    name    = string
    zone_id = optional(string)
  })
  default = null
}
