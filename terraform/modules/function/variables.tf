variable "name" {
  description = "Name of the function and of its role; its log group is /aws/lambda/<name>."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,62}$", var.name))
    error_message = "name must be 2 to 63 of a-z, 0-9 and -, starting with a letter."
  }
}

variable "package" {
  description = "The zip with the `bootstrap` executable, and the base64 of its SHA-256 (filebase64sha256): a new hash is a new version."
  type = object({
    path   = string
    sha256 = string
  })

  validation {
    condition     = endswith(var.package.path, ".zip")
    error_message = "package.path must name a .zip file."
  }

  validation {
    condition     = can(regex("^[A-Za-z0-9+/]{43}=$", var.package.sha256))
    error_message = "package.sha256 must be a SHA-256 in base64, as filebase64sha256 gives it (44 characters, not hexadecimal)."
  }
}

variable "architecture" {
  description = "Processor that the package was built for."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture must be arm64 or x86_64."
  }
}

variable "memory_mb" {
  description = "Memory in MiB; the share of a processor grows with it."
  type        = number
  default     = 128

  validation {
    condition     = var.memory_mb >= 128 && var.memory_mb <= 10240 && floor(var.memory_mb) == var.memory_mb
    error_message = "memory_mb must be a whole number from 128 to 10240."
  }
}

variable "timeout_seconds" {
  description = "Seconds after which Lambda ends an invocation."
  type        = number

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 900 && floor(var.timeout_seconds) == var.timeout_seconds
    error_message = "timeout_seconds must be a whole number from 1 to 900."
  }
}

variable "environment" {
  description = "Settings of the function, as environment variables."
  type        = map(string)

  validation {
    condition     = alltrue([for name in keys(var.environment) : can(regex("^[A-Z][A-Z0-9_]*$", name)) && !startswith(name, "AWS_")])
    error_message = "environment's names must be of A-Z, 0-9 and _, and not begin with AWS_, which Lambda keeps for itself."
  }
}

variable "statements" {
  description = "What the function calls, on what, and if need be on what condition: the whole of its role's policy but for its own logs."
  type = list(object({
    sid       = string
    actions   = list(string)
    resources = list(string)
    condition = optional(map(map(string)))
  }))

  validation {
    condition     = alltrue([for action in flatten(var.statements[*].actions) : can(regex("^[a-z0-9-]+:[A-Za-z]+$", action))])
    error_message = "statements' actions must be named one by one (service:Action), without wildcards."
  }

  validation {
    condition     = alltrue([for statement in var.statements : length(statement.actions) > 0 && length(statement.resources) > 0])
    error_message = "each of statements needs an action and a resource."
  }

  validation {
    # AWS defines no resource for mediaconvert:Probe: a statement that names one allows nothing.
    condition     = alltrue([for it in var.statements : !contains(it.resources, "*") || alltrue([for action in it.actions : action == "mediaconvert:Probe"])])
    error_message = "statements' resources must be named: \"*\" is every resource of the account."
  }

  validation {
    condition     = alltrue([for statement in var.statements : statement.condition != null if contains(statement.actions, "iam:PassRole")])
    error_message = "a statement with iam:PassRole needs a condition: to which service the role may be passed."
  }

  validation {
    condition     = length(distinct(var.statements[*].sid)) == length(var.statements)
    error_message = "statements' sids must differ from each other."
  }
}

variable "log_retention_days" {
  description = "Days that the function's logs are kept; one of the numbers that CloudWatch Logs knows."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be one that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400 and so on."
  }
}
