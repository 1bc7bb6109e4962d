# Memory, timeouts, concurrency and what depends on them: the README's table "How the numbers fit".
mock_provider "aws" {
  source = "../service/tests/mocks"
}

variables {
  release     = "5d41402abc4b"
  name        = "responses-dev"
  table       = { name = "t", arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/t" }
  uploads     = { name = "u", arn = "arn:aws:s3:::u" }
  renditions  = { name = "r", arn = "arn:aws:s3:::r" }
  engine_name = "media-convert"

  engine = {
    environment       = { ENGINE = "media-convert" }
    start_statements  = []
    read_statements   = []
    cancel_statements = []
    job_events        = { service = "events.amazonaws.com", source_arn = "arn:aws:events:eu-central-1:123456789012:rule/responses-dev-jobs" }
  }

  packages = {
    on_upload = { path = "../../tests/functions/on_upload.zip", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
    on_job    = { path = "../../tests/functions/on_job.zip", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
    reconcile = { path = "../../tests/functions/reconcile.zip", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
  }
}

run "passes_settings_of_functions" {
  variables {
    log_level            = "warn,ingest=debug"
    permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
    role_path            = "/services/responses/"
    tracing              = true

    functions = {
      on_upload = { memory_mb = 256, timeout_seconds = 40, concurrency = 7 }
      on_job    = { memory_mb = 384, timeout_seconds = 50, concurrency = 9 }
      reconcile = { memory_mb = 512, timeout_seconds = 45 }
    }
  }

  assert {
    condition = { for name, function in output.functions : name => [function.memory_mb, function.timeout_seconds] } == {
      on_upload = [256, 40]
      on_job    = [384, 50]
      reconcile = [512, 45]
    }
    error_message = "Each function must have its own memory and timeout."
  }

  assert {
    condition = { for name, function in output.functions : name => [function.role.path, function.role.permissions_boundary, function.environment.LOG_LEVEL] } == {
      for name in ["on_upload", "on_job", "reconcile"] : name => ["/services/responses/", "arn:aws:iam::123456789012:policy/boundary", "warn,ingest=debug"]
    }
    error_message = "Each function's role must have the path and the permissions boundary of the variables, and each function the log level."
  }

  assert {
    condition     = [for function in output.functions : function.tracing] == [true, true, true]
    error_message = "Every function must have tracing."
  }

  assert {
    condition     = output.concurrency == { on_upload = 7, on_job = 9 }
    error_message = "Each mapping must have the concurrency of its own function."
  }

  assert {
    condition     = [output.queues.uploads.visibility_timeout_seconds, output.queues.jobs.visibility_timeout_seconds] == [240, 300]
    error_message = "The visibility timeout of each queue must be six times the timeout of the function that reads it."
  }

  assert {
    condition     = [for name in ["on_upload", "reconcile"] : output.functions[name].environment.JOB_LEASE_SECONDS] == ["80", "80"]
    error_message = "The lease must be twice the timeout of on_upload."
  }

  assert {
    condition     = output.dead_letter_after_seconds == 1500
    error_message = "The output dead_letter_after_seconds must be five visibility timeouts of the slower queue."
  }
}

run "accepts_longest_timeouts" {
  command = plan

  variables {
    functions = {
      on_upload = { timeout_seconds = 900, concurrency = 1000, memory_mb = 10240 }
      on_job    = { timeout_seconds = 900 }
    }
  }

  assert {
    condition     = module.on_upload.environment.JOB_LEASE_SECONDS == "1800" && output.dead_letter_after_seconds == 27000
    error_message = "With Lambda's longest timeout, the lease must be at most an hour, which on_upload accepts, and the message age at most a day, which the alarms accept."
  }
}

run "rejects_memory_that_lambda_rejects" {
  command = plan

  variables {
    functions = { reconcile = { memory_mb = 64 } }
  }

  expect_failures = [var.functions]
}

run "rejects_timeout_of_on_upload_below_engine_calls" {
  command = plan

  variables {
    functions = { on_upload = { timeout_seconds = 29 } }
  }

  expect_failures = [var.functions]
}

run "rejects_timeout_of_on_job_above_lambda_maximum" {
  command = plan

  variables {
    functions = { on_job = { timeout_seconds = 901 } }
  }

  expect_failures = [var.functions]
}

run "rejects_reconcile_longer_than_schedule" {
  command = plan

  variables {
    functions = { reconcile = { timeout_seconds = 61 } }
  }

  expect_failures = [var.functions]
}

run "rejects_reconcile_without_time_for_work" {
  command = plan

  variables {
    functions = { reconcile = { timeout_seconds = 29 } }
  }

  expect_failures = [var.functions]
}

run "rejects_concurrency_below_minimum_of_mapping" {
  command = plan

  variables {
    functions = { on_job = { concurrency = 1 } }
  }

  expect_failures = [var.functions]
}
