mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  region        = "eu-central-1"
  account_id    = "123456789012"
  functions_dir = "../../tests/functions"
  jwt           = { issuer = "https://id.example.org", audience = ["owners"] }
}

# `make smoke` and the tools of the local stage read these outputs.
run "has_outputs_of_every_stage" {
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
    error_message = "The stage must have the outputs of every stage: api_url, region, table, uploads_bucket and renditions_bucket."
  }
}

run "names_contain_stage" {
  command = plan

  assert {
    condition     = output.table == "responses-dev"
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
    condition     = length(module.service.alarms.alarm_names) == 9 && length(module.service.alarms.subscribed_emails) == 0 && output.alarms_topic_arn == module.service.alarms.topic_arn
    error_message = "The stage must have all nine alarms, no email subscription by default, and the output alarms_topic_arn."
  }

  assert {
    condition     = jsonencode(module.service.media_convert.trusted_principals) == jsonencode([{ Service = "mediaconvert.amazonaws.com" }])
    error_message = "Only MediaConvert may assume the jobs' role."
  }

  assert {
    condition     = module.service.functions.api.environment.OPEN_UPLOADS == "" && module.service.functions.api.environment.ADOPTED_ITEMS == "false"
    error_message = "By default, no project may be open and no table adopted."
  }
}

run "accepts_adopted_table" {
  command = plan

  variables {
    table_name    = "Chalice.Responses"
    adopted_items = true
  }

  assert {
    condition     = output.table == "Chalice.Responses" && module.service.functions.api.environment.ADOPTED_ITEMS == "true"
    error_message = "table_name must set the table's name, and adopted_items must set ADOPTED_ITEMS."
  }
}

run "subscribes_alarm_emails" {
  variables {
    alarm_emails = ["operators@example.com"]
  }

  assert {
    condition     = module.service.alarms.subscribed_emails == toset(["operators@example.com"])
    error_message = "Each address in alarm_emails must be subscribed."
  }
}

run "rejects_invalid_account_id" {
  command = plan

  variables {
    account_id = "prod"
  }

  expect_failures = [var.account_id]
}
