mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  emulator_url   = "http://127.0.0.1:4566"
  transcoder_url = "http://127.0.0.1:4567"
  functions_dir  = "../../tests/functions"
  architecture   = "x86_64"
}

# `make smoke` uses these names on every stage.
run "has_the_outputs_of_every_stage" {
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
    error_message = "Every stage has the outputs api_url, region, table, uploads_bucket and renditions_bucket."
  }
}

run "users" {
  assert {
    condition = [
      for statement in jsondecode(aws_iam_user_policy.transcoder.policy).Statement : [statement.Action, statement.Resource]
      ] == [
      ["sts:AssumeRole", "arn:aws:iam::123456789012:role/mock"],
      ["s3:GetObject", "${module.service.uploads.arn}/*"],
    ]
    error_message = "The transcoder may assume the engine's role, read uploads for Probe, and do nothing else."
  }

  assert {
    condition     = module.service.elastic_transcoder.trusted.AWS == [aws_iam_user.transcoder.arn]
    error_message = "The pipeline's role trusts the transcoder's user."
  }

  assert {
    condition = alltrue(flatten([
      for statement in jsondecode(aws_iam_user_policy.operator.policy).Statement : [
        [for action in statement.Action : !strcontains(action, "*")],
        [for resource in statement.Resource : startswith(resource, "arn:aws:") || statement.Sid == "ListMappings"],
      ]
    ]))
    error_message = "The operator may do named actions on this stack's resources."
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_user_policy.operator.policy).Statement : statement.Sid => [statement.Action, sort(statement.Resource)]
      if strcontains(statement.Sid, "Mappings")
      } == {
      ListMappings = [["lambda:ListEventSourceMappings"], tolist(["*"])]
      Mappings = [
        ["lambda:GetEventSourceMapping", "lambda:UpdateEventSourceMapping"],
        sort([for uuid in values(output.event_source_mappings) : "arn:aws:lambda:us-east-1:123456789012:event-source-mapping:${uuid}"]),
      ]
    }
    error_message = "The operator may stop and start what feeds the functions, and nothing else but list what there is."
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
    error_message = "The operator may change the functions' policies, not the pipeline's, not its own."
  }
}

run "tokens" {
  assert {
    condition = (
      aws_cognito_user_pool_client.owner.allowed_oauth_flows == toset(["client_credentials"])
      && toset(aws_cognito_resource_server.responses.scope[*].scope_name) == toset(["read", "write"])
    )
    error_message = "An owner's token comes from a client's credentials, with the scopes read and write."
  }

  assert {
    condition = alltrue([
      for client in [aws_cognito_user_pool_client.stranger, aws_cognito_user_pool_client.brief] :
      client.allowed_oauth_flows == toset(["client_credentials"])
      && toset(client.allowed_oauth_scopes) == toset(aws_cognito_user_pool_client.owner.allowed_oauth_scopes)
      && client.user_pool_id == aws_cognito_user_pool_client.owner.user_pool_id
    ])
    error_message = "A stranger's token and a brief one differ from an owner's in nothing but their client."
  }

  assert {
    condition     = module.service.audience == toset([output.token_client_id, output.brief_client_id])
    error_message = "The API listens to the owner's tokens and to brief ones, not to the stranger's."
  }
}

run "loosened" {
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
    error_message = "The local stage speaks plain HTTP, on the host's architecture, with the project demo open and adopted items."
  }

  assert {
    condition     = module.service.alarms == null && toset(keys(output.event_source_mappings)) == toset(["on_upload", "on_job"])
    error_message = "There are no alarms here; each mapping is told by its function's name."
  }

  assert {
    condition = (
      module.service.queues.uploads.visibility_timeout_seconds == 2
      && module.service.queues.jobs.visibility_timeout_seconds == 2
      && module.service.functions.on_upload.environment.JOB_LEASE_SECONDS == "4"
      && module.service.functions.reconcile.environment.JOB_LEASE_SECONDS == "4"
    )
    error_message = "A failed message is soon back, and finds a lease standing."
  }
}

run "other_waits" {
  variables {
    visibility_timeout_seconds = 30
    job_lease_seconds          = 10
  }

  assert {
    condition = (
      module.service.queues.uploads.visibility_timeout_seconds == 30
      && module.service.functions.on_upload.environment.JOB_LEASE_SECONDS == "10"
    )
    error_message = "Whoever tries something out may wait longer."
  }
}

run "refuses_bad_waits" {
  command = plan

  variables {
    visibility_timeout_seconds = 0
    job_lease_seconds          = 3601
  }

  expect_failures = [var.visibility_timeout_seconds, var.job_lease_seconds]
}

run "stays_on_this_machine" {
  command = plan

  variables {
    emulator_url   = "https://dynamodb.eu-central-1.amazonaws.com"
    transcoder_url = "http://10.0.0.1:80"
  }

  expect_failures = [var.emulator_url, var.transcoder_url]
}

run "media_convert" {
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
    error_message = "With MediaConvert the transcoder also tells of its jobs."
  }

  assert {
    condition     = jsondecode(module.service.media_convert.event_pattern).source == ["local.mediaconvert"] && output.pipeline_id == ""
    error_message = "Its events are told apart from the service's."
  }
}
