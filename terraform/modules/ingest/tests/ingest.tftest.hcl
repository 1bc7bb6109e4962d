mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name        = "responses-dev"
  table       = { name = "t", arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/t" }
  uploads     = { name = "u", arn = "arn:aws:s3:::u" }
  renditions  = { name = "r", arn = "arn:aws:s3:::r" }
  engine_name = "elastic-transcoder"

  engine = {
    environment = { ENGINE = "elastic-transcoder", PIPELINE_ID = "1111111111111-abcdef", PRESET_ID = "1351620000001-100070" }
    start       = [{ sid = "StartJob", actions = ["engine:Start"], resources = ["arn:aws:engine:::queue"] }]
    look        = [{ sid = "Job", actions = ["engine:Look"], resources = ["arn:aws:engine:::job"] }]
    cancel      = [{ sid = "Cancel", actions = ["engine:Cancel"], resources = ["arn:aws:engine:::job"] }]
    news        = { service = "sns.amazonaws.com", source_arn = "arn:aws:sns:eu-central-1:123456789012:jobs" }
  }

  packages = {
    on_upload = { path = "on_upload.zip", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
    on_job    = { path = "on_job.zip", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
    reconcile = { path = "reconcile.zip", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
  }
}

run "queues" {
  assert {
    condition = { for queue, it in aws_sqs_queue.source : queue => jsondecode(it.policy).Statement } == {
      uploads = [{
        Sid       = "Send"
        Effect    = "Allow"
        Principal = { Service = "s3.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = "arn:aws:sqs:eu-central-1:123456789012:responses-dev-uploads"
        Condition = {
          ArnEquals    = { "aws:SourceArn" = "arn:aws:s3:::u" }
          StringEquals = { "aws:SourceAccount" = "123456789012" }
        }
      }]
      jobs = [{
        Sid       = "Send"
        Effect    = "Allow"
        Principal = { Service = "sns.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = "arn:aws:sqs:eu-central-1:123456789012:responses-dev-jobs"
        Condition = { ArnEquals = { "aws:SourceArn" = "arn:aws:sns:eu-central-1:123456789012:jobs" } }
      }]
    }
    error_message = "S3 sends for the uploads bucket of this account, SNS for the jobs topic: nobody else sends."
  }

  assert {
    condition     = [for queue in aws_sqs_queue.source : queue.visibility_timeout_seconds] == [180, 180]
    error_message = "A failed message comes back after six times the functions' timeout."
  }

  assert {
    condition     = [for it in aws_sqs_queue_redrive_policy.this : jsondecode(it.redrive_policy).maxReceiveCount] == [5, 5]
    error_message = "After five receives a message is set aside."
  }

  assert {
    condition = alltrue([
      for queue in concat(values(aws_sqs_queue.source), values(aws_sqs_queue.dead_letter), [aws_sqs_queue.rejects]) :
      queue.sqs_managed_sse_enabled && queue.message_retention_seconds == 1209600
    ])
    error_message = "Messages are encrypted and kept for 14 days."
  }
}

run "events" {
  assert {
    condition     = [for queue in aws_s3_bucket_notification.uploads.queue : queue.events] == [toset(["s3:ObjectCreated:*"])]
    error_message = "The uploads bucket tells one queue of every object created."
  }

  assert {
    condition = (
      one(aws_sns_topic_subscription.jobs).raw_message_delivery
      && one(aws_sns_topic_subscription.jobs).protocol == "sqs"
      && length(aws_cloudwatch_event_target.jobs) == 0
    )
    error_message = "Jobs' notifications arrive as they were sent."
  }

  assert {
    condition = alltrue([
      for mapping in [aws_lambda_event_source_mapping.on_upload, aws_lambda_event_source_mapping.on_job] :
      mapping.function_response_types == toset(["ReportBatchItemFailures"]) && mapping.batch_size == 10
    ])
    error_message = "One bad record never fails its batch."
  }

  assert {
    condition = [
      for mapping in [aws_lambda_event_source_mapping.on_upload, aws_lambda_event_source_mapping.on_job] :
      one(mapping.scaling_config).maximum_concurrency
    ] == [2, 5]
    error_message = "A burst waits in the queue: two batches of uploads at a time, five of results."
  }
}

run "numbers_that_fit" {
  assert {
    condition = alltrue([
      for queue in ["uploads", "jobs"] :
      output.queues[queue].visibility_timeout_seconds > tonumber(module.on_upload.environment.JOB_LEASE_SECONDS)
    ])
    error_message = "The first redelivery after a crash finds the job's lease over."
  }

  assert {
    condition     = output.set_aside_after_seconds == 900
    error_message = "A message that fails each time is set aside after a quarter of an hour."
  }

  assert {
    condition     = output.event_source_mappings == { on_upload = aws_lambda_event_source_mapping.on_upload.uuid, on_job = aws_lambda_event_source_mapping.on_job.uuid }
    error_message = "Each mapping is told by its function's name."
  }
}

run "events_of_a_rule" {
  variables {
    engine_name = "media-convert"

    engine = {
      environment = { ENGINE = "media-convert" }
      start       = []
      look        = []
      cancel      = []
      news        = { service = "events.amazonaws.com", source_arn = "arn:aws:events:eu-central-1:123456789012:rule/responses-dev-jobs" }
    }
  }

  assert {
    condition = (
      one(aws_cloudwatch_event_target.jobs).rule == "responses-dev-jobs"
      && one(aws_cloudwatch_event_target.jobs).arn == aws_sqs_queue.source["jobs"].arn
      && length(aws_sns_topic_subscription.jobs) == 0
    )
    error_message = "A rule's events go to the queue of jobs."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_sqs_queue.source["jobs"].policy).Statement : [statement.Principal.Service, statement.Condition.ArnEquals["aws:SourceArn"]]
    ] == [["events.amazonaws.com", "arn:aws:events:eu-central-1:123456789012:rule/responses-dev-jobs"]]
    error_message = "EventBridge sends for this rule: nobody else sends."
  }
}

run "schedule" {
  assert {
    condition = (
      aws_cloudwatch_event_rule.reconcile.schedule_expression == "rate(1 minute)"
      && coalesce(aws_cloudwatch_event_rule.reconcile.state, "ENABLED") == "ENABLED"
      && aws_cloudwatch_event_target.reconcile.rule == aws_cloudwatch_event_rule.reconcile.name
      && aws_cloudwatch_event_target.reconcile.arn == module.reconcile.arn
    )
    error_message = "reconcile runs every minute."
  }

  assert {
    condition = (
      aws_lambda_function_event_invoke_config.reconcile.function_name == "responses-dev-reconcile"
      && aws_lambda_function_event_invoke_config.reconcile.maximum_retry_attempts == 0
      && aws_lambda_function_event_invoke_config.reconcile.maximum_event_age_in_seconds == 60
    )
    error_message = "A run of reconcile that failed is not repeated."
  }

  assert {
    condition = (
      aws_lambda_permission.reconcile.principal == "events.amazonaws.com"
      && aws_lambda_permission.reconcile.action == "lambda:InvokeFunction"
      && aws_lambda_permission.reconcile.function_name == "responses-dev-reconcile"
      && aws_lambda_permission.reconcile.source_arn == aws_cloudwatch_event_rule.reconcile.arn
    )
    error_message = "Only this schedule may call reconcile."
  }
}

run "functions" {
  assert {
    condition = { for sid, it in module.on_upload.statements : sid => concat(it.actions, ["on"], it.resources) if sid != "WriteOwnLogs" } == {
      Record              = ["dynamodb:GetItem", "dynamodb:UpdateItem", "on", "arn:aws:dynamodb:eu-central-1:123456789012:table/t"]
      ReadUploads         = ["s3:GetObject", "s3:GetObjectVersion", "on", "arn:aws:s3:::u/*"]
      FindUploads         = ["s3:ListBucket", "on", "arn:aws:s3:::u"]
      RemoveSecondVersion = ["s3:DeleteObjectVersion", "on", "arn:aws:s3:::u/*"]
      StartJob            = ["engine:Start", "on", "arn:aws:engine:::queue"]
      Reject              = ["sqs:SendMessage", "on", "arn:aws:sqs:eu-central-1:123456789012:responses-dev-rejects"]
      Consume             = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "on", "arn:aws:sqs:eu-central-1:123456789012:responses-dev-uploads"]
    }
    error_message = "on_upload may do exactly what it calls."
  }

  assert {
    condition = { for sid, it in module.on_job.statements : sid => concat(it.actions, ["on"], it.resources) if sid != "WriteOwnLogs" } == {
      Cancel                = ["engine:Cancel", "on", "arn:aws:engine:::job"]
      Record                = ["dynamodb:GetItem", "dynamodb:UpdateItem", "on", "arn:aws:dynamodb:eu-central-1:123456789012:table/t"]
      ReadUploads           = ["s3:GetObject", "s3:GetObjectVersion", "on", "arn:aws:s3:::u/*"]
      FindUploads           = ["s3:ListBucket", "on", "arn:aws:s3:::u"]
      FindResponse          = ["dynamodb:Query", "on", "arn:aws:dynamodb:eu-central-1:123456789012:table/t"]
      FindRenditions        = ["s3:ListBucketVersions", "on", "arn:aws:s3:::r"]
      RemoveLosingRendition = ["s3:DeleteObjectVersion", "on", "arn:aws:s3:::r/*"]
      Reject                = ["sqs:SendMessage", "on", "arn:aws:sqs:eu-central-1:123456789012:responses-dev-rejects"]
      Consume               = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "on", "arn:aws:sqs:eu-central-1:123456789012:responses-dev-jobs"]
    }
    error_message = "on_job may do exactly what it calls."
  }

  assert {
    condition = { for sid, it in module.reconcile.statements : sid => concat(it.actions, ["on"], it.resources) if sid != "WriteOwnLogs" } == {
      Record           = ["dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "on", "arn:aws:dynamodb:eu-central-1:123456789012:table/t"]
      Open             = ["dynamodb:Query", "on", "arn:aws:dynamodb:eu-central-1:123456789012:table/t/index/Open"]
      ReadUploads      = ["s3:GetObject", "on", "arn:aws:s3:::u/*"]
      FindUploads      = ["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads", "on", "arn:aws:s3:::u"]
      RemoveUploads    = ["s3:DeleteObjectVersion", "s3:AbortMultipartUpload", "on", "arn:aws:s3:::u/*"]
      FindRenditions   = ["s3:ListBucketVersions", "on", "arn:aws:s3:::r"]
      RemoveRenditions = ["s3:DeleteObjectVersion", "on", "arn:aws:s3:::r/*"]
      StartJob         = ["engine:Start", "on", "arn:aws:engine:::queue"]
      Reject           = ["sqs:SendMessage", "on", "arn:aws:sqs:eu-central-1:123456789012:responses-dev-rejects"]
      Job              = ["engine:Look", "on", "arn:aws:engine:::job"]
    }
    error_message = "reconcile may do exactly what it calls."
  }

  assert {
    condition     = module.reconcile.environment == module.on_upload.environment && module.reconcile.timeout_seconds == 60
    error_message = "reconcile has exactly the settings that it reads (those of on_upload), and a minute."
  }

  assert {
    condition = module.on_upload.environment == tomap({
      RESPONSES_TABLE_NAME = "t"
      UPLOADS_BUCKET       = "u"
      RENDITIONS_BUCKET    = "r"
      REJECTS_QUEUE_URL    = "https://sqs.eu-central-1.amazonaws.com/123456789012/mock"
      ENGINE               = "elastic-transcoder"
      PIPELINE_ID          = "1111111111111-abcdef"
      PRESET_ID            = "1351620000001-100070"
      JOB_LEASE_SECONDS    = "60"
      MAX_SECONDS          = "10800"
      LOG_LEVEL            = "info"
    })
    error_message = "on_upload has exactly the settings that it reads."
  }

  assert {
    condition     = toset(keys(module.on_job.environment)) == toset(["RESPONSES_TABLE_NAME", "UPLOADS_BUCKET", "RENDITIONS_BUCKET", "REJECTS_QUEUE_URL", "MAX_SECONDS", "LOG_LEVEL", "ENGINE", "PIPELINE_ID", "PRESET_ID"])
    error_message = "on_job has exactly the settings that it reads."
  }
}

run "waits_less_where_told" {
  variables {
    visibility_timeout_seconds = 2
    job_lease_seconds          = 4
  }

  assert {
    condition     = [for queue in aws_sqs_queue.source : queue.visibility_timeout_seconds] == [2, 2] && output.set_aside_after_seconds == 10
    error_message = "The local stage waits less, and may have a redelivery find the lease standing."
  }
}

run "refuses_a_limit_that_no_engine_has" {
  command = plan

  variables {
    max_seconds = 86400
  }

  expect_failures = [var.max_seconds]
}

run "refuses_no_lease" {
  command = plan

  variables {
    job_lease_seconds = 0
  }

  expect_failures = [var.job_lease_seconds]
}

run "refuses_a_lease_that_outlasts_the_wait" {
  command = plan

  variables {
    job_lease_seconds = 180
  }

  expect_failures = [var.job_lease_seconds]
}

run "refuses_bad_settings" {
  command = plan

  variables {
    name                       = "-"
    visibility_timeout_seconds = 0
    log_level                  = "loud"
  }

  expect_failures = [var.name, var.visibility_timeout_seconds, var.log_level]
}
