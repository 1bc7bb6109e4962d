mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  emulator_url   = "http://127.0.0.1:4566"
  transcoder_url = "http://127.0.0.1:4567"
  functions_dir  = "../../tests/functions"
  architecture   = "x86_64"
}

run "issues_tokens" {
  assert {
    condition = (
      aws_cognito_user_pool_client.owner.allowed_oauth_flows == toset(["client_credentials"])
      && aws_cognito_user_pool_client.owner.generate_secret
      && aws_cognito_user_pool_client.owner.access_token_validity == 24
      && one(aws_cognito_user_pool_client.owner.token_validity_units).access_token == "hours"
      && aws_cognito_user_pool_client.owner.user_pool_id == aws_cognito_user_pool.owners.id
      && aws_cognito_resource_server.responses.user_pool_id == aws_cognito_user_pool.owners.id
      && aws_cognito_resource_server.responses.identifier == "responses"
      && toset(aws_cognito_resource_server.responses.scope[*].scope_name) == toset(["read", "write"])
    )
    error_message = "The owner's client must use client credentials with the scopes responses/read and responses/write, and its tokens must be valid for 24 hours."
  }

  assert {
    condition = alltrue([
      for client in [aws_cognito_user_pool_client.wrong_audience, aws_cognito_user_pool_client.short_lived] :
      client.allowed_oauth_flows == toset(["client_credentials"])
      && toset(client.allowed_oauth_scopes) == toset(aws_cognito_user_pool_client.owner.allowed_oauth_scopes)
      && client.user_pool_id == aws_cognito_user_pool_client.owner.user_pool_id
      && client.generate_secret
    ])
    error_message = "The clients `wrong-audience` and `short-lived` must have the flow, the scopes and the user pool of the client `owner`."
  }

}

run "overrides_settings" {
  assert {
    condition = (
      !module.service.tls_only
      && !module.service.lifecycle_rules
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
    error_message = "The stage must allow plain HTTP, have no lifecycle rules, use the host's architecture, open the project demo and have adopted items."
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
