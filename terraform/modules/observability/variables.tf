variable "name" {
  description = "Prefix of the alarms' and their topic's names."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,49}$", var.name))
    error_message = "name must be 2 to 50 of a-z, 0-9 and -, starting with a letter."
  }
}

variable "queues" {
  description = "Name of each queue: uploads, jobs, rejects, uploads_dead_letter and jobs_dead_letter."
  type        = object({ uploads = string, jobs = string, rejects = string, uploads_dead_letter = string, jobs_dead_letter = string })

  validation {
    condition     = length(distinct(values(var.queues))) == length(var.queues) && alltrue([for queue in values(var.queues) : can(regex("^[A-Za-z0-9_-]{1,80}$", queue))])
    error_message = "queues must be names of five queues, not URLs or ARNs."
  }
}

variable "set_aside_after_seconds" {
  description = "Seconds until a message that fails each time is a dead letter. One that is older and still waits is waiting for the function."
  type        = number

  validation {
    condition     = var.set_aside_after_seconds >= 60 && var.set_aside_after_seconds <= 86400 && floor(var.set_aside_after_seconds) == var.set_aside_after_seconds
    error_message = "set_aside_after_seconds must be a whole number from 60 (a period of the metric) to 86400 (a day)."
  }
}

variable "reconcile" {
  description = "Name of the function reconcile, which runs every minute; its log group is /aws/lambda/<name>."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,62}$", var.reconcile))
    error_message = "reconcile must be the function's name, not its ARN."
  }
}

variable "on_upload" {
  description = "Name of the function on_upload; its log group is /aws/lambda/<name>."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,62}$", var.on_upload))
    error_message = "on_upload must be the function's name, not its ARN."
  }
}

variable "alarm_emails" {
  description = "Email addresses that are told of alarms; each has to confirm it once."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for email in var.alarm_emails : can(regex("^[^@\\s,;<>]+@[^@\\s,;<>]+\\.[^@\\s,;<>.]+$", email))])
    error_message = "alarm_emails must be plain email addresses, such as operators@example.com."
  }
}
