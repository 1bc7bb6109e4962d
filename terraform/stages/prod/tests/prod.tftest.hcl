mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  region        = "eu-central-1"
  account_id    = "123456789012"
  functions_dir = "../../tests/functions"
  jwt           = { issuer = "https://id.example.org", audience = ["owners"] }
}

# `make smoke` and the local stage use these names.
run "has_the_outputs_of_every_stage" {
  assert {
    condition = {
      api_url           = output.api_url
      region            = output.region
      table             = output.table
      uploads_bucket    = output.uploads_bucket
      renditions_bucket = output.renditions_bucket
      } == {
      api_url           = module.service.api_url
      region            = "eu-central-1"
      table             = module.service.table.name
      uploads_bucket    = module.service.uploads.name
      renditions_bucket = module.service.renditions.name
    }
    error_message = "Every stage has the outputs api_url, region, table, uploads_bucket and renditions_bucket."
  }
}

run "plans" {
  command = plan

  assert {
    condition     = output.table == "responses-prod"
    error_message = "The stage's names carry its own."
  }
}

# Nothing here sets what only the local stage may: a variable for it does not exist, and this is what comes out.
run "is_strict" {
  assert {
    condition     = module.service.tls_only && module.service.clean_up
    error_message = "Buckets refuse plain HTTP and are cleaned up."
  }

  assert {
    condition     = [for function in module.service.functions : function.architecture] == ["arm64", "arm64", "arm64", "arm64"]
    error_message = "Functions run on arm64."
  }

  assert {
    condition = (
      module.service.queues.uploads.visibility_timeout_seconds == 6 * module.service.functions.on_upload.timeout_seconds
      && module.service.queues.jobs.visibility_timeout_seconds == 6 * module.service.functions.on_job.timeout_seconds
    )
    error_message = "A failed message waits six times the function's timeout."
  }

  assert {
    condition = alltrue([
      for queue in ["uploads", "jobs"] :
      module.service.queues[queue].visibility_timeout_seconds > tonumber(module.service.functions.on_upload.environment.JOB_LEASE_SECONDS)
    ])
    error_message = "The first redelivery after a crash finds the job's lease over."
  }

  assert {
    condition     = length(module.service.alarms.names) == 9 && length(module.service.alarms.emails) == 0 && output.alarms_topic_arn == module.service.alarms.topic_arn
    error_message = "All alarms are there; nobody is told by email unless it is said."
  }

  assert {
    condition     = jsonencode(module.service.media_convert.trusted) == jsonencode([{ Service = "mediaconvert.amazonaws.com" }])
    error_message = "Only the service may assume the jobs' role."
  }

  assert {
    condition     = module.service.functions.api.environment.OPEN_UPLOADS == "" && module.service.functions.api.environment.ADOPTED_ITEMS == "false"
    error_message = "No project is open and no table adopted unless it is said."
  }
}

run "adopts_a_table" {
  command = plan

  variables {
    table_name    = "Chalice.Responses"
    adopted_items = true
  }

  assert {
    condition     = output.table == "Chalice.Responses" && module.service.functions.api.environment.ADOPTED_ITEMS == "true"
    error_message = "An adopted table keeps its name, and its items are known to be there."
  }
}

run "tells_of_alarms" {
  variables {
    alarm_emails = ["operators@example.com"]
  }

  assert {
    condition     = module.service.alarms.emails == toset(["operators@example.com"])
    error_message = "Who is to be told of alarms is subscribed."
  }
}

run "refuses_a_bad_account" {
  command = plan

  variables {
    account_id = "prod"
  }

  expect_failures = [var.account_id]
}
