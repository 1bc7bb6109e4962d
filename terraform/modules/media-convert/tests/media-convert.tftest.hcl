mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name       = "responses-dev"
  uploads    = { name = "u", arn = "arn:aws:s3:::u" }
  renditions = { name = "r", arn = "arn:aws:s3:::r" }

  max_seconds = 10800
}

run "queue" {
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
    error_message = "The rule picks the beginning, the end and an excess of this queue's jobs, and no other's."
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.jobs.policy).Statement : statement.Sid => [statement.Action, statement.Resource]
      } == {
      ReadUploads     = [["s3:GetObject"], ["arn:aws:s3:::u/*"]]
      FindUploads     = [["s3:ListBucket"], ["arn:aws:s3:::u"]]
      WriteRenditions = [["s3:PutObject"], ["arn:aws:s3:::r/output/*"]]
    }
    error_message = "A job reads uploads and writes under output/: nothing else."
  }

  assert {
    condition     = jsonencode(output.trusted) == jsonencode([{ Service = "mediaconvert.amazonaws.com" }])
    error_message = "Only the service may assume the jobs' role."
  }

  assert {
    condition     = jsondecode(aws_iam_role.jobs.assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "123456789012"
    error_message = "And only for this account."
  }

  assert {
    condition = {
      for statement in concat(output.engine.start, output.engine.look) : statement.sid => concat(statement.actions, ["on"], statement.resources)
      } == {
      StartJob = ["mediaconvert:CreateJob", "on", aws_media_convert_queue.this.arn]
      PassRole = ["iam:PassRole", "on", aws_iam_role.jobs.arn]
      Probe    = ["mediaconvert:Probe", "on", "*"]
      Job      = ["mediaconvert:GetJob", "mediaconvert:CancelJob", "on", "arn:aws:mediaconvert:eu-central-1:123456789012:jobs/*"]
    }
    error_message = "Sources are probed, jobs are started in this queue under this role, and asked after."
  }

  assert {
    condition     = output.engine.cancel == output.engine.look
    error_message = "A job that is too long is asked after and canceled."
  }

  assert {
    condition     = [for it in output.engine.start : it.condition.StringEquals["iam:PassedToService"] if it.sid == "PassRole"] == ["mediaconvert.amazonaws.com"]
    error_message = "The role is passed to MediaConvert alone."
  }

  assert {
    condition     = output.engine.news == { service = "events.amazonaws.com", source_arn = aws_cloudwatch_event_rule.jobs.arn }
    error_message = "Ingest hears of jobs by the rule."
  }
}

run "local_stand_in" {
  variables {
    event_source       = "local.mediaconvert"
    trusted_principals = ["arn:aws:iam::123456789012:user/transcoder"]
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.jobs.event_pattern).source == ["local.mediaconvert"]
    error_message = "The stand-in's events are told apart from the service's."
  }

  assert {
    condition     = output.trusted[1].AWS == "arn:aws:iam::123456789012:user/transcoder"
    error_message = "A stand-in for the service assumes the role by name."
  }
}

run "refuses_another_source_and_one_bucket_for_both" {
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
