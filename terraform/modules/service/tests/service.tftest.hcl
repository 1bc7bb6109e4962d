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

run "strict_by_default" {
  assert {
    condition     = output.tls_only && output.clean_up
    error_message = "Buckets refuse plain HTTP and are cleaned up."
  }

  assert {
    condition     = [for function in output.functions : function.architecture] == ["arm64", "arm64", "arm64", "arm64"]
    error_message = "Functions run on arm64."
  }

  assert {
    condition = (
      output.queues.uploads.visibility_timeout_seconds == 6 * output.functions.on_upload.timeout_seconds
      && output.queues.jobs.visibility_timeout_seconds == 6 * output.functions.on_job.timeout_seconds
      && output.functions.on_upload.environment.JOB_LEASE_SECONDS == "60"
      && output.functions.reconcile.environment.JOB_LEASE_SECONDS == "60"
    )
    error_message = "A failed message waits six times the function's timeout, a job's lease is a minute."
  }

  assert {
    condition = alltrue([
      for queue in ["uploads", "jobs"] :
      output.queues[queue].visibility_timeout_seconds > tonumber(output.functions.on_upload.environment.JOB_LEASE_SECONDS)
    ])
    error_message = "The first redelivery after a crash finds the job's lease over."
  }

  assert {
    condition     = length(output.alarms.names) == 9 && length(output.alarms.emails) == 0
    error_message = "All alarms are there; nobody is told by email unless it is said."
  }

  assert {
    condition = (
      jsonencode(output.media_convert.trusted) == jsonencode([{ Service = "mediaconvert.amazonaws.com" }])
      && output.elastic_transcoder == null
      && output.functions.on_upload.environment.ENGINE == "media-convert"
      && jsondecode(module.media_convert[0].event_pattern).source == ["aws.mediaconvert"]
    )
    error_message = "MediaConvert transcodes; only the service may assume its role, and only the service tells of jobs."
  }
}

run "alarms" {
  variables {
    alarm_emails = ["operators@example.com"]
  }

  assert {
    condition = output.alarms.watched == {
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
    error_message = "Each alarm watches a queue or a function that is there."
  }

  assert {
    condition     = output.alarms.emails == toset(["operators@example.com"])
    error_message = "Who is to be told of alarms is subscribed."
  }

  assert {
    condition     = output.alarms.longest_wait_seconds == 5 * output.queues.uploads.visibility_timeout_seconds
    error_message = "A queue waits too long when it waits longer than its messages may fail."
  }
}

run "roles_of_their_own" {
  assert {
    condition     = [for function in output.functions : function.role] == ["responses-dev-api", "responses-dev-on-job", "responses-dev-on-upload", "responses-dev-reconcile"]
    error_message = "Each function has a role of its own."
  }
}

run "secret" {
  assert {
    condition     = output.functions.api.environment.SECRET_PARAMETER == "/responses-dev/secret" && !strcontains(jsonencode(output.functions), "the secret")
    error_message = "The api function is told where the secret is; nobody is told the secret."
  }

  assert {
    condition = [
      for name, function in output.functions : name if contains(flatten(values(function.statements)[*].actions), "ssm:GetParameter")
    ] == ["api"]
    error_message = "No other function may read the secret."
  }
}

run "adopted_items" {
  command = plan

  assert {
    condition     = output.functions.api.environment.ADOPTED_ITEMS == "false"
    error_message = "A table holds items of the Chalice project only where a stage says so."
  }
}

run "adopted_items_where_told" {
  command = plan

  variables {
    adopted_items = true
  }

  assert {
    condition     = output.functions.api.environment.ADOPTED_ITEMS == "true"
    error_message = "A stage may say so."
  }
}

run "another_secret" {
  command = plan

  variables {
    secret_version = 2
  }

  assert {
    condition     = module.api.secret.version == 2
    error_message = "A stage may have another secret made."
  }
}

run "local_may_loosen" {
  variables {
    stage = "local"
    name  = "responses-local"
    local = {
      plain_http                 = true
      keep_everything            = true
      architecture               = "x86_64"
      visibility_timeout_seconds = 2
      job_lease_seconds          = 4
      transcoder_arn             = "arn:aws:iam::123456789012:user/transcoder"
      event_source               = "local.mediaconvert"
      no_alarms                  = true
    }
  }

  assert {
    condition = (
      !output.tls_only
      && !output.clean_up
      && output.functions.api.architecture == "x86_64"
      && output.queues.uploads.visibility_timeout_seconds == 2
      && output.functions.on_upload.environment.JOB_LEASE_SECONDS == "4"
      && output.media_convert.trusted[1].AWS == "arn:aws:iam::123456789012:user/transcoder"
      && jsondecode(module.media_convert[0].event_pattern).source == ["local.mediaconvert"]
      && output.alarms == null
    )
    error_message = "The local stage gets what it asks for."
  }
}

run "local_may_have_the_engine_that_ended" {
  variables {
    stage  = "local"
    engine = "elastic-transcoder"
  }

  assert {
    condition = (
      output.media_convert == null
      && jsonencode(output.elastic_transcoder.trusted) == jsonencode({ Service = "elastictranscoder.amazonaws.com" })
      && output.functions.reconcile.environment.ENGINE == "elastic-transcoder"
    )
    error_message = "The local stage may run either engine."
  }
}

run "dev_may_not_have_it" {
  command = plan

  variables {
    engine = "elastic-transcoder"
  }

  expect_failures = [var.engine]
}

run "local_that_asks_for_nothing_is_strict" {
  variables {
    stage = "local"
    local = {}
  }

  assert {
    condition = (
      output.tls_only
      && output.clean_up
      && output.queues.uploads.visibility_timeout_seconds == 180
      && output.functions.api.architecture == "arm64"
      && output.alarms != null
    )
    error_message = "Each thing is loosened by name."
  }
}

run "dev_may_not_loosen" {
  command = plan

  variables {
    stage = "dev"
    local = { architecture = "x86_64" }
  }

  expect_failures = [var.local]
}

run "prod_may_not_loosen" {
  command = plan

  variables {
    stage = "prod"
    local = { plain_http = true }
  }

  expect_failures = [var.local]
}

run "prod_may_not_be_without_alarms" {
  command = plan

  variables {
    stage = "prod"
    local = { no_alarms = true }
  }

  expect_failures = [var.local]
}

run "not_even_an_empty_one" {
  command = plan

  variables {
    stage = "staging"
    local = {}
  }

  expect_failures = [var.local]
}

run "refuses_an_unknown_stage" {
  command = plan

  variables {
    stage = "production"
    name  = "Responses"
  }

  expect_failures = [var.stage, var.name]
}
