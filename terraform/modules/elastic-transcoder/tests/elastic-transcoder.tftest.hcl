mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name       = "responses-dev"
  uploads    = { name = "u", arn = "arn:aws:s3:::u" }
  renditions = { name = "r", arn = "arn:aws:s3:::r" }
}

run "pipeline" {
  assert {
    condition = (
      aws_elastictranscoder_pipeline.this.input_bucket == "u"
      && aws_elastictranscoder_pipeline.this.content_config[0].bucket == "r"
      && aws_elastictranscoder_pipeline.this.thumbnail_config[0].bucket == "r"
      && aws_elastictranscoder_pipeline.this.role == aws_iam_role.pipeline.arn
    )
    error_message = "Jobs read uploads and write renditions and posters, under the pipeline's role."
  }

  assert {
    condition = alltrue([
      for state in ["progressing", "completed", "warning", "error"] :
      aws_elastictranscoder_pipeline.this.notifications[0][state] == aws_sns_topic.jobs.arn
    ])
    error_message = "The topic hears of all four states."
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.pipeline.policy).Statement : statement.Sid => [statement.Action, statement.Resource]
      } == {
      ReadUploads     = [["s3:GetObject"], ["arn:aws:s3:::u/*"]]
      FindObjects     = [["s3:ListBucket"], ["arn:aws:s3:::u", "arn:aws:s3:::r"]]
      WriteRenditions = [["s3:GetObject", "s3:PutObject"], ["arn:aws:s3:::r/output/*"]]
      TellOfJobs      = [["sns:Publish"], ["arn:aws:sns:eu-central-1:123456789012:mock"]]
    }
    error_message = "The pipeline reads uploads, writes under output/ and publishes: nothing else."
  }

  assert {
    condition     = jsondecode(aws_iam_role.pipeline.assume_role_policy).Statement[*].Principal == [{ Service = "elastictranscoder.amazonaws.com" }]
    error_message = "Only the service may assume the pipeline's role."
  }

  assert {
    condition = {
      for statement in concat(output.engine.start, output.engine.look) : statement.sid => concat(statement.actions, ["on"], statement.resources)
      } == {
      StartJob = [
        "elastictranscoder:CreateJob", "on",
        "arn:aws:elastictranscoder:eu-central-1:123456789012:pipeline/1111111111111-abcdef",
        "arn:aws:elastictranscoder:eu-central-1:123456789012:preset/1351620000001-100070",
      ]
      Job = ["elastictranscoder:ReadJob", "elastictranscoder:CancelJob", "on", "arn:aws:elastictranscoder:eu-central-1:123456789012:job/*"]
    }
    error_message = "Jobs are started on this pipeline with this preset, and asked after."
  }

  assert {
    condition = (
      output.engine.environment == { ENGINE = "elastic-transcoder", PIPELINE_ID = "1111111111111-abcdef", PRESET_ID = "1351620000001-100070" }
      && length(output.engine.cancel) == 0
      && output.engine.news == { service = "sns.amazonaws.com", source_arn = aws_sns_topic.jobs.arn }
    )
    error_message = "Ingest is told the pipeline and the preset, and hears of jobs by the topic."
  }
}

run "trusts_a_named_user" {
  variables {
    trusted_principals = ["arn:aws:iam::123456789012:user/transcoder"]
  }

  assert {
    condition = jsondecode(aws_iam_role.pipeline.assume_role_policy).Statement[*].Principal == [
      { Service = "elastictranscoder.amazonaws.com", AWS = ["arn:aws:iam::123456789012:user/transcoder"] },
    ]
    error_message = "A stand-in for the service assumes the role by name."
  }
}

run "refuses_a_whole_account_and_one_bucket_for_both" {
  command = plan

  variables {
    name               = "responses-of-a-very-long-winded-project-1"
    preset_id          = "web"
    renditions         = { name = "u", arn = "arn:aws:s3:::u" }
    trusted_principals = ["arn:aws:iam::123456789012:root"]
  }

  expect_failures = [var.name, var.preset_id, var.renditions, var.trusted_principals]
}
