variable "name" {
  description = "Name of the function and of its role. The log group is /aws/lambda/<name>."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,62}$", var.name))
    error_message = "name must have 2 to 63 characters of a-z, 0-9 and -, and start with a letter."
  }
}

variable "package" {
  description = "Zip with the `bootstrap` executable, as a file (path) or as an object in a bucket of the same region (s3), and its SHA-256 in base64, as filebase64sha256 returns it. A new hash deploys the zip."
  type = object({
    path   = optional(string)
    s3     = optional(object({ bucket = string, key = string }))
    sha256 = string
  })

  validation {
    condition     = (var.package.path == null) != (var.package.s3 == null)
    error_message = "package must have either path or s3."
  }

  validation {
    condition     = endswith(coalesce(var.package.path, try(var.package.s3.key, null), "-"), ".zip")
    error_message = "package.path, or package.s3.key, must end in .zip."
  }

  validation {
    condition     = can(regex("^[A-Za-z0-9+/]{43}=$", var.package.sha256))
    error_message = "package.sha256 must be a SHA-256 in base64 (44 characters), not in hexadecimal: use filebase64sha256."
  }
}

variable "architecture" {
  description = "Instruction set architecture of the package: arm64 or x86_64."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture must be arm64 or x86_64."
  }
}

variable "memory_mb" {
  description = "Memory in MiB. Lambda allocates CPU in proportion to it."
  type        = number
  default     = 128

  validation {
    condition     = var.memory_mb >= 128 && var.memory_mb <= 10240 && floor(var.memory_mb) == var.memory_mb
    error_message = "memory_mb must be a whole number from 128 to 10240."
  }
}

variable "timeout_seconds" {
  description = "Timeout of an invocation in seconds."
  type        = number

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 900 && floor(var.timeout_seconds) == var.timeout_seconds
    error_message = "timeout_seconds must be a whole number from 1 to 900."
  }
}

variable "environment" {
  description = "Environment variables of the function."
  type        = map(string)

  validation {
    condition     = alltrue([for name in keys(var.environment) : can(regex("^[A-Z][A-Z0-9_]*$", name)) && !startswith(name, "AWS_")])
    error_message = "Each name in environment must consist of A-Z, 0-9 and _ and start with a letter. It must not start with AWS_, which Lambda reserves."
  }
}

variable "statements" {
  description = "All statements of the role's policy except the one for the function's own logs: each AWS action that the function calls, its resources, and an optional condition."
  type = list(object({
    sid       = string
    actions   = list(string)
    resources = list(string)
    condition = optional(map(map(string)))
  }))

  validation {
    condition     = alltrue([for action in flatten(var.statements[*].actions) : can(regex("^[a-z0-9-]+:[A-Za-z]+$", action))])
    error_message = "Each action in statements must be one action (service:Action) without wildcards."
  }

  validation {
    condition     = alltrue([for statement in var.statements : length(statement.actions) > 0 && length(statement.resources) > 0])
    error_message = "Each entry of statements must have at least one action and one resource."
  }

  validation {
    # IAM defines no resource type for mediaconvert:Probe: a statement with any resource except * allows nothing.
    condition     = alltrue([for statement in var.statements : !contains(statement.resources, "*") || alltrue([for action in statement.actions : action == "mediaconvert:Probe"])])
    error_message = "Each entry of statements must name its resources: \"*\" allows every resource of the account. Only mediaconvert:Probe may use it."
  }

  validation {
    # Each ARN must name its bucket, table, queue and so on. Only the engines' jobs have no name before they exist.
    condition = alltrue([
      for resource in flatten(var.statements[*].resources) : resource == "*" || anytrue([
        can(regex("^arn:[^:*?]+:s3:::[^:/*?]+(/.+)?$", resource)),
        can(regex("^arn:[^:*?]+:[^:*?]+:[^:*?]*:[^:*?]*:[^:/*?]+([:/]+[^:/*?]+([:/].+)?)?$", resource)),
        can(regex("^arn:[^:*?]+:(mediaconvert|elastictranscoder):[^:*?]+:[^:*?]+:jobs?/\\*$", resource)),
      ])
    ])
    error_message = "Each resource in statements must be the ARN of a named bucket, table, queue, key, role or other resource, such as arn:aws:s3:::my-uploads/*. A wildcard in place of the name, as in arn:aws:s3:::*, allows the resources of others too."
  }

  validation {
    condition     = alltrue([for statement in var.statements : statement.condition != null if contains(statement.actions, "iam:PassRole")])
    error_message = "A statement with iam:PassRole must have a condition on the service that receives the role: iam:PassedToService."
  }

  validation {
    condition     = length(distinct(var.statements[*].sid)) == length(var.statements)
    error_message = "Each sid in statements must be unique."
  }
}

variable "log_retention_days" {
  description = "Retention of the function's logs in days: a value that CloudWatch Logs accepts."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a value that CloudWatch Logs accepts: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer managed KMS key that encrypts the logs and the environment variables. By default, AWS owned keys do."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[a-zA-Z0-9-]+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key, such as arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab, not an alias or an id: the roles' policies name it."
  }
}

variable "key_uses" {
  description = "Actions on the key that the function needs through each service, if kms_key_arn is set: kms:Decrypt to read, kms:GenerateDataKey to write."
  type        = map(list(string))
  default     = {}

  validation {
    condition     = alltrue([for service, actions in var.key_uses : contains(["dynamodb", "s3", "sqs", "ssm"], service) && length(setsubtract(actions, ["kms:Decrypt", "kms:GenerateDataKey"])) == 0])
    error_message = "key_uses must have kms:Decrypt and kms:GenerateDataKey for the services dynamodb, s3, sqs and ssm only."
  }
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds the permissions of the function's role; null for none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null || can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/[^*?\\s]+$", var.permissions_boundary))
    error_message = "permissions_boundary must be the ARN of an IAM policy, such as arn:aws:iam::123456789012:policy/boundary. A policy's name is not enough."
  }
}

variable "role_path" {
  description = "IAM path of the function's role. Another path replaces the role."
  type        = string
  default     = "/"

  validation {
    # IAM allows 512 characters.
    condition     = can(regex("^/([A-Za-z0-9_.,+=@-]+/)*$", var.role_path)) && length(var.role_path) <= 512
    error_message = "role_path must be / or begin and end with /, such as /services/responses/, with at most 512 letters, digits and _.,+=@-."
  }
}

variable "tracing" {
  description = "Whether AWS X-Ray records a sample of the function's invocations."
  type        = bool
  default     = false
}

variable "release" {
  description = "Release of the service, which its functions share. It is in the description of each version, and a new release publishes a new version."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9._-]{1,64}$", var.release))
    error_message = "release must have 1 to 64 letters, digits, dots, hyphens and underscores, such as a version or a hash."
  }
}
