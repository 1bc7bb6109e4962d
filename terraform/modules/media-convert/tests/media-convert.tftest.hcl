mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name       = "responses-dev"
  uploads    = { name = "u", arn = "arn:aws:s3:::u" }
  renditions = { name = "r", arn = "arn:aws:s3:::r" }

  max_seconds = 10800
}

run "creates_queue_role_and_rule" {
  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.jobs.event_pattern) == {
      source      = ["aws.mediaconvert"]
      detail-type = ["MediaConvert Job State Change"]
      detail = {
        queue = [aws_media_convert_queue.this.arn]
        "$or" = [
          { status = ["PROGRESSING", "COMPLETE", "ERROR", "CANCELED"] },
          { status = ["STATUS_UPDATE"], framesDecoded = [{ numeric = [">", 648000] }] },
        ]
      }
    }
    error_message = "The rule must match the start, the end and progress beyond max_seconds of jobs in this queue, and nothing else."
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.jobs.policy).Statement : statement.Sid => [statement.Action, statement.Resource]
      } == {
      ReadUploads     = [["s3:GetObject"], ["arn:aws:s3:::u/*"]]
      ListUploads     = [["s3:ListBucket"], ["arn:aws:s3:::u"]]
      WriteRenditions = [["s3:PutObject"], ["arn:aws:s3:::r/output/*"]]
    }
    error_message = "The role must allow only reading uploads and writing under output/."
  }

  assert {
    condition     = jsonencode(output.trusted_principals) == jsonencode([{ Service = "mediaconvert.amazonaws.com" }])
    error_message = "Only MediaConvert may assume the jobs' role."
  }

  assert {
    condition     = jsondecode(aws_iam_role.jobs.assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "123456789012"
    error_message = "MediaConvert may assume the jobs' role only for this account."
  }

  assert {
    condition = {
      for statement in concat(output.engine.start_statements, output.engine.read_statements) : statement.sid => concat(statement.actions, ["on"], statement.resources)
      } == {
      StartJob          = ["mediaconvert:CreateJob", "on", aws_media_convert_queue.this.arn]
      PassRole          = ["iam:PassRole", "on", aws_iam_role.jobs.arn]
      Probe             = ["mediaconvert:Probe", "on", "*"]
      ReadAndCancelJobs = ["mediaconvert:GetJob", "mediaconvert:CancelJob", "on", "arn:aws:mediaconvert:eu-central-1:123456789012:jobs/*"]
    }
    error_message = "The statements must allow Probe, CreateJob in this queue with this role, and GetJob and CancelJob on jobs."
  }

  assert {
    condition     = output.engine.cancel_statements == output.engine.read_statements
    error_message = "on_job must be allowed to read and cancel a job that exceeds max_seconds."
  }

  assert {
    condition     = [for statement in output.engine.start_statements : statement.condition.StringEquals["iam:PassedToService"] if statement.sid == "PassRole"] == ["mediaconvert.amazonaws.com"]
    error_message = "The role may be passed to MediaConvert only."
  }

  assert {
    condition     = output.engine.job_events == { service = "events.amazonaws.com", source_arn = aws_cloudwatch_event_rule.jobs.arn }
    error_message = "The output engine must have the rule as source of job events."
  }
}

run "accepts_local_transcoder" {
  variables {
    event_source       = "local.mediaconvert"
    trusted_principals = ["arn:aws:iam::123456789012:user/transcoder"]
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.jobs.event_pattern).source == ["local.mediaconvert"]
    error_message = "The rule must match events of the given source only."
  }

  assert {
    condition     = output.trusted_principals[1].AWS == "arn:aws:iam::123456789012:user/transcoder"
    error_message = "The user in trusted_principals must be allowed to assume the role, besides the service."
  }
}

run "rejects_unknown_event_source_and_shared_bucket" {
  command = plan

  variables {
    name               = "Responses"
    event_source       = "aws.s3"
    renditions         = { name = "u", arn = "arn:aws:s3:::u" }
    max_seconds        = 0.5
    trusted_principals = ["arn:aws:iam::123456789012:root"]
  }

  expect_failures = [var.name, var.event_source, var.renditions, var.max_seconds, var.trusted_principals]
}
