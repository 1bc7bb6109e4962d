variable "name" {
  description = "Prefix of the names of the alarms and their topic."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,49}$", var.name))
    error_message = "name must have 2 to 50 characters of a-z, 0-9 and -, and start with a letter."
  }
}

variable "queues" {
  description = "Name of each queue: uploads, jobs, rejects, uploads_dead_letter and jobs_dead_letter."
  type        = object({ uploads = string, jobs = string, rejects = string, uploads_dead_letter = string, jobs_dead_letter = string })

  validation {
    condition     = length(distinct(values(var.queues))) == length(var.queues) && alltrue([for queue in values(var.queues) : can(regex("^[A-Za-z0-9_-]{1,80}$", queue))])
    error_message = "queues must be the names of five different queues, not URLs or ARNs."
  }
}

variable "dead_letter_after_seconds" {
  description = "Seconds until SQS moves a message that always fails to the dead-letter queue. An older message waits for its function."
  type        = number

  validation {
    condition     = var.dead_letter_after_seconds >= 60 && var.dead_letter_after_seconds <= 86400 && floor(var.dead_letter_after_seconds) == var.dead_letter_after_seconds
    error_message = "dead_letter_after_seconds must be a whole number from 60 (the period of the metric) to 86400 (a day)."
  }
}

variable "reconcile" {
  description = "Name of the function reconcile, which runs every minute. Its log group is /aws/lambda/<name>."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,62}$", var.reconcile))
    error_message = "reconcile must be the function's name, not its ARN."
  }
}

variable "on_upload" {
  description = "Name of the function on_upload. Its log group is /aws/lambda/<name>."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,62}$", var.on_upload))
    error_message = "on_upload must be the function's name, not its ARN."
  }
}

variable "alarm_emails" {
  description = "Email addresses that receive alarms. Each must confirm its subscription once."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for email in var.alarm_emails : can(regex("^[^@\\s,;<>]+@[^@\\s,;<>]+\\.[^@\\s,;<>.]+$", email))])
    error_message = "Each entry of alarm_emails must be a plain email address, such as operators@example.com."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer managed KMS key that encrypts the topic. By default, the topic is not encrypted."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[a-zA-Z0-9-]+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key, such as arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab, not an alias or an id: the roles' policies name it."
  }
}
