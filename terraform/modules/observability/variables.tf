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

variable "functions" {
  description = "Name of each function: api, on_upload, on_job and reconcile. Its log group is /aws/lambda/<name>."
  type        = object({ api = string, on_upload = string, on_job = string, reconcile = string })

  validation {
    condition     = length(distinct(values(var.functions))) == length(var.functions) && alltrue([for function in values(var.functions) : can(regex("^[a-z][a-z0-9-]{1,62}$", function))])
    error_message = "functions must be the names of four different functions, not ARNs."
  }
}

variable "api_id" {
  description = "Id of the HTTP API."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+$", var.api_id))
    error_message = "api_id must be the API's id, such as a1b2c3d4e5, not its URL or ARN."
  }
}

variable "rules" {
  description = "Name of each EventBridge rule: the schedule of reconcile, and the rule of job events; null if the engine sends them otherwise."
  type        = object({ schedule = string, jobs = optional(string) })

  validation {
    condition     = alltrue([for rule in values(var.rules) : rule == null || can(regex("^[A-Za-z0-9._-]{1,64}$", rule))])
    error_message = "rules must be the names of rules, not ARNs."
  }
}

variable "runbook_url" {
  description = "URL at which operators read docs/runbooks, without a slash at its end. Every alarm links to a section of a page there. prod requires it."
  type        = string

  validation {
    condition     = can(regex("^https://[^\\s?#]+[^\\s?#/]$", var.runbook_url))
    error_message = "runbook_url must be an https URL without a query, a fragment or a slash at its end, such as https://git.example.org/video-responses/blob/main/docs/runbooks."
  }
}

variable "alarm_topic_arns" {
  description = "ARNs of existing SNS topics that alarms publish to as well, such as a pager's. They must be in the stage's region and allow CloudWatch to publish."
  type        = set(string)
  default     = []

  # CloudWatch allows five actions per alarm; the stage's own topic is the first.
  validation {
    condition     = length(var.alarm_topic_arns) <= 4 && alltrue([for arn in var.alarm_topic_arns : can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$", arn))])
    error_message = "alarm_topic_arns must have at most four ARNs of SNS topics, such as arn:aws:sns:eu-central-1:123456789012:pager."
  }
}

variable "alarm_thresholds" {
  description = "Limits above which alarms go off: api_latency_ms, that the slowest hundredth of the API's requests may take; overdue_seconds, that a response may wait for reconcile; anonymous_requests, accepted upload requests without a token within 5 minutes; failed_percent, results within an hour that may fail for one reason."
  type = object({
    api_latency_ms     = optional(number, 5000)
    overdue_seconds    = optional(number, 900)
    anonymous_requests = optional(number, 600)
    failed_percent     = optional(number, 20)
  })
  default = {}

  validation {
    condition     = alltrue([for limit in values(var.alarm_thresholds) : limit >= 1 && floor(limit) == limit])
    error_message = "Each limit in alarm_thresholds must be a whole number of at least 1."
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
    error_message = "kms_key_arn must be the ARN of a key, such as arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab, not an alias or an id."
  }
}

variable "stage" {
  description = "Stage, as in the tag `stage` of its resources, by which the budget counts costs."
  type        = string
}

variable "buckets" {
  description = "Name of each bucket: uploads and renditions. The dashboard shows their size."
  type        = object({ uploads = string, renditions = string })
}

variable "uses_media_convert" {
  description = "Whether the engine is MediaConvert. The dashboard then shows its jobs."
  type        = bool
  default     = false
}

variable "media_convert_queue_arn" {
  description = "ARN of MediaConvert's queue, if the engine is MediaConvert."
  type        = string
  default     = null
}

variable "budget" {
  description = "Budget of the stage: US dollars a month, and the email addresses to tell at 80 and 100 percent of it and when the forecast exceeds it. The provider's default_tags must set the tag `stage`, and it must be an active cost allocation tag."
  type        = object({ monthly_usd = number, emails = set(string) })
  default     = null

  validation {
    condition     = try(var.budget.monthly_usd > 0, var.budget == null)
    error_message = "budget.monthly_usd must be greater than 0: US dollars a month."
  }

  validation {
    condition     = try(length(var.budget.emails) >= 1 && length(var.budget.emails) <= 10 && alltrue([for email in var.budget.emails : can(regex("^[^@\\s,;<>]+@[^@\\s,;<>]+\\.[^@\\s,;<>.]+$", email))]), var.budget == null)
    error_message = "budget.emails must have 1 to 10 plain email addresses, such as operators@example.com."
  }
}
