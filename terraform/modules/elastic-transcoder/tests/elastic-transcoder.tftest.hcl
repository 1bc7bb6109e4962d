mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name       = "responses-dev"
  uploads    = { name = "u", arn = "arn:aws:s3:::u" }
  renditions = { name = "r", arn = "arn:aws:s3:::r" }
}

run "creates_pipeline" {
  assert {
    condition = (
      aws_elastictranscoder_pipeline.this.input_bucket == "u"
      && aws_elastictranscoder_pipeline.this.content_config[0].bucket == "r"
      && aws_elastictranscoder_pipeline.this.thumbnail_config[0].bucket == "r"
      && aws_elastictranscoder_pipeline.this.role == aws_iam_role.pipeline.arn
    )
    error_message = "The pipeline must read from uploads, write renditions and posters to renditions, and use its own role."
  }

  assert {
    condition = alltrue([
      for state in ["progressing", "completed", "warning", "error"] :
      aws_elastictranscoder_pipeline.this.notifications[0][state] == aws_sns_topic.jobs.arn
    ])
    error_message = "The pipeline must publish all four states to the topic."
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.pipeline.policy).Statement : statement.Sid => [statement.Action, statement.Resource]
      } == {
      ReadUploads      = [["s3:GetObject"], ["arn:aws:s3:::u/*"]]
      ListBuckets      = [["s3:ListBucket"], ["arn:aws:s3:::u", "arn:aws:s3:::r"]]
      WriteRenditions  = [["s3:GetObject", "s3:PutObject"], ["arn:aws:s3:::r/output/*"]]
      PublishJobEvents = [["sns:Publish"], ["arn:aws:sns:eu-central-1:123456789012:mock"]]
    }
    error_message = "The role must allow only reading uploads, writing under output/ and publishing job events."
  }

  assert {
    condition     = jsondecode(aws_iam_role.pipeline.assume_role_policy).Statement[*].Principal == [{ Service = "elastictranscoder.amazonaws.com" }]
    error_message = "Only Elastic Transcoder may assume the pipeline's role."
  }

  assert {
    condition = {
      for statement in concat(output.engine.start_statements, output.engine.read_statements) : statement.sid => concat(statement.actions, ["on"], statement.resources)
      } == {
      StartJob = [
        "elastictranscoder:CreateJob", "on",
        "arn:aws:elastictranscoder:eu-central-1:123456789012:pipeline/1111111111111-abcdef",
        "arn:aws:elastictranscoder:eu-central-1:123456789012:preset/1351620000001-100070",
      ]
      ReadAndCancelJobs = ["elastictranscoder:ReadJob", "elastictranscoder:CancelJob", "on", "arn:aws:elastictranscoder:eu-central-1:123456789012:job/*"]
    }
    error_message = "The statements must allow CreateJob on this pipeline with this preset, and ReadJob and CancelJob on jobs."
  }

  assert {
    condition = (
      output.engine.environment == { ENGINE = "elastic-transcoder", PIPELINE_ID = "1111111111111-abcdef", PRESET_ID = "1351620000001-100070" }
      && length(output.engine.cancel_statements) == 0
      && output.engine.job_events == { service = "sns.amazonaws.com", source_arn = aws_sns_topic.jobs.arn }
    )
    error_message = "The output engine must have the pipeline and the preset as environment variables, and the topic as source of job events."
  }
}

run "trusts_configured_user" {
  variables {
    trusted_principals = ["arn:aws:iam::123456789012:user/transcoder"]
  }

  assert {
    condition = jsondecode(aws_iam_role.pipeline.assume_role_policy).Statement[*].Principal == [
      { Service = "elastictranscoder.amazonaws.com", AWS = ["arn:aws:iam::123456789012:user/transcoder"] },
    ]
    error_message = "The user in trusted_principals must be allowed to assume the role, besides the service."
  }
}

run "rejects_account_as_principal_and_shared_bucket" {
  command = plan

  variables {
    name               = "responses-of-a-very-long-winded-project-1"
    preset_id          = "web"
    renditions         = { name = "u", arn = "arn:aws:s3:::u" }
    trusted_principals = ["arn:aws:iam::123456789012:root"]
  }

  expect_failures = [var.name, var.preset_id, var.renditions, var.trusted_principals]
}
