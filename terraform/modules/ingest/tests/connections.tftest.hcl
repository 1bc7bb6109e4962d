# Every queue, function and rule has its own ARN here, and every variable a value that is not its default. A reference to the
# wrong resource or variable is therefore noticed.
mock_provider "aws" {
  source = "../service/tests/mocks"
}

override_resource {
  target = aws_sqs_queue.source["uploads"]
  values = {
    id  = "https://sqs/responses-dev-uploads"
    url = "https://sqs/responses-dev-uploads"
    arn = "arn:aws:sqs:eu-central-1:123456789012:responses-dev-uploads"
  }
}

override_resource {
  target = aws_sqs_queue.source["jobs"]
  values = {
    id  = "https://sqs/responses-dev-jobs"
    url = "https://sqs/responses-dev-jobs"
    arn = "arn:aws:sqs:eu-central-1:123456789012:responses-dev-jobs"
  }
}

override_resource {
  target = aws_sqs_queue.dead_letter["uploads"]
  values = {
    id  = "https://sqs/responses-dev-uploads-dead-letter"
    url = "https://sqs/responses-dev-uploads-dead-letter"
    arn = "arn:aws:sqs:eu-central-1:123456789012:responses-dev-uploads-dead-letter"
  }
}

override_resource {
  target = aws_sqs_queue.dead_letter["jobs"]
  values = {
    id  = "https://sqs/responses-dev-jobs-dead-letter"
    url = "https://sqs/responses-dev-jobs-dead-letter"
    arn = "arn:aws:sqs:eu-central-1:123456789012:responses-dev-jobs-dead-letter"
  }
}

override_resource {
  target = aws_sqs_queue.rejects
  values = {
    id  = "https://sqs/responses-dev-rejects"
    url = "https://sqs/responses-dev-rejects"
    arn = "arn:aws:sqs:eu-central-1:123456789012:responses-dev-rejects"
  }
}

override_resource {
  target = module.on_upload.aws_lambda_function.this
  values = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:responses-dev-on-upload" }
}

override_resource {
  target = module.on_upload.aws_lambda_alias.live
  values = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:responses-dev-on-upload:live" }
}

override_resource {
  target = module.on_job.aws_lambda_function.this
  values = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:responses-dev-on-job" }
}

override_resource {
  target = module.on_job.aws_lambda_alias.live
  values = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:responses-dev-on-job:live" }
}

override_resource {
  target = module.reconcile.aws_lambda_function.this
  values = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:responses-dev-reconcile" }
}

override_resource {
  target = module.reconcile.aws_lambda_alias.live
  values = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:responses-dev-reconcile:live" }
}

override_resource {
  target = aws_cloudwatch_event_rule.reconcile
  values = { arn = "arn:aws:events:eu-central-1:123456789012:rule/responses-dev-reconcile" }
}

override_resource {
  target = aws_lambda_event_source_mapping.on_upload
  values = { uuid = "uuid-of-on-upload" }
}

override_resource {
  target = aws_lambda_event_source_mapping.on_job
  values = { uuid = "uuid-of-on-job" }
}

variables {
  name               = "responses-dev"
  table              = { name = "t", arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/t" }
  uploads            = { name = "u", arn = "arn:aws:s3:::u" }
  renditions         = { name = "r", arn = "arn:aws:s3:::r" }
  engine_name        = "elastic-transcoder"
  architecture       = "x86_64"
  job_lease_seconds  = 61
  max_seconds        = 600
  log_level          = "debug"
  log_retention_days = 90
  release            = "5d41402abc4b"

  engine = {
    environment       = { ENGINE = "elastic-transcoder" }
    start_statements  = []
    read_statements   = []
    cancel_statements = []
    job_events        = { service = "sns.amazonaws.com", source_arn = "arn:aws:sns:eu-central-1:123456789012:jobs" }
  }

  packages = {
    on_upload = { path = "../../tests/functions/on_upload.zip", sha256 = "uH6YZeNrqqU/NQy5jd2qaD9ieTt9fONYPWnDLbvo8Uw=" }
    on_job    = { path = "../../tests/functions/on_job.zip", sha256 = "ilbl9Iu+bIqevnZWpCALXKxSu5iFWwUnjQ4lY8rSKnw=" }
    reconcile = { path = "../../tests/functions/reconcile.zip", sha256 = "4sMNWSZIKQEf584ws525cF+2ygKSS6yfFc8f+WJrbDg=" }
  }
}

run "wires_elastic_transcoder" {
  # Queues and redrive.
  assert {
    condition = jsonencode({
      for queue in concat(values(aws_sqs_queue.source), values(aws_sqs_queue.dead_letter), [aws_sqs_queue.rejects]) :
      queue.name => [queue.visibility_timeout_seconds, queue.delay_seconds, queue.max_message_size, queue.fifo_queue, queue.kms_master_key_id]
      }) == jsonencode({
      responses-dev-uploads             = [180, null, null, null, null]
      responses-dev-jobs                = [180, null, null, null, null]
      responses-dev-uploads-dead-letter = [null, null, null, null, null]
      responses-dev-jobs-dead-letter    = [null, null, null, null, null]
      responses-dev-rejects             = [null, null, null, null, null]
    })
    error_message = "There must be these five standard queues, which deliver messages at once; only the source queues have a visibility timeout of 180 seconds."
  }

  assert {
    condition = { for redrive in aws_sqs_queue_redrive_policy.this : redrive.queue_url => jsondecode(redrive.redrive_policy) } == {
      "https://sqs/responses-dev-uploads" = { deadLetterTargetArn = "arn:aws:sqs:eu-central-1:123456789012:responses-dev-uploads-dead-letter", maxReceiveCount = 5 }
      "https://sqs/responses-dev-jobs"    = { deadLetterTargetArn = "arn:aws:sqs:eu-central-1:123456789012:responses-dev-jobs-dead-letter", maxReceiveCount = 5 }
    }
    error_message = "Each source queue must move a message to its own dead-letter queue after five receives."
  }

  assert {
    condition = { for queue in aws_sqs_queue.dead_letter : queue.name => jsondecode(queue.redrive_allow_policy) } == {
      responses-dev-uploads-dead-letter = { redrivePermission = "byQueue", sourceQueueArns = ["arn:aws:sqs:eu-central-1:123456789012:responses-dev-uploads"] }
      responses-dev-jobs-dead-letter    = { redrivePermission = "byQueue", sourceQueueArns = ["arn:aws:sqs:eu-central-1:123456789012:responses-dev-jobs"] }
    }
    error_message = "Each dead-letter queue must accept messages of its own source queue only."
  }

  # Event sources.
  assert {
    condition = jsonencode({
      for attribute in ["bucket", "queue", "topic", "lambda_function"] : attribute => aws_s3_bucket_notification.uploads[attribute]
      }) == jsonencode({
      bucket          = "u"
      queue           = [{ events = ["s3:ObjectCreated:*"], filter_prefix = null, filter_suffix = null, id = "uploads", queue_arn = "arn:aws:sqs:eu-central-1:123456789012:responses-dev-uploads" }]
      topic           = []
      lambda_function = []
    })
    error_message = "The uploads bucket must have one notification: all ObjectCreated events of all keys to the queue uploads."
  }

  assert {
    condition = jsonencode([
      for subscription in aws_sns_topic_subscription.jobs : {
        topic_arn = subscription.topic_arn, protocol = subscription.protocol, endpoint = subscription.endpoint
        raw       = subscription.raw_message_delivery, filter_policy = subscription.filter_policy
      }
      ]) == jsonencode([{
        topic_arn = "arn:aws:sns:eu-central-1:123456789012:jobs", protocol = "sqs", endpoint = "arn:aws:sqs:eu-central-1:123456789012:responses-dev-jobs"
        raw       = true, filter_policy = null
    }])
    error_message = "One subscription must deliver all raw messages of the jobs topic to the queue jobs."
  }

  assert {
    condition = jsonencode({
      for name, mapping in { on_upload = aws_lambda_event_source_mapping.on_upload, on_job = aws_lambda_event_source_mapping.on_job } : name => {
        event_source_arn               = mapping.event_source_arn
        function_name                  = mapping.function_name
        enabled                        = coalesce(mapping.enabled, true)
        batch_size                     = mapping.batch_size
        window                         = mapping.maximum_batching_window_in_seconds
        response_types                 = mapping.function_response_types
        filter_criteria                = mapping.filter_criteria
        scaling_config                 = mapping.scaling_config
      }
      }) == jsonencode({
      on_upload = {
        event_source_arn = "arn:aws:sqs:eu-central-1:123456789012:responses-dev-uploads"
        function_name    = "arn:aws:lambda:eu-central-1:123456789012:function:responses-dev-on-upload:live"
        enabled          = true
        batch_size       = 10
        window           = null
        response_types   = ["ReportBatchItemFailures"]
        filter_criteria  = []
        scaling_config   = [{ maximum_concurrency = 2 }]
      }
      on_job = {
        event_source_arn = "arn:aws:sqs:eu-central-1:123456789012:responses-dev-jobs"
        function_name    = "arn:aws:lambda:eu-central-1:123456789012:function:responses-dev-on-job:live"
        enabled          = true
        batch_size       = 10
        window           = null
        response_types   = ["ReportBatchItemFailures"]
        filter_criteria  = []
        scaling_config   = [{ maximum_concurrency = 5 }]
      }
    })
    error_message = "Each mapping must be enabled and pass every message of its queue to the live version of its own function, in batches of 10 with separate failures."
  }

  # Schedule of reconcile.
  assert {
    condition = jsonencode({
      name     = aws_cloudwatch_event_rule.reconcile.name
      schedule = aws_cloudwatch_event_rule.reconcile.schedule_expression
      pattern  = aws_cloudwatch_event_rule.reconcile.event_pattern
      state    = coalesce(aws_cloudwatch_event_rule.reconcile.state, "ENABLED")
      enabled  = coalesce(aws_cloudwatch_event_rule.reconcile.is_enabled, true)
    }) == jsonencode({ name = "responses-dev-reconcile", schedule = "rate(1 minute)", pattern = null, state = "ENABLED", enabled = true })
    error_message = "The rule responses-dev-reconcile must be enabled and run every minute."
  }

  assert {
    condition = jsonencode({
      for attribute in ["rule", "arn", "input", "input_path", "input_transformer", "role_arn"] : attribute => aws_cloudwatch_event_target.reconcile[attribute]
      }) == jsonencode({
      rule  = "responses-dev-reconcile", arn = "arn:aws:lambda:eu-central-1:123456789012:function:responses-dev-reconcile:live"
      input = null, input_path = null, input_transformer = [], role_arn = null
    })
    error_message = "The rule of the schedule must invoke the live version of reconcile with the event as it is."
  }

  assert {
    condition = jsonencode({
      for attribute in ["function_name", "qualifier", "maximum_retry_attempts", "maximum_event_age_in_seconds", "destination_config"] :
      attribute => aws_lambda_function_event_invoke_config.reconcile[attribute]
      }) == jsonencode({
      function_name = "responses-dev-reconcile", qualifier = "live", maximum_retry_attempts = 0, maximum_event_age_in_seconds = 60, destination_config = []
    })
    error_message = "Lambda must not retry a failed run of reconcile, and must drop a run that waited for 60 seconds."
  }

  assert {
    condition = jsonencode({
      for attribute in ["action", "function_name", "principal", "source_arn", "qualifier"] : attribute => aws_lambda_permission.reconcile[attribute]
      }) == jsonencode({
      action     = "lambda:InvokeFunction", function_name = "responses-dev-reconcile", principal = "events.amazonaws.com"
      source_arn = "arn:aws:events:eu-central-1:123456789012:rule/responses-dev-reconcile", qualifier = "live"
    })
    error_message = "Only EventBridge may invoke reconcile, through its alias and for the rule of its schedule."
  }

  # Functions.
  assert {
    condition = jsonencode({
      for name, function in { on_upload = module.on_upload, on_job = module.on_job, reconcile = module.reconcile } :
      name => [function.name, function.package.path, function.package.sha256, function.architecture, function.timeout_seconds, function.log_retention_days, function.release]
      }) == jsonencode({
      on_upload = ["responses-dev-on-upload", "../../tests/functions/on_upload.zip", var.packages.on_upload.sha256, "x86_64", 30, 90, "5d41402abc4b"]
      on_job    = ["responses-dev-on-job", "../../tests/functions/on_job.zip", var.packages.on_job.sha256, "x86_64", 30, 90, "5d41402abc4b"]
      reconcile = ["responses-dev-reconcile", "../../tests/functions/reconcile.zip", var.packages.reconcile.sha256, "x86_64", 60, 90, "5d41402abc4b"]
    })
    error_message = "Each function must have its own name and package, the architecture, retention and release of the variables, and a timeout of 30 seconds (reconcile: 60)."
  }

  assert {
    condition = { for name, function in output.functions : name => function.environment } == {
      for name, lease in { on_upload = { JOB_LEASE_SECONDS = "61" }, on_job = {}, reconcile = { JOB_LEASE_SECONDS = "61" } } : name => tomap(merge(lease, {
        RESPONSES_TABLE_NAME = "t"
        UPLOADS_BUCKET       = "u"
        RENDITIONS_BUCKET    = "r"
        REJECTS_QUEUE_URL    = "https://sqs/responses-dev-rejects"
        MAX_SECONDS          = "600"
        LOG_LEVEL            = "debug"
        METRICS_NAMESPACE    = "responses-dev"
        ENGINE               = "elastic-transcoder"
      }))
    }
    error_message = "Each function must have the names of the table, buckets and rejects queue, the limits and the engine's variables; only functions that start jobs have the lease."
  }

  # Outputs.
  assert {
    condition     = { for name, function in output.functions : name => function.arn } == { for name in ["on-upload", "on-job", "reconcile"] : replace(name, "-", "_") => "arn:aws:lambda:eu-central-1:123456789012:function:responses-dev-${name}" }
    error_message = "The output functions must have each function under its own name."
  }

  assert {
    condition     = output.event_source_mappings == { on_upload = "uuid-of-on-upload", on_job = "uuid-of-on-job" }
    error_message = "The output must have each mapping's UUID under the name of its function."
  }

  assert {
    condition = jsonencode(output.queues) == jsonencode({
      for queue, visibility in { uploads = 180, jobs = 180, rejects = null, uploads-dead-letter = null, jobs-dead-letter = null } : replace(queue, "-", "_") => {
        name                             = "responses-dev-${queue}"
        url                              = "https://sqs/responses-dev-${queue}"
        arn                              = "arn:aws:sqs:eu-central-1:123456789012:responses-dev-${queue}"
        visibility_timeout_seconds       = visibility
      }
    })
    error_message = "The output queues must have each queue under its own name."
  }
}

run "wires_media_convert" {
  variables {
    engine_name = "media-convert"

    engine = {
      environment       = { ENGINE = "media-convert" }
      start_statements  = []
      read_statements   = []
      cancel_statements = []
      job_events        = { service = "events.amazonaws.com", source_arn = "arn:aws:events:eu-central-1:123456789012:rule/responses-dev-jobs" }
    }
  }

  assert {
    condition = jsonencode([
      for target in aws_cloudwatch_event_target.jobs : {
        rule              = target.rule, arn = target.arn, input = target.input, input_path = target.input_path
        input_transformer = target.input_transformer, role_arn = target.role_arn
      }
      ]) == jsonencode([{
        rule              = "responses-dev-jobs", arn = "arn:aws:sqs:eu-central-1:123456789012:responses-dev-jobs", input = null, input_path = null
        input_transformer = [], role_arn = null
    }])
    error_message = "The engine's rule must send whole events to the queue jobs."
  }

  assert {
    condition     = length(aws_sns_topic_subscription.jobs) == 0
    error_message = "There must be no subscription: the events come from EventBridge."
  }

  assert {
    condition = [for statement in jsondecode(aws_sqs_queue.source["jobs"].policy).Statement : statement if statement.Effect == "Allow"] == [{
      Sid       = "Send"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = "arn:aws:sqs:eu-central-1:123456789012:responses-dev-jobs"
      Condition = { ArnEquals = { "aws:SourceArn" = "arn:aws:events:eu-central-1:123456789012:rule/responses-dev-jobs" } }
    }]
    error_message = "Only EventBridge may send to the queue jobs, for the engine's rule."
  }
}

run "encrypts_with_customer_managed_key" {
  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  assert {
    condition     = output.kms_keys == { for queue in ["uploads", "jobs", "rejects", "uploads-dead-letter", "jobs-dead-letter"] : queue => "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab" }
    error_message = "The key must encrypt every queue."
  }

  assert {
    condition = { for name, function in output.functions : name => merge(
      { keys = values(function.kms_keys) },
      { for sid, statement in function.statements : sid => concat(statement.actions, ["on"], statement.resources, ["via", statement.condition.StringEquals["kms:ViaService"]]) if startswith(sid, "UseKey") },
      ) } == { for name in ["on_upload", "on_job", "reconcile"] : name => {
      keys             = ["arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab", "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"]
      UseKeyByLambda   = ["kms:Decrypt", "on", "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab", "via", "lambda.eu-central-1.amazonaws.com"]
      UseKeyByDynamodb = ["kms:Decrypt", "on", "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab", "via", "dynamodb.eu-central-1.amazonaws.com"]
      UseKeyByS3       = ["kms:Decrypt", "on", "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab", "via", "s3.eu-central-1.amazonaws.com"]
      UseKeyBySqs      = ["kms:Decrypt", "kms:GenerateDataKey", "on", "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab", "via", "sqs.eu-central-1.amazonaws.com"]
    } }
    error_message = "Each function must have the key, and may decrypt items, uploads and messages, and encrypt rejects."
  }
}

run "rejects_alias_of_key" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:alias/responses"
  }

  expect_failures = [var.kms_key_arn]
}
