mock_provider "aws" {
  source = "../service/tests/mocks"
}

variables {
  release     = "5d41402abc4b"
  name        = "responses-dev"
  table       = { name = "t", arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/t" }
  uploads     = { name = "u", arn = "arn:aws:s3:::u" }
  renditions  = { name = "r", arn = "arn:aws:s3:::r" }
  engine_name = "elastic-transcoder"

  engine = {
    environment = { ENGINE = "elastic-transcoder", PIPELINE_ID = "1111111111111-abcdef", PRESET_ID = "1351620000001-100070" }
    start_statements = [
      { sid = "StartJob", actions = ["engine:Start"], resources = ["arn:aws:engine:::queue"] },
      {
        sid       = "PassRole"
        actions   = ["iam:PassRole"]
        resources = ["arn:aws:iam::123456789012:role/jobs"]
        condition = { StringEquals = { "iam:PassedToService" = "engine.amazonaws.com" } }
      },
    ]
    read_statements   = [{ sid = "ReadAndCancelJobs", actions = ["engine:Read"], resources = ["arn:aws:engine:::job"] }]
    cancel_statements = [{ sid = "CancelJobs", actions = ["engine:Cancel"], resources = ["arn:aws:engine:::job"] }]
    job_events        = { service = "sns.amazonaws.com", source_arn = "arn:aws:sns:eu-central-1:123456789012:jobs" }
  }

  packages = {
    on_upload = { path = "../../tests/functions/on_upload.zip", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
    on_job    = { path = "../../tests/functions/on_job.zip", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
    reconcile = { path = "../../tests/functions/reconcile.zip", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
  }
}

run "creates_queues" {
  assert {
    condition = { for name, queue in aws_sqs_queue.source : name => [for statement in jsondecode(queue.policy).Statement : statement if statement.Effect == "Allow"] } == {
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
    error_message = "Only S3 may send to the queue uploads, for the uploads bucket of this account; only SNS to the queue jobs, for the jobs topic."
  }

  assert {
    condition = {
      for queue in concat(values(aws_sqs_queue.source), values(aws_sqs_queue.dead_letter), [aws_sqs_queue.rejects]) :
      queue.name => [for statement in jsondecode(queue.policy).Statement : statement if statement.Effect == "Deny"]
      } == { for queue in ["uploads", "jobs", "rejects", "uploads-dead-letter", "jobs-dead-letter"] : "responses-dev-${queue}" => [{
        Sid       = "RequireTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = "arn:aws:sqs:eu-central-1:123456789012:responses-dev-${queue}"
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }] }
    error_message = "Every queue must deny plain HTTP."
  }

  assert {
    condition = output.tls_only && alltrue([
      for queue in concat(values(aws_sqs_queue.dead_letter), [aws_sqs_queue.rejects]) : length(jsondecode(queue.policy).Statement) == 1
    ])
    error_message = "No other service may send to the dead-letter queues and to rejects."
  }

  assert {
    condition     = [for queue in aws_sqs_queue.source : queue.visibility_timeout_seconds] == [180, 180]
    error_message = "The visibility timeout must be six times the functions' timeout."
  }

  assert {
    condition = alltrue([
      for queue in concat(values(aws_sqs_queue.source), values(aws_sqs_queue.dead_letter), [aws_sqs_queue.rejects]) :
      queue.sqs_managed_sse_enabled && queue.message_retention_seconds == 1209600
    ])
    error_message = "Every queue must encrypt its messages and keep them for 14 days."
  }
}

# In a state of its own: a policy that the configuration leaves out would keep its value of the run before.
run "local_stage_allows_plain_http" {
  state_key = "plain_http"

  variables {
    tls_only = false
  }

  assert {
    condition = !output.tls_only && jsonencode([
      for queue in concat(values(aws_sqs_queue.source), values(aws_sqs_queue.dead_letter), [aws_sqs_queue.rejects]) :
      try(jsondecode(queue.policy).Statement[*].Effect, null)
    ]) == jsonencode([["Allow"], ["Allow"], null, null, null])
    error_message = "Without tls_only, no queue may deny plain HTTP, and only the queues that other services send to have a policy."
  }
}

run "timeouts_and_lease_fit" {
  assert {
    condition = alltrue([
      for queue in ["uploads", "jobs"] :
      output.queues[queue].visibility_timeout_seconds > tonumber(module.on_upload.environment.JOB_LEASE_SECONDS)
    ])
    error_message = "The visibility timeout must exceed the job's lease, so that the lease has expired at the first redelivery after a crash."
  }

  assert {
    condition     = output.dead_letter_after_seconds == 900
    error_message = "A message that always fails must become a dead letter after 15 minutes."
  }
}

run "grants_functions_least_privilege" {
  assert {
    condition = { for sid, statement in module.on_upload.statements : sid => concat(statement.actions, ["on"], statement.resources) if sid != "WriteOwnLogs" } == {
      ReadWriteResponses  = ["dynamodb:GetItem", "dynamodb:UpdateItem", "on", "arn:aws:dynamodb:eu-central-1:123456789012:table/t"]
      ReadUploads         = ["s3:GetObject", "s3:GetObjectVersion", "on", "arn:aws:s3:::u/*"]
      ListUploads         = ["s3:ListBucket", "on", "arn:aws:s3:::u"]
      DeleteSecondVersion = ["s3:DeleteObjectVersion", "on", "arn:aws:s3:::u/*"]
      StartJob            = ["engine:Start", "on", "arn:aws:engine:::queue"]
      PassRole            = ["iam:PassRole", "on", "arn:aws:iam::123456789012:role/jobs"]
      SendRejects         = ["sqs:SendMessage", "on", "arn:aws:sqs:eu-central-1:123456789012:responses-dev-rejects"]
      ConsumeQueue        = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "on", "arn:aws:sqs:eu-central-1:123456789012:responses-dev-uploads"]
    }
    error_message = "The role of on_upload must allow exactly the actions that on_upload calls."
  }

  assert {
    condition = { for sid, statement in module.on_job.statements : sid => concat(statement.actions, ["on"], statement.resources) if sid != "WriteOwnLogs" } == {
      CancelJobs            = ["engine:Cancel", "on", "arn:aws:engine:::job"]
      ReadWriteResponses    = ["dynamodb:GetItem", "dynamodb:UpdateItem", "on", "arn:aws:dynamodb:eu-central-1:123456789012:table/t"]
      ReadUploads           = ["s3:GetObject", "s3:GetObjectVersion", "on", "arn:aws:s3:::u/*"]
      ListUploads           = ["s3:ListBucket", "on", "arn:aws:s3:::u"]
      QueryResponses        = ["dynamodb:Query", "on", "arn:aws:dynamodb:eu-central-1:123456789012:table/t"]
      ListRenditionVersions = ["s3:ListBucketVersions", "on", "arn:aws:s3:::r"]
      DeleteLosingRendition = ["s3:DeleteObjectVersion", "on", "arn:aws:s3:::r/output/*"]
      SendRejects           = ["sqs:SendMessage", "on", "arn:aws:sqs:eu-central-1:123456789012:responses-dev-rejects"]
      ConsumeQueue          = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "on", "arn:aws:sqs:eu-central-1:123456789012:responses-dev-jobs"]
    }
    error_message = "The role of on_job must allow exactly the actions that on_job calls."
  }

  assert {
    condition = { for sid, statement in module.reconcile.statements : sid => concat(statement.actions, ["on"], statement.resources) if sid != "WriteOwnLogs" } == {
      ReadWriteResponses    = ["dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "on", "arn:aws:dynamodb:eu-central-1:123456789012:table/t"]
      QueryOpenIndex        = ["dynamodb:Query", "on", "arn:aws:dynamodb:eu-central-1:123456789012:table/t/index/Open"]
      ReadUploads           = ["s3:GetObject", "on", "arn:aws:s3:::u/*"]
      ListUploads           = ["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads", "on", "arn:aws:s3:::u"]
      DeleteUploads         = ["s3:DeleteObjectVersion", "s3:AbortMultipartUpload", "on", "arn:aws:s3:::u/*"]
      ListRenditionVersions = ["s3:ListBucketVersions", "on", "arn:aws:s3:::r"]
      DeleteRenditions      = ["s3:DeleteObjectVersion", "on", "arn:aws:s3:::r/output/*"]
      StartJob              = ["engine:Start", "on", "arn:aws:engine:::queue"]
      PassRole              = ["iam:PassRole", "on", "arn:aws:iam::123456789012:role/jobs"]
      SendRejects           = ["sqs:SendMessage", "on", "arn:aws:sqs:eu-central-1:123456789012:responses-dev-rejects"]
      ReadAndCancelJobs     = ["engine:Read", "on", "arn:aws:engine:::job"]
    }
    error_message = "The role of reconcile must allow exactly the actions that reconcile calls."
  }

  assert {
    condition = {
      for name, function in output.functions : name => { for sid, statement in function.statements : sid => statement.condition if statement.condition != null }
      } == {
      on_upload = { PassRole = { StringEquals = { "iam:PassedToService" = "engine.amazonaws.com" } } }
      on_job    = { ListRenditionVersions = { StringLike = { "s3:prefix" = "output/*" } } }
      reconcile = {
        PassRole              = { StringEquals = { "iam:PassedToService" = "engine.amazonaws.com" } }
        ListRenditionVersions = { StringLike = { "s3:prefix" = "output/*" } }
      }
    }
    error_message = "The engine's role may be passed to the engine only, and only by functions that start jobs. Renditions may be listed under output/ only, uploads without a condition: HeadObject has no prefix."
  }

  assert {
    condition     = module.reconcile.environment == module.on_upload.environment && module.reconcile.timeout_seconds == 60
    error_message = "reconcile must have the environment variables of on_upload, and a timeout of 60 seconds."
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
      METRICS_NAMESPACE    = "responses-dev"
    })
    error_message = "on_upload must have exactly the environment variables that it reads."
  }

  assert {
    condition     = toset(keys(module.on_job.environment)) == toset(["RESPONSES_TABLE_NAME", "UPLOADS_BUCKET", "RENDITIONS_BUCKET", "REJECTS_QUEUE_URL", "MAX_SECONDS", "LOG_LEVEL", "METRICS_NAMESPACE", "ENGINE", "PIPELINE_ID", "PRESET_ID"])
    error_message = "on_job must have exactly the environment variables that it reads."
  }
}

run "accepts_shorter_waits" {
  variables {
    visibility_timeout_seconds = 2
    job_lease_seconds          = 4
  }

  assert {
    condition     = [for queue in aws_sqs_queue.source : queue.visibility_timeout_seconds] == [2, 2] && output.dead_letter_after_seconds == 10
    error_message = "Both values must be configurable: the local stage sets a visibility timeout below the lease."
  }
}

run "rejects_max_seconds_above_engine_limit" {
  command = plan

  variables {
    max_seconds = 86400
  }

  expect_failures = [var.max_seconds]
}

run "rejects_zero_lease" {
  command = plan

  variables {
    job_lease_seconds = 0
  }

  expect_failures = [var.job_lease_seconds]
}

run "rejects_lease_not_below_visibility_timeout" {
  command = plan

  variables {
    job_lease_seconds = 180
  }

  expect_failures = [var.job_lease_seconds]
}

run "rejects_invalid_settings" {
  command = plan

  variables {
    name                       = "-"
    visibility_timeout_seconds = 0
    log_level                  = "loud"
  }

  expect_failures = [var.name, var.visibility_timeout_seconds, var.log_level]
}

run "rejects_missing_package" {
  command = plan

  variables {
    packages = {
      on_upload = { path = "../../tests/functions/on_upload.zip", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
      on_job    = { path = "../../tests/functions/on_job.zip", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
    }
  }

  expect_failures = [var.packages]
}
