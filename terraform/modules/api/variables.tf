variable "name" {
  description = "Name of the HTTP API, and prefix of the function's name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,49}$", var.name))
    error_message = "name must have 2 to 50 characters of a-z, 0-9 and -, and start with a letter."
  }

  validation {
    condition     = !can(regex("^(aws|ssm)", var.name))
    error_message = "name must not start with aws or ssm, which AWS reserves in names of SSM parameters: choose another prefix, such as responses-dev."
  }
}

variable "package" {
  description = "Zip of the api function, as a file (path) or as an object in a bucket of the same region (s3), and its SHA-256 in base64."
  type        = object({ path = optional(string), s3 = optional(object({ bucket = string, key = string })), sha256 = string })
}

variable "architecture" {
  description = "Instruction set architecture of the package: arm64 or x86_64."
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

variable "jwt" {
  description = "Issuer and audiences of accepted tokens: the issuer's URL exactly as in the tokens' iss, and the audiences (for Cognito, the client ids)."
  type = object({
    issuer   = string
    audience = set(string)
  })

  validation {
    condition     = can(regex("^https://[^/?#]+(/[^?#]*)?$", var.jwt.issuer))
    error_message = "jwt.issuer must be an https URL without query or fragment, exactly as in the tokens' iss."
  }

  validation {
    condition     = length(var.jwt.audience) > 0
    error_message = "jwt.audience must have at least one audience: without one, the API would accept every token of the issuer."
  }
}

variable "open_uploads" {
  description = "Projects in which anyone may request an upload without a token."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for project in var.open_uploads : can(regex("^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$", project))])
    error_message = "Each entry of open_uploads must be a project: 1 to 64 letters, digits, _, . or -, starting with a letter or a digit."
  }
}

variable "upload" {
  description = "Limits of an upload: its size in bytes (at most 5 TiB, S3's largest object), and the validity of its presigned form or URLs in minutes (at most 60, because they expire with the session of the role that signed them)."
  type = object({
    max_bytes = optional(number, 2147483648)
    minutes   = optional(number, 60)
  })
  default = {}

  validation {
    condition     = var.upload.max_bytes >= 1 && var.upload.max_bytes <= 5497558138880 && floor(var.upload.max_bytes) == var.upload.max_bytes
    error_message = "upload.max_bytes must be a whole number from 1 to 5497558138880 (5 TiB)."
  }

  validation {
    condition     = var.upload.minutes >= 1 && var.upload.minutes <= 60 && floor(var.upload.minutes) == var.upload.minutes
    error_message = "upload.minutes must be a whole number from 1 to 60: a presigned form expires with the session of the role that signed it."
  }
}

variable "playback_minutes" {
  description = "Validity of a playback URL in minutes: at most 60, because it expires with the session of the role that signed it."
  type        = number
  default     = 60

  validation {
    condition     = var.playback_minutes >= 1 && var.playback_minutes <= 60 && floor(var.playback_minutes) == var.playback_minutes
    error_message = "playback_minutes must be a whole number from 1 to 60: a presigned URL expires with the session of the role that signed it."
  }
}

variable "secret_version" {
  description = "Version of the secret that encrypts upload tokens and cursors. A higher number generates a new secret; tokens and cursors of the old one are then rejected."
  type        = number
  default     = 1

  validation {
    condition     = var.secret_version >= 1 && floor(var.secret_version) == var.secret_version
    error_message = "secret_version must be a whole number of at least 1."
  }
}

variable "adopted_items" {
  description = "Whether the table contains items of the Chalice project. Only the index ByMail contains them."
  type        = bool
  default     = false
}

variable "cors_origins" {
  description = "Origins, such as https://app.example.org, whose pages may call the API. Without any, no page may."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for origin in var.cors_origins : can(regex("^https?://[A-Za-z0-9.-]+(:[0-9]+)?$", origin))])
    error_message = "Each entry of cors_origins must be an origin such as https://app.example.org, without a path or a wildcard."
  }
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

  validation {
    condition = alltrue([
      for limit in concat([var.throttle, var.throttle.open_uploads], values(var.throttle.routes)) : limit.rate > 0 && limit.burst >= 1 && floor(limit.burst) == limit.burst
    ])
    error_message = "Each rate in throttle must be greater than 0, and each burst a whole number of at least 1: with 0, the API rejects every request."
  }

  validation {
    condition     = length(setsubtract(keys(var.throttle.routes), local.route_keys)) == 0
    error_message = "throttle.routes has keys that are not routes of this API: ${join(", ", setsubtract(keys(var.throttle.routes), local.route_keys))}. Use the API's route keys, such as \"POST /projects/{project}/steps/{step}/responses\"."
  }
}

variable "log_level" {
  description = "Minimum level of the function's logs: error, warn, info, debug or trace, or a filter such as info,aws=debug."
  type        = string
  default     = "info"

  validation {
    condition     = can(regex("^(error|warn|info|debug|trace)(,[a-z0-9_:]+=(off|error|warn|info|debug|trace))*$", var.log_level))
    error_message = "log_level must be error, warn, info, debug or trace, or a filter such as info,aws=debug: a level, then exceptions for modules."
  }
}

variable "log_retention_days" {
  description = "Retention of the access logs and the function's logs in days."
  type        = number
  default     = 30
}

variable "kms_key_arn" {
  description = "ARN of the customer managed KMS key that encrypts the secret's parameter, the access log, and the logs and environment variables of the function. By default, the AWS managed key aws/ssm and AWS owned keys do. Another key needs a higher secret_version in the same apply."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[a-zA-Z0-9-]+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key, such as arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab, not an alias or an id: the roles' policies name it."
  }
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds the permissions of the function's role; null for none."
  type        = string
  default     = null
}

variable "role_path" {
  description = "IAM path of the function's role. Another path replaces the role."
  type        = string
  default     = "/"
}

variable "memory_mb" {
  description = "Memory of the function in MiB."
  type        = number
  default     = 128
}

variable "tracing" {
  description = "Whether AWS X-Ray records a sample of the function's invocations."
  type        = bool
  default     = false
}

variable "domain" {
  description = "Domain name of the API, the ARN of its ACM certificate in the stage's region, and the id of the Route 53 zone in which Terraform creates the records. Without zone_id, point the domain to the output domain. API Gateway's own URL is then disabled."
  type = object({
    name            = string
    certificate_arn = string
    zone_id         = optional(string)
  })
  default = null

  validation {
    condition     = var.domain == null || try(length(var.domain.name) <= 253 && can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.domain.name)), false)
    error_message = "domain.name must be a full domain name in lower case, such as responses.example.org, without https:// and without a wildcard."
  }

  validation {
    condition     = var.domain == null || can(regex("^arn:[a-z-]+:acm:[a-z0-9-]+:[0-9]{12}:certificate/[A-Za-z0-9-]+$", var.domain.certificate_arn))
    error_message = "domain.certificate_arn must be the ARN of a certificate in AWS Certificate Manager, such as arn:aws:acm:eu-central-1:123456789012:certificate/12345678-1234-1234-1234-123456789012."
  }

  # The table is in the stage's region.
  validation {
    condition     = var.domain == null || try(split(":", var.domain.certificate_arn)[3] == split(":", var.table.arn)[3], false)
    error_message = "domain.certificate_arn must be a certificate in the stage's region (${try(split(":", var.table.arn)[3], "that of the table")}): API Gateway accepts no other for a regional domain. Request one there."
  }

  validation {
    condition     = var.domain == null || try(var.domain.zone_id == null || can(regex("^Z[A-Z0-9]{1,31}$", var.domain.zone_id)), false)
    error_message = "domain.zone_id must be the id of a Route 53 hosted zone, such as Z0123456789ABCDEFGHIJ, without /hostedzone/."
  }
}

variable "release" {
  description = "Release of the service, from the content of all functions: a new one publishes a version of each function."
  type        = string
}
