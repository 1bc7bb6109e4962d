mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  stage = "dev"
  name  = "responses-dev"
  jwt   = { issuer = "https://id.example.org", audience = ["owners"] }

  packages = {
    api       = { path = "api.zip", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
    on_upload = { path = "on_upload.zip", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
    on_job    = { path = "on_job.zip", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
    reconcile = { path = "reconcile.zip", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
  }
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
    condition     = length(output.alarms.alarm_names) == 9 && length(output.alarms.subscribed_emails) == 0
    error_message = "The stage must have all nine alarms, and no email subscription by default."
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
}

run "alarms_watch_existing_resources" {
  variables {
    alarm_emails = ["operators@example.com"]
  }

  assert {
    condition = output.alarms.watched_resources == {
      uploads-dead-letter = "responses-dev-uploads-dead-letter"
      jobs-dead-letter    = "responses-dev-jobs-dead-letter"
      rejects             = "responses-dev-rejects"
      uploads-waiting     = "responses-dev-uploads"
      jobs-waiting        = "responses-dev-jobs"
      reconcile-errors    = "responses-dev-reconcile"
      reconcile-retries   = ""
      engine-refusals     = ""
      reconcile-silent    = "responses-dev-reconcile"
    }
    error_message = "Each alarm must watch a queue or a function of this stage."
  }

  assert {
    condition     = output.alarms.subscribed_emails == toset(["operators@example.com"])
    error_message = "Each address in alarm_emails must be subscribed."
  }

  assert {
    condition     = output.alarms.max_message_age_seconds == 5 * output.queues.uploads.visibility_timeout_seconds
    error_message = "The threshold of the message age must be five visibility timeouts, after which a failing message is a dead letter."
  }
}

run "each_function_has_its_own_role" {
  assert {
    condition     = [for function in output.functions : function.role_name] == ["responses-dev-api", "responses-dev-on-job", "responses-dev-on-upload", "responses-dev-reconcile"]
    error_message = "Each function must have its own role."
  }
}

run "only_api_reads_secret" {
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
}

run "has_no_adopted_items_by_default" {
  command = plan

  assert {
    condition     = output.functions.api.environment.ADOPTED_ITEMS == "false"
    error_message = "ADOPTED_ITEMS must be false by default."
  }
}

run "accepts_adopted_items" {
  command = plan

  variables {
    adopted_items = true
  }

  assert {
    condition     = output.functions.api.environment.ADOPTED_ITEMS == "true"
    error_message = "adopted_items must set ADOPTED_ITEMS of the api function."
  }
}

run "accepts_higher_secret_version" {
  command = plan

  variables {
    secret_version = 2
  }

  assert {
    condition     = module.api.secret.version == 2
    error_message = "secret_version must set the version of the secret."
  }
}

run "local_stage_overrides_settings" {
  variables {
    stage = "local"
    name  = "responses-local"
    local = {
      allow_plain_http           = true
      no_lifecycle_rules         = true
      architecture               = "x86_64"
      visibility_timeout_seconds = 2
      job_lease_seconds          = 4
      transcoder_user_arn        = "arn:aws:iam::123456789012:user/transcoder"
      event_source               = "local.mediaconvert"
      no_alarms                  = true
    }
  }

  assert {
    condition = (
      !output.tls_only
      && !output.lifecycle_rules
      && output.functions.api.architecture == "x86_64"
      && output.queues.uploads.visibility_timeout_seconds == 2
      && output.functions.on_upload.environment.JOB_LEASE_SECONDS == "4"
      && output.media_convert.trusted_principals[1].AWS == "arn:aws:iam::123456789012:user/transcoder"
      && jsondecode(module.media_convert[0].event_pattern).source == ["local.mediaconvert"]
      && output.alarms == null
    )
    error_message = "Every attribute of `local` must override its setting in the local stage."
  }
}

run "local_stage_accepts_elastic_transcoder" {
  variables {
    stage  = "local"
    engine = "elastic-transcoder"
  }

  assert {
    condition = (
      output.media_convert == null
      && jsonencode(output.elastic_transcoder.trusted_principals) == jsonencode({ Service = "elastictranscoder.amazonaws.com" })
      && output.functions.reconcile.environment.ENGINE == "elastic-transcoder"
    )
    error_message = "The local stage must be able to use Elastic Transcoder."
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
      && output.functions.api.architecture == "arm64"
      && output.alarms != null
    )
    error_message = "An empty `local` must change no setting."
  }
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
    stage = "prod"
    local = { allow_plain_http = true }
  }

  expect_failures = [var.local]
}

run "prod_rejects_missing_alarms" {
  command = plan

  variables {
    stage = "prod"
    local = { no_alarms = true }
  }

  expect_failures = [var.local]
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
