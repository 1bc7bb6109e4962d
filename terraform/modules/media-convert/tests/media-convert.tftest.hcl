mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name       = "responses-dev"
  uploads    = { name = "u", arn = "arn:aws:s3:::u" }
  renditions = { name = "r", arn = "arn:aws:s3:::r" }

  max_seconds = 10800
}

run "creates_queue_role_and_rule" {
  assert {
    condition = [
      aws_media_convert_queue.this.name, coalesce(aws_media_convert_queue.this.status, "ACTIVE"), coalesce(aws_media_convert_queue.this.pricing_plan, "ON_DEMAND"),
    ] == ["responses-dev", "ACTIVE", "ON_DEMAND"]
    error_message = "The queue must be active, on demand, and have the stage's name."
  }

  assert {
    condition = [
      aws_cloudwatch_event_rule.jobs.name, coalesce(aws_cloudwatch_event_rule.jobs.state, "ENABLED"),
      coalesce(aws_cloudwatch_event_rule.jobs.event_bus_name, "default"),
    ] == ["responses-dev-jobs", "ENABLED", "default"]
    error_message = "The rule must be enabled on the default event bus, which gets MediaConvert's events."
  }

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.jobs.event_pattern) == {
      source      = ["aws.mediaconvert"]
      detail-type = ["MediaConvert Job State Change"]
      detail = {
        queue = ["arn:aws:mediaconvert:eu-central-1:123456789012:queues/mock"]
        "$or" = [
          { status = ["PROGRESSING", "COMPLETE", "ERROR", "CANCELED"] },
          { status = ["STATUS_UPDATE"], framesDecoded = [{ numeric = [">", 648000] }] },
        ]
      }
    }
    error_message = "The rule must match the start, the end and progress beyond max_seconds of jobs in this queue, and nothing else."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.jobs.policy) == {
      Version = "2012-10-17"
      Statement = [
        { Sid = "ReadUploads", Effect = "Allow", Action = ["s3:GetObject"], Resource = ["arn:aws:s3:::u/*"] },
        { Sid = "ListUploads", Effect = "Allow", Action = ["s3:ListBucket"], Resource = ["arn:aws:s3:::u"] },
        { Sid = "WriteRenditions", Effect = "Allow", Action = ["s3:PutObject"], Resource = ["arn:aws:s3:::r/output/*"] },
      ]
    }
    error_message = "The role must allow only reading uploads and writing under output/."
  }

  assert {
    condition     = [aws_iam_role_policy.jobs.role, aws_iam_role.jobs.name] == ["responses-dev-media-convert", "responses-dev-media-convert"]
    error_message = "The policy must belong to the jobs' role, whose name must begin with the stage's name."
  }

  assert {
    condition = jsondecode(aws_iam_role.jobs.assume_role_policy) == {
      Version = "2012-10-17"
      Statement = [{
        Sid       = "Service"
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = "mediaconvert.amazonaws.com" }
        Condition = { StringEquals = { "aws:SourceAccount" = "123456789012" } }
      }]
    }
    error_message = "Only MediaConvert may assume the jobs' role, and only for this account."
  }

  assert {
    condition = jsonencode(output.engine) == jsonencode({
      environment = {
        ENGINE                  = "media-convert"
        MEDIA_CONVERT_QUEUE_ARN = "arn:aws:mediaconvert:eu-central-1:123456789012:queues/mock"
        MEDIA_CONVERT_ROLE_ARN  = "arn:aws:iam::123456789012:role/mock"
      }
      start_statements = [
        { sid = "StartJob", actions = ["mediaconvert:CreateJob"], resources = ["arn:aws:mediaconvert:eu-central-1:123456789012:queues/mock"], condition = null },
        {
          sid       = "PassRole"
          actions   = ["iam:PassRole"]
          resources = ["arn:aws:iam::123456789012:role/mock"]
          condition = { StringEquals = { "iam:PassedToService" = "mediaconvert.amazonaws.com" } }
        },
        { sid = "Probe", actions = ["mediaconvert:Probe"], resources = ["*"], condition = null },
      ]
      read_statements = [{
        sid       = "ReadAndCancelJobs"
        actions   = ["mediaconvert:GetJob", "mediaconvert:CancelJob"]
        resources = ["arn:aws:mediaconvert:eu-central-1:123456789012:jobs/*"]
        condition = null
      }]
      cancel_statements = [{
        sid       = "ReadAndCancelJobs"
        actions   = ["mediaconvert:GetJob", "mediaconvert:CancelJob"]
        resources = ["arn:aws:mediaconvert:eu-central-1:123456789012:jobs/*"]
        condition = null
      }]
      job_events = { service = "events.amazonaws.com", source_arn = "arn:aws:events:eu-central-1:123456789012:rule/mock" }
    })
    error_message = "The output engine must allow Probe, CreateJob in this queue, passing this role to MediaConvert only, and GetJob and CancelJob on jobs; its source of job events must be the rule."
  }

  assert {
    condition = (
      output.role.arn == "arn:aws:iam::123456789012:role/mock"
      && jsonencode(output.trusted_principals) == jsonencode([{ Service = "mediaconvert.amazonaws.com" }])
      && output.event_pattern == aws_cloudwatch_event_rule.jobs.event_pattern
      && output.role_policy == aws_iam_role_policy.jobs.policy
    )
    error_message = "Each output must show what its name says."
  }
}

run "passes_every_setting_on" {
  variables {
    name               = "other"
    max_seconds        = 100
    event_source       = "local.mediaconvert"
    trusted_principals = ["arn:aws:iam::123456789012:user/transcoder"]
  }

  assert {
    condition     = [aws_media_convert_queue.this.name, aws_iam_role.jobs.name, aws_cloudwatch_event_rule.jobs.name] == ["other", "other-media-convert", "other-jobs"]
    error_message = "The name must be the prefix of all names."
  }

  assert {
    condition = (
      jsondecode(aws_cloudwatch_event_rule.jobs.event_pattern).source == ["local.mediaconvert"]
      && jsondecode(aws_cloudwatch_event_rule.jobs.event_pattern).detail["$or"][1].framesDecoded == [{ numeric = [">", 6000] }]
    )
    error_message = "The rule must match events of the given source only, and progress beyond 60 frames for each of max_seconds."
  }

  assert {
    condition = jsonencode(jsondecode(aws_iam_role.jobs.assume_role_policy).Statement[1]) == jsonencode({
      Action    = "sts:AssumeRole"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::123456789012:user/transcoder" }
      Sid       = "TrustedPrincipal"
    })
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

run "jobs_use_customer_managed_key" {
  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  assert {
    condition = [for statement in jsondecode(output.role_policy).Statement : statement if statement.Sid == "UseKeyByS3"] == [{
      Sid       = "UseKeyByS3"
      Effect    = "Allow"
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = ["arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"]
      Condition = { StringEquals = { "kms:ViaService" = "s3.eu-central-1.amazonaws.com" } }
    }]
    error_message = "Jobs must be able to decrypt uploads and encrypt renditions, through S3 only."
  }
}

run "rejects_alias_of_key" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:alias/responses"
  }

  expect_failures = [var.kms_key_arn]
}

run "bounds_role" {
  command = plan

  variables {
    permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
    role_path            = "/services/responses/"
  }

  assert {
    condition     = [aws_iam_role.jobs.path, aws_iam_role.jobs.permissions_boundary] == ["/services/responses/", "arn:aws:iam::123456789012:policy/boundary"]
    error_message = "The role must have the path and the permissions boundary of the variables."
  }

  assert {
    condition     = [output.role.name, output.role.path, output.role.permissions_boundary] == [aws_iam_role.jobs.name, "/services/responses/", "arn:aws:iam::123456789012:policy/boundary"]
    error_message = "The output role must show this role."
  }
}

run "rejects_invalid_path_and_boundary" {
  command = plan

  variables {
    permissions_boundary = "arn:aws:iam::123456789012:role/boundary"
    role_path            = "/services"
  }

  expect_failures = [var.permissions_boundary, var.role_path]
}
