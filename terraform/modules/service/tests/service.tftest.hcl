mock_provider "aws" {
  source = "../service/tests/mocks"
}

variables {
  stage = "dev"
  name  = "responses-dev"
  jwt   = { issuer = "https://id.example.org", audience = ["owners"] }

  packages = {
    api       = { path = "../../tests/functions/api.zip", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
    on_upload = { path = "../../tests/functions/on_upload.zip", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
    on_job    = { path = "../../tests/functions/on_job.zip", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
    reconcile = { path = "../../tests/functions/reconcile.zip", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
  }

  # At the end of a test, Terraform deletes what the test has created.
  deletion_protection = false
}

run "is_strict_by_default" {
  assert {
    condition     = output.tls_only && output.lifecycle_rules
    error_message = "The buckets must deny plain HTTP and have lifecycle rules."
  }

  assert {
    condition     = [for function in output.functions : function.architecture] == ["arm64", "arm64", "arm64", "arm64"]
    error_message = "Every function must run on arm64."
  }

  assert {
    condition = (
      output.queues.uploads.visibility_timeout_seconds == 6 * output.functions.on_upload.timeout_seconds
      && output.queues.jobs.visibility_timeout_seconds == 6 * output.functions.on_job.timeout_seconds
      && output.functions.on_upload.environment.JOB_LEASE_SECONDS == "60"
      && output.functions.reconcile.environment.JOB_LEASE_SECONDS == "60"
    )
    error_message = "The visibility timeout must be six times the function's timeout, and a job's lease 60 seconds."
  }

  assert {
    condition = alltrue([
      for queue in ["uploads", "jobs"] :
      output.queues[queue].visibility_timeout_seconds > tonumber(output.functions.on_upload.environment.JOB_LEASE_SECONDS)
    ])
    error_message = "The visibility timeout must exceed the job's lease, so that the lease has expired at the first redelivery after a crash."
  }

  assert {
    condition     = length(output.alarms.alarm_names) == 30 && length(output.alarms.subscribed_emails) == 0
    error_message = "The stage must have all thirty alarms, and no email subscription by default."
  }

  assert {
    condition     = output.domain == null && length(output.access_logs) == 0
    error_message = "By default, the API must have API Gateway's own URL, and the buckets no access logs."
  }

  assert {
    condition = (
      jsonencode(output.media_convert.trusted_principals) == jsonencode([{ Service = "mediaconvert.amazonaws.com" }])
      && output.elastic_transcoder == null
      && output.functions.on_upload.environment.ENGINE == "media-convert"
      && jsondecode(module.media_convert[0].event_pattern).source == ["aws.mediaconvert"]
    )
    error_message = "The default engine must be MediaConvert. Only the service may assume its role, and only the service's events may match the rule."
  }

  assert {
    condition     = output.functions.api.environment.SECRET_PARAMETER == "/responses-dev/secret" && !strcontains(jsonencode(output.functions), "the secret")
    error_message = "The api function must have the name of the secret's parameter, and no function may have the secret in its environment."
  }

  assert {
    condition = [
      for name, function in output.functions : name if contains(flatten(values(function.statements)[*].actions), "ssm:GetParameter")
    ] == ["api"]
    error_message = "Only the api function may read the secret's parameter."
  }

  assert {
    condition = jsonencode([
      output.table.name, module.api.secret.version, module.api.cors_origins, module.storage.cors_origins,
      [for name in ["OPEN_UPLOADS", "UPLOAD_MAX_BYTES", "UPLOAD_MINUTES", "PLAYBACK_MINUTES", "ADOPTED_ITEMS", "LOG_LEVEL"] : output.functions.api.environment[name]],
      output.functions.on_upload.environment.MAX_SECONDS, [for function in output.functions : function.log_retention_days],
      ]) == jsonencode([
      "responses-dev", 1, [], [],
      ["", "2147483648", "60", "60", "false", "info"],
      "10800", [30, 30, 30, 30],
    ])
    error_message = "By default there must be no origin and no open project, the limits of the variables' descriptions, no adopted items, and a retention of 30 days."
  }
}

run "dev_rejects_elastic_transcoder" {
  command = plan

  variables {
    engine = "elastic-transcoder"
  }

  expect_failures = [var.engine]
}

run "local_stage_without_overrides_is_strict" {
  variables {
    stage = "local"
    local = {}
  }

  assert {
    condition = (
      output.tls_only
      && output.lifecycle_rules
      && output.queues.uploads.visibility_timeout_seconds == 180
      && output.functions.on_upload.environment.JOB_LEASE_SECONDS == "60"
      && output.functions.api.architecture == "arm64"
      && length(output.media_convert.trusted_principals) == 1
      && jsondecode(output.media_convert.event_pattern).source == ["aws.mediaconvert"]
      && output.alarms != null
    )
    error_message = "An empty `local` must change no setting."
  }
}

run "elastic_transcoder_rejects_key" {
  command = plan

  variables {
    stage       = "local"
    engine      = "elastic-transcoder"
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  expect_failures = [var.kms_key_arn]
}

run "dev_rejects_local" {
  command = plan

  variables {
    stage = "dev"
    local = { architecture = "x86_64" }
  }

  expect_failures = [var.local]
}

run "prod_rejects_local" {
  command = plan

  variables {
    stage            = "prod"
    local            = { allow_plain_http = true, no_alarms = true }
    alarm_topic_arns = ["arn:aws:sns:eu-central-1:123456789012:pager"]
    runbook_url      = "https://git.example.org/runbooks"
  }

  expect_failures = [var.local]
}

run "prod_needs_a_receiver_of_alarms_and_a_runbook" {
  command = plan

  variables {
    stage = "prod"
  }

  expect_failures = [var.alarm_emails, var.runbook_url]
}

run "prod_accepts_emails_or_topics" {
  command = plan

  variables {
    stage        = "prod"
    alarm_emails = ["operators@example.com"]
    runbook_url  = "https://git.example.org/runbooks"
  }

  assert {
    condition     = length(output.alarms.alarm_names) == 30
    error_message = "prod must have all thirty alarms."
  }
}

run "staging_rejects_empty_local" {
  command = plan

  variables {
    stage = "staging"
    local = {}
  }

  expect_failures = [var.local]
}

run "rejects_unknown_stage_and_invalid_name" {
  command = plan

  variables {
    stage = "production"
    name  = "Responses"
  }

  expect_failures = [var.stage, var.name]
}
