mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  region     = "eu-central-1"
  account_id = "123456789012"
  packages = {
    folder = "../../tests/functions"
    sha256 = {
      api       = "FMJSnrRJjF0f/WkV0Fv1ipG92nlq9Z9B1IDRHAmdBHk="
      on_upload = "uH6YZeNrqqU/NQy5jd2qaD9ieTt9fONYPWnDLbvo8Uw="
      on_job    = "ilbl9Iu+bIqevnZWpCALXKxSu5iFWwUnjQ4lY8rSKnw="
      reconcile = "4sMNWSZIKQEf584ws525cF+2ygKSS6yfFc8f+WJrbDg="
    }
  }
  jwt = { issuer = "https://id.example.org", audience = ["owners"] }

  # At the end of a test, Terraform deletes what the test has created.
  deletion_protection = false

  # prod does not validate without these.
  alarm_topic_arns = ["arn:aws:sns:eu-central-1:123456789012:pager"]
  runbook_url      = "https://git.example.org/runbooks"
}

run "names_contain_stage" {
  command = plan

  assert {
    condition     = output.table == "responses-${local.stage}"
    error_message = "The names of the resources must contain the stage's name."
  }
}

# The stage has no variable for the settings of the local stage. This checks the result.
run "is_strict" {
  assert {
    condition     = module.service.tls_only && module.service.lifecycle_rules
    error_message = "The buckets must deny plain HTTP and have lifecycle rules."
  }

  assert {
    condition     = module.service.sources == null
    error_message = "By default, sources must stay in S3 Standard."
  }

  assert {
    condition     = [for function in module.service.functions : function.architecture] == ["arm64", "arm64", "arm64", "arm64"]
    error_message = "Every function must run on arm64."
  }

  assert {
    condition = (
      module.service.queues.uploads.visibility_timeout_seconds == 6 * module.service.functions.on_upload.timeout_seconds
      && module.service.queues.jobs.visibility_timeout_seconds == 6 * module.service.functions.on_job.timeout_seconds
    )
    error_message = "The visibility timeout must be six times the function's timeout."
  }

  assert {
    condition = alltrue([
      for queue in ["uploads", "jobs"] :
      module.service.queues[queue].visibility_timeout_seconds > tonumber(module.service.functions.on_upload.environment.JOB_LEASE_SECONDS)
    ])
    error_message = "The visibility timeout must exceed the job's lease, so that the lease has expired at the first redelivery after a crash."
  }

  assert {
    condition     = length(module.service.alarms.alarm_names) == 30 && length(module.service.alarms.subscribed_emails) == 0 && output.alarms_topic_arn == module.service.alarms.topic_arn
    error_message = "The stage must have all thirty alarms, no email subscription by default, and the output alarms_topic_arn."
  }

  assert {
    condition     = jsonencode(module.service.media_convert.trusted_principals) == jsonencode([{ Service = "mediaconvert.amazonaws.com" }])
    error_message = "Only MediaConvert may assume the jobs' role."
  }

  assert {
    condition     = jsondecode(module.service.media_convert.event_pattern).source == ["aws.mediaconvert"]
    error_message = "Only events of MediaConvert may match the rule of job events."
  }

  assert {
    condition     = [for function in ["on_upload", "reconcile"] : module.service.functions[function].environment.JOB_LEASE_SECONDS] == ["60", "60"]
    error_message = "The lease of a job must be 60 seconds."
  }

  assert {
    condition = (
      length(module.service.cors_origins.api) == 0 && length(module.service.cors_origins.buckets) == 0
      && [for function in module.service.functions : function.log_retention_days] == [for function in module.service.functions : local.stage == "prod" ? 365 : 30]
      && [for function in module.service.functions : function.environment.LOG_LEVEL] == ["info", "info", "info", "info"]
      && module.service.functions.on_job.environment.MAX_SECONDS == "10800"
      && [for function in module.service.functions : function.memory_mb] == [128, 128, 128, 128]
      && module.service.concurrency == { on_upload = 2, on_job = 5 }
      && !anytrue([for function in module.service.functions : function.tracing])
      && output.domain == null && length(module.service.access_logs) == 0
      && jsonencode(module.service.throttle) == jsonencode({ default = { rate = 100, burst = 200 }, routes = {} })
      && [for name in ["UPLOAD_MAX_BYTES", "UPLOAD_MINUTES", "PLAYBACK_MINUTES"] : module.service.functions.api.environment[name]] == ["2147483648", "60", "60"]
      && [for role in concat(values(module.service.functions)[*].role, [module.service.media_convert.role]) : jsonencode([role.path, role.permissions_boundary])] == [
        for role in range(5) : jsonencode(["/", null])
      ]
    )
    error_message = "By default, no page may use the stage, logs must be kept for 30 days (365 in prod) from the level info on, jobs must be cut at three hours, functions must have 128 MiB and no tracing, the API its default limits and URL, the buckets no access logs, and roles the path / and no permissions boundary."
  }

  assert {
    condition     = module.service.functions.api.environment.OPEN_UPLOADS == "" && module.service.functions.api.environment.ADOPTED_ITEMS == "false"
    error_message = "By default, no project may be open and no table adopted."
  }
}

run "refresh_needs_no_packages" {
  command = plan

  plan_options {
    mode = refresh-only
  }

  variables {
    packages = null
  }
}
