mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  emulator_url   = "http://127.0.0.1:4566"
  transcoder_url = "http://127.0.0.1:4567"
  functions_dir  = "../../tests/functions"
  architecture   = "x86_64"
}

# `make smoke` reads these outputs in every stage.
run "has_outputs_of_every_stage" {
  assert {
    condition = {
      api_url           = output.api_url
      region            = output.region
      table             = output.table
      uploads_bucket    = output.uploads_bucket
      renditions_bucket = output.renditions_bucket
      } == {
      api_url           = "http://127.0.0.1:4566/_aws/execute-api/${module.service.api_id}/$default"
      region            = "us-east-1"
      table             = module.service.table.name
      uploads_bucket    = module.service.uploads.name
      renditions_bucket = module.service.renditions.name
    }
    error_message = "The stage must have the outputs of every stage: api_url, region, table, uploads_bucket and renditions_bucket."
  }
}

run "limits_permissions_of_users" {
  assert {
    condition = [
      for statement in jsondecode(aws_iam_user_policy.transcoder.policy).Statement : [statement.Action, statement.Resource]
      ] == [
      ["sts:AssumeRole", "arn:aws:iam::123456789012:role/mock"],
      ["s3:GetObject", "${module.service.uploads.arn}/*"],
    ]
    error_message = "The transcoder's user must be allowed to assume the engine's role and read uploads for Probe, and nothing else."
  }

  assert {
    condition     = module.service.elastic_transcoder.trusted_principals.AWS == [aws_iam_user.transcoder.arn]
    error_message = "The pipeline's role must trust the transcoder's user."
  }

  assert {
    condition = alltrue(flatten([
      for statement in jsondecode(aws_iam_user_policy.operator.policy).Statement : [
        [for action in statement.Action : !strcontains(action, "*")],
        [for resource in statement.Resource : startswith(resource, "arn:aws:") || statement.Sid == "ListEventSourceMappings"],
      ]
    ]))
    error_message = "The operator's policy must name actions without wildcards and this stack's resources."
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_user_policy.operator.policy).Statement : statement.Sid => [statement.Action, sort(statement.Resource)]
      if endswith(statement.Sid, "EventSourceMappings")
      } == {
      ListEventSourceMappings = [["lambda:ListEventSourceMappings"], tolist(["*"])]
      EventSourceMappings = [
        ["lambda:GetEventSourceMapping", "lambda:UpdateEventSourceMapping"],
        sort([for uuid in values(output.event_source_mappings) : "arn:aws:lambda:us-east-1:123456789012:event-source-mapping:${uuid}"]),
      ]
    }
    error_message = "The operator may read and update this stack's event source mappings, and list all; nothing else."
  }

  assert {
    condition = sort(one([
      for statement in jsondecode(aws_iam_user_policy.operator.policy).Statement : statement.Resource if statement.Sid == "RolePolicies"
      ])) == tolist([
      "arn:aws:iam::123456789012:role/responses-local-api",
      "arn:aws:iam::123456789012:role/responses-local-on-job",
      "arn:aws:iam::123456789012:role/responses-local-on-upload",
      "arn:aws:iam::123456789012:role/responses-local-reconcile",
    ])
    error_message = "The operator may change the policies of the functions' roles only, not of the pipeline's role or of itself."
  }
}

run "issues_tokens" {
  assert {
    condition = (
      aws_cognito_user_pool_client.owner.allowed_oauth_flows == toset(["client_credentials"])
      && toset(aws_cognito_resource_server.responses.scope[*].scope_name) == toset(["read", "write"])
    )
    error_message = "The owner's client must use client credentials, with the scopes read and write."
  }

  assert {
    condition = alltrue([
      for client in [aws_cognito_user_pool_client.wrong_audience, aws_cognito_user_pool_client.short_lived] :
      client.allowed_oauth_flows == toset(["client_credentials"])
      && toset(client.allowed_oauth_scopes) == toset(aws_cognito_user_pool_client.owner.allowed_oauth_scopes)
      && client.user_pool_id == aws_cognito_user_pool_client.owner.user_pool_id
    ])
    error_message = "The clients `wrong-audience` and `short-lived` must have the flow, the scopes and the user pool of the client `owner`."
  }

  assert {
    condition     = module.service.audience == toset([output.token_client_id, output.short_lived_client_id])
    error_message = "The API must accept tokens of the clients `owner` and `short-lived`, not of `wrong-audience`."
  }
}

run "overrides_settings" {
  assert {
    condition = (
      !module.service.tls_only
      && module.service.functions.api.architecture == "x86_64"
      && module.service.functions.api.environment.OPEN_UPLOADS == "demo"
      && module.service.functions.api.environment.ADOPTED_ITEMS == "true"
      && output.functions == {
        api       = "responses-local-api"
        on_job    = "responses-local-on-job"
        on_upload = "responses-local-on-upload"
        reconcile = "responses-local-reconcile"
      }
    )
    error_message = "The stage must allow plain HTTP, use the host's architecture, open the project demo and have adopted items."
  }

  assert {
    condition     = module.service.alarms == null && toset(keys(output.event_source_mappings)) == toset(["on_upload", "on_job"])
    error_message = "The stage must have no alarms, and the UUID of each event source mapping as an output."
  }

  assert {
    condition = (
      module.service.queues.uploads.visibility_timeout_seconds == 2
      && module.service.queues.jobs.visibility_timeout_seconds == 2
      && module.service.functions.on_upload.environment.JOB_LEASE_SECONDS == "4"
      && module.service.functions.reconcile.environment.JOB_LEASE_SECONDS == "4"
    )
    error_message = "By default, the visibility timeout must be 2 seconds and the lease 4."
  }
}

run "accepts_longer_waits" {
  variables {
    visibility_timeout_seconds = 30
    job_lease_seconds          = 10
  }

  assert {
    condition = (
      module.service.queues.uploads.visibility_timeout_seconds == 30
      && module.service.functions.on_upload.environment.JOB_LEASE_SECONDS == "10"
    )
    error_message = "Both waits must be configurable."
  }
}

run "rejects_invalid_waits" {
  command = plan

  variables {
    visibility_timeout_seconds = 0
    job_lease_seconds          = 3601
  }

  expect_failures = [var.visibility_timeout_seconds, var.job_lease_seconds]
}

run "rejects_urls_of_other_machines" {
  command = plan

  variables {
    emulator_url   = "https://dynamodb.eu-central-1.amazonaws.com"
    transcoder_url = "http://10.0.0.1:80"
  }

  expect_failures = [var.emulator_url, var.transcoder_url]
}

run "accepts_media_convert" {
  variables {
    engine = "media-convert"
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_user_policy.transcoder.policy).Statement : [statement.Action, statement.Resource]
      ] == [
      ["sts:AssumeRole", "arn:aws:iam::123456789012:role/mock"],
      ["s3:GetObject", "${module.service.uploads.arn}/*"],
      ["events:PutEvents", "arn:aws:events:us-east-1:123456789012:event-bus/default"],
    ]
    error_message = "With MediaConvert, the transcoder's user must also be allowed to send job events."
  }

  assert {
    condition     = jsondecode(module.service.media_convert.event_pattern).source == ["local.mediaconvert"] && output.pipeline_id == ""
    error_message = "The rule must match events of local.mediaconvert only, and pipeline_id must be empty."
  }
}
