mock_provider "aws" {
  source = "../../tests/mocks"
}

# Every variable has a value that differs from its default and from those of the other tests.
variables {
  name                       = "responses-other"
  emulator_url               = "http://localhost:1234"
  transcoder_url             = "http://localhost:1235"
  functions_dir              = "../local/../../tests/functions"
  architecture               = "arm64"
  engine                     = "media-convert"
  visibility_timeout_seconds = 30
  job_lease_seconds          = 10
  log_level                  = "debug"
}

run "passes_every_variable_on" {
  assert {
    condition     = output.api_url == "http://localhost:1234/_aws/execute-api/${module.service.api_id}/$default"
    error_message = "The output api_url must be a URL of the emulator."
  }

  assert {
    condition = { for key, function in module.service.functions : key => [
      function.name, function.architecture, function.package.path, function.package.sha256, function.environment.LOG_LEVEL,
      ] } == {
      for key, name in { api = "api", on_upload = "on-upload", on_job = "on-job", reconcile = "reconcile" } :
      key => ["responses-other-${name}", "arm64", "../local/../../tests/functions/${key}.zip", filebase64sha256("../../tests/functions/${key}.zip"), "debug"]
    }
    error_message = "Each function must run its own package of functions_dir, with the given prefix, architecture and log level."
  }

  assert {
    condition = (
      [for queue in ["uploads", "jobs"] : module.service.queues[queue].visibility_timeout_seconds] == [30, 30]
      && [for function in ["on_upload", "reconcile"] : module.service.functions[function].environment.JOB_LEASE_SECONDS] == ["10", "10"]
    )
    error_message = "Both waits must reach the queues and the functions."
  }

  assert {
    condition = [
      output.table, aws_cognito_user_pool.owners.name, aws_cognito_user_pool_domain.owners.domain, aws_iam_user.operator.name, aws_iam_user.transcoder.name,
    ] == ["responses-other", "responses-other", "responses-other", "responses-other-operator", "responses-other-transcoder"]
    error_message = "The name must be the prefix of all names: stacks run side by side."
  }

  assert {
    condition = (
      jsondecode(module.service.media_convert.event_pattern).source == ["local.mediaconvert"]
      && module.service.media_convert.trusted_principals[1].AWS == aws_iam_user.transcoder.arn
      && output.engine == "media-convert"
      && output.engine_role_arn == module.service.media_convert.role.arn
      && [output.pipeline_id, output.preset_id, output.jobs_topic_arn] == ["", "", ""]
    )
    error_message = "With MediaConvert, the rule must match events of local.mediaconvert only, the role must trust the transcoder's user, and the outputs of Elastic Transcoder must be empty."
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
    condition     = !contains(jsondecode(aws_iam_user_policy.operator.policy).Statement[*].Sid, "JobsTopic")
    error_message = "With MediaConvert, the operator needs no topic."
  }

  # A test cannot read the backend and the provider's configuration, so this compares their text.
  assert {
    condition = strcontains(file("${path.module}/versions.tf"), "  backend \"local\" {}\n") && endswith(file("${path.module}/versions.tf"), <<-EOT
      provider "aws" {
        region     = "us-east-1"
        access_key = "test"
        secret_key = "test"

        s3_use_path_style           = true
        skip_credentials_validation = true
        skip_metadata_api_check     = true
        skip_region_validation      = true

        endpoints {
          apigatewayv2      = var.emulator_url
          cloudwatchlogs    = var.emulator_url
          cognitoidp        = var.emulator_url
          dynamodb          = var.emulator_url
          elastictranscoder = var.transcoder_url
          events            = var.emulator_url
          iam               = var.emulator_url
          lambda            = var.emulator_url
          mediaconvert      = var.transcoder_url
          s3                = var.emulator_url
          sns               = var.emulator_url
          sqs               = var.emulator_url
          ssm               = var.emulator_url
          sts               = var.emulator_url
        }
      }
    EOT
    )
    error_message = "Every service must have its endpoint on this machine: the engines in the transcoder, all others in the emulator. Otherwise Terraform would call AWS."
  }
}
