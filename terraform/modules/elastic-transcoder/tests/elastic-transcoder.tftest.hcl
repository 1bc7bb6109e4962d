mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name       = "responses-dev"
  uploads    = { name = "u", arn = "arn:aws:s3:::u" }
  renditions = { name = "r", arn = "arn:aws:s3:::r" }
}

run "creates_pipeline" {
  assert {
    condition = jsonencode({
      name          = aws_elastictranscoder_pipeline.this.name
      input         = aws_elastictranscoder_pipeline.this.input_bucket
      content       = aws_elastictranscoder_pipeline.this.content_config
      thumbnail     = aws_elastictranscoder_pipeline.this.thumbnail_config
      permissions   = concat(tolist(aws_elastictranscoder_pipeline.this.content_config_permissions), tolist(aws_elastictranscoder_pipeline.this.thumbnail_config_permissions))
      role          = aws_elastictranscoder_pipeline.this.role
      notifications = aws_elastictranscoder_pipeline.this.notifications
      }) == jsonencode({
      name        = "responses-dev"
      input       = "u"
      content     = [{ bucket = "r", storage_class = "Standard" }]
      thumbnail   = [{ bucket = "r", storage_class = "Standard" }]
      permissions = []
      role        = "arn:aws:iam::123456789012:role/mock"
      notifications = [
        { for state in ["progressing", "completed", "warning", "error"] : state => "arn:aws:sns:eu-central-1:123456789012:mock" },
      ]
    })
    error_message = "The pipeline must read from uploads, write renditions and posters to renditions without ACLs, use its own role, and publish all four states to the topic."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.pipeline.policy) == {
      Version = "2012-10-17"
      Statement = [
        { Sid = "ReadUploads", Effect = "Allow", Action = ["s3:GetObject"], Resource = ["arn:aws:s3:::u/*"] },
        { Sid = "ListBuckets", Effect = "Allow", Action = ["s3:ListBucket"], Resource = ["arn:aws:s3:::u", "arn:aws:s3:::r"] },
        { Sid = "WriteRenditions", Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject"], Resource = ["arn:aws:s3:::r/output/*"] },
        { Sid = "PublishJobEvents", Effect = "Allow", Action = ["sns:Publish"], Resource = ["arn:aws:sns:eu-central-1:123456789012:mock"] },
      ]
    }
    error_message = "The role must allow only reading uploads, writing under output/ and publishing job events."
  }

  assert {
    condition     = [aws_iam_role_policy.pipeline.role, aws_iam_role.pipeline.name, aws_sns_topic.jobs.name] == ["responses-dev-pipeline", "responses-dev-pipeline", "responses-dev-jobs"]
    error_message = "The policy must belong to the pipeline's role, and the names of role and topic must begin with the stage's name."
  }

  assert {
    condition = aws_sns_topic.jobs.kms_master_key_id == "alias/aws/sns" && output.tls_only && jsondecode(aws_sns_topic.jobs.policy).Statement == [{
      Sid       = "RequireTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sns:Publish"
      Resource  = "arn:aws:sns:eu-central-1:123456789012:responses-dev-jobs"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "The topic must be encrypted and deny plain HTTP; its policy must allow nothing."
  }

  assert {
    condition = jsondecode(aws_iam_role.pipeline.assume_role_policy) == {
      Version   = "2012-10-17"
      Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "elastictranscoder.amazonaws.com" } }]
    }
    error_message = "Only Elastic Transcoder may assume the pipeline's role."
  }

  assert {
    condition = jsonencode(output.engine) == jsonencode({
      environment = { ENGINE = "elastic-transcoder", PIPELINE_ID = "1111111111111-abcdef", PRESET_ID = "1351620000001-100070" }
      start_statements = [{
        sid     = "StartJob"
        actions = ["elastictranscoder:CreateJob"]
        resources = [
          "arn:aws:elastictranscoder:eu-central-1:123456789012:pipeline/1111111111111-abcdef",
          "arn:aws:elastictranscoder:eu-central-1:123456789012:preset/1351620000001-100070",
        ]
        condition = null
      }]
      read_statements = [{
        sid       = "ReadAndCancelJobs"
        actions   = ["elastictranscoder:ReadJob", "elastictranscoder:CancelJob"]
        resources = ["arn:aws:elastictranscoder:eu-central-1:123456789012:job/*"]
        condition = null
      }]
      cancel_statements = []
      job_events        = { service = "sns.amazonaws.com", source_arn = "arn:aws:sns:eu-central-1:123456789012:mock" }
    })
    error_message = "The output engine must allow CreateJob on this pipeline with this preset, and ReadJob and CancelJob on jobs, and have the topic as source of job events."
  }

  assert {
    condition = {
      pipeline_id        = output.pipeline_id
      preset_id          = output.preset_id
      jobs_topic_arn     = output.jobs_topic_arn
      role_arn           = output.role.arn
      role_policy        = output.role_policy
      trusted_principals = output.trusted_principals
      } == {
      pipeline_id        = "1111111111111-abcdef"
      preset_id          = "1351620000001-100070"
      jobs_topic_arn     = "arn:aws:sns:eu-central-1:123456789012:mock"
      role_arn           = "arn:aws:iam::123456789012:role/mock"
      role_policy        = aws_iam_role_policy.pipeline.policy
      trusted_principals = { Service = "elastictranscoder.amazonaws.com" }
    }
    error_message = "Each output must show what its name says."
  }
}

run "passes_every_setting_on" {
  variables {
    name               = "other"
    preset_id          = "1351620000001-000010"
    trusted_principals = ["arn:aws:iam::123456789012:user/transcoder"]
  }

  assert {
    condition = jsondecode(aws_iam_role.pipeline.assume_role_policy).Statement[*].Principal == [
      { Service = "elastictranscoder.amazonaws.com", AWS = ["arn:aws:iam::123456789012:user/transcoder"] },
    ]
    error_message = "The user in trusted_principals must be allowed to assume the role, besides the service."
  }

  assert {
    condition = [
      aws_elastictranscoder_pipeline.this.name, aws_iam_role.pipeline.name, aws_sns_topic.jobs.name, output.preset_id, output.engine.environment.PRESET_ID,
      output.engine.start_statements[0].resources[1],
      ] == [
      "other", "other-pipeline", "other-jobs", "1351620000001-000010", "1351620000001-000010",
      "arn:aws:elastictranscoder:eu-central-1:123456789012:preset/1351620000001-000010",
    ]
    error_message = "The name must be the prefix of all names, and preset_id the preset of the environment and of the permission."
  }
}

# In a state of its own: a policy that the configuration leaves out would keep its value of the run before.
run "local_stage_allows_plain_http" {
  state_key = "plain_http"

  variables {
    tls_only = false
  }

  assert {
    condition     = !output.tls_only && !can(jsondecode(aws_sns_topic.jobs.policy))
    error_message = "Without tls_only, the topic must have no policy of its own."
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

run "bounds_role" {
  command = plan

  variables {
    permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
    role_path            = "/services/responses/"
  }

  assert {
    condition     = [aws_iam_role.pipeline.path, aws_iam_role.pipeline.permissions_boundary] == ["/services/responses/", "arn:aws:iam::123456789012:policy/boundary"]
    error_message = "The role must have the path and the permissions boundary of the variables."
  }

  assert {
    condition     = [output.role.name, output.role.path, output.role.permissions_boundary] == [aws_iam_role.pipeline.name, "/services/responses/", "arn:aws:iam::123456789012:policy/boundary"]
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
