mock_provider "aws" {
  source = "../service/tests/mocks"
}

variables {
  name         = "responses-dev"
  release      = "5d41402abc4b"
  package      = { path = "../../tests/functions/api.zip", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
  table        = { name = "t", arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/t" }
  uploads      = { name = "u", arn = "arn:aws:s3:::u" }
  renditions   = { name = "r", arn = "arn:aws:s3:::r" }
  jwt          = { issuer = "https://id.example.org/pool", audience = ["owners"] }
  open_uploads = ["survey", "demo"]
  cors_origins = ["https://app.example.org"]
}

run "stores_secret_outside_state" {
  assert {
    condition = (
      aws_ssm_parameter.secret.name == "/responses-dev/secret"
      && aws_ssm_parameter.secret.type == "SecureString"
      && aws_ssm_parameter.secret.value_wo_version == 1
    )
    error_message = "The secret must be a SecureString in this API's own parameter."
  }

  assert {
    condition     = nonsensitive(aws_ssm_parameter.secret.value) == "the secret"
    error_message = "The state must contain the mock's value, not the generated secret: use value_wo, not value."
  }

  # A test cannot read a write-only argument, so this compares its text.
  assert {
    condition     = strcontains(file("${path.module}/main.tf"), "  value_wo         = join(\"\", [uuid(), uuid(), uuid()])\n")
    error_message = "Terraform must generate the secret at random."
  }

  assert {
    condition     = !strcontains(jsonencode([output.function, output.secret, output.audience, output.api_id, output.api_url]), "the secret")
    error_message = "No output may contain the secret."
  }
}

run "higher_secret_version_writes_new_secret" {
  command = plan

  variables {
    secret_version = 2
  }

  assert {
    condition     = aws_ssm_parameter.secret.value_wo_version == 2 && module.function.environment.SECRET_VERSION == "2"
    error_message = "A higher secret_version must write a new secret to the same parameter, and publish a version of the function: instances of the old one keep the old secret."
  }
}

run "grants_function_least_privilege" {
  assert {
    condition = { for sid, statement in module.function.statements : sid => concat(statement.actions, ["on"], statement.resources) if sid != "WriteOwnLogs" } == {
      ReadWriteResponses = ["dynamodb:GetItem", "dynamodb:UpdateItem", "on", "arn:aws:dynamodb:eu-central-1:123456789012:table/t"]
      QueryResponses     = concat(["dynamodb:Query", "on"], [for index in ["ByStep", "ByStepStatus", "ByProject", "ByProjectStatus", "ByMail"] : "arn:aws:dynamodb:eu-central-1:123456789012:table/t/index/${index}"])
      SignUploads        = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "on", "arn:aws:s3:::u/*"]
      ListUploads        = ["s3:ListBucket", "on", "arn:aws:s3:::u"]
      SignPlayback       = ["s3:GetObject", "on", "arn:aws:s3:::r/output/*"]
      ReadSecret         = ["ssm:GetParameter", "on", "arn:aws:ssm:eu-central-1:123456789012:parameter/mock"]
    }
    error_message = "The api function's role must allow exactly the actions that the function calls or signs."
  }

  assert {
    condition = { for sid, statement in module.function.statements : sid => statement.condition if statement.condition != null } == {
      ListUploads = { StringLike = { "s3:prefix" = "*/*/*/*" } }
    }
    error_message = "The api function may list only within the folder of one response."
  }

  assert {
    condition = module.function.environment == tomap({
      RESPONSES_TABLE_NAME = "t"
      UPLOADS_BUCKET       = "u"
      RENDITIONS_BUCKET    = "r"
      OPEN_UPLOADS         = "demo,survey"
      UPLOAD_MAX_BYTES     = "2147483648"
      UPLOAD_MINUTES       = "60"
      PLAYBACK_MINUTES     = "60"
      SECRET_PARAMETER     = "/responses-dev/secret"
      SECRET_VERSION       = "1"
      ADOPTED_ITEMS        = "false"
      LOG_LEVEL            = "info"
      METRICS_NAMESPACE    = "responses-dev"
    })
    error_message = "The api function must have exactly the environment variables that it reads."
  }
}

run "queries_adopted_table_too" {
  command = plan

  variables {
    adopted_items = true
  }

  assert {
    condition = [
      module.function.statements.QueryResponses.resources[0], length(module.function.statements.QueryResponses.resources),
    ] == ["arn:aws:dynamodb:eu-central-1:123456789012:table/t", 6]
    error_message = "With items of the Chalice project, lists query the table and the five indexes."
  }
}

run "rejects_invalid_settings" {
  command = plan

  variables {
    name             = "-"
    jwt              = { issuer = "http://id.example.org", audience = ["owners"] }
    open_uploads     = ["{project}"]
    upload           = { max_bytes = 5497558138881 }
    playback_minutes = 61
    cors_origins     = ["*"]
    secret_version   = 0
    log_level        = "loud"
  }

  expect_failures = [
    var.name, var.jwt, var.open_uploads, var.upload, var.playback_minutes, var.cors_origins, var.secret_version, var.log_level,
  ]
}

run "rejects_upload_validity_above_one_hour" {
  command = plan

  variables {
    upload = { minutes = 61 }
  }

  expect_failures = [var.upload]
}

run "accepts_one_hour_and_outlasts_completions" {
  command = plan

  variables {
    upload           = { minutes = 60 }
    playback_minutes = 60
  }

  assert {
    condition     = module.function.timeout_seconds > 25 && module.function.timeout_seconds < 30
    error_message = "The function's timeout must be above 25 seconds (completion of an upload by S3) and below 30 (API Gateway)."
  }
}

run "rejects_empty_audience" {
  command = plan

  variables {
    jwt = { issuer = "https://id.example.org", audience = [] }
  }

  expect_failures = [var.jwt]
}

run "encrypts_with_customer_managed_key" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  assert {
    condition = output.kms_keys == { secret = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab", access_log = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab" } && module.function.kms_keys == {
      environment = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab", logs = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    }
    error_message = "The key must encrypt the secret, the access log, and the logs and environment variables of the function."
  }

  assert {
    condition = { for sid, statement in module.function.statements : sid => concat(statement.actions, ["on"], statement.resources, ["via", statement.condition.StringEquals["kms:ViaService"]]) if startswith(sid, "UseKey") } == {
      UseKeyByLambda   = ["kms:Decrypt", "on", "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab", "via", "lambda.eu-central-1.amazonaws.com"]
      UseKeyByDynamodb = ["kms:Decrypt", "on", "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab", "via", "dynamodb.eu-central-1.amazonaws.com"]
      UseKeyByS3       = ["kms:Decrypt", "kms:GenerateDataKey", "on", "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab", "via", "s3.eu-central-1.amazonaws.com"]
      UseKeyBySsm      = ["kms:Decrypt", "on", "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab", "via", "ssm.eu-central-1.amazonaws.com"]
    }
    error_message = "The api function may decrypt items and the secret. It signs uploads and playback, so it needs both actions through S3."
  }
}

run "rejects_alias_of_key" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:alias/responses"
  }

  expect_failures = [var.kms_key_arn]
}

run "rejects_prefix_aws" {
  command = plan

  variables {
    name = "aws-responses"
  }

  expect_failures = [var.name]
}

run "rejects_prefix_ssm" {
  command = plan

  variables {
    name = "ssm-responses"
  }

  expect_failures = [var.name]
}
