mock_provider "aws" {
  source = "../../tests/mocks"

  # Each resource that an output or a policy names has its own id and ARN, so that the tests see a swap.

  override_resource {
    target = module.service.module.storage.aws_s3_bucket.this["uploads"]
    values = { id = "uploads-bucket", arn = "arn:aws:s3:::uploads-bucket" }
  }

  override_resource {
    target = module.service.module.storage.aws_s3_bucket.this["renditions"]
    values = { id = "renditions-bucket", arn = "arn:aws:s3:::renditions-bucket" }
  }

  override_resource {
    target = module.service.module.storage.aws_dynamodb_table.responses
    values = { arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/responses" }
  }

  override_resource {
    target = module.service.module.ingest.aws_sqs_queue.source["uploads"]
    values = { id = "uploads", url = "https://sqs.example.org/uploads", arn = "arn:aws:sqs:eu-central-1:123456789012:uploads" }
  }

  override_resource {
    target = module.service.module.ingest.aws_sqs_queue.source["jobs"]
    values = { id = "jobs", url = "https://sqs.example.org/jobs", arn = "arn:aws:sqs:eu-central-1:123456789012:jobs" }
  }

  override_resource {
    target = module.service.module.ingest.aws_sqs_queue.rejects
    values = { id = "rejects", url = "https://sqs.example.org/rejects", arn = "arn:aws:sqs:eu-central-1:123456789012:rejects" }
  }

  override_resource {
    target = module.service.module.ingest.aws_sqs_queue.dead_letter["uploads"]
    values = { id = "uploads-dead-letter", url = "https://sqs.example.org/uploads-dead-letter", arn = "arn:aws:sqs:eu-central-1:123456789012:uploads-dead-letter" }
  }

  override_resource {
    target = module.service.module.ingest.aws_sqs_queue.dead_letter["jobs"]
    values = { id = "jobs-dead-letter", url = "https://sqs.example.org/jobs-dead-letter", arn = "arn:aws:sqs:eu-central-1:123456789012:jobs-dead-letter" }
  }

  override_resource {
    target = module.service.module.api.module.function.aws_iam_role.this
    values = { arn = "arn:aws:iam::123456789012:role/path/api" }
  }

  override_resource {
    target = module.service.module.ingest.module.on_job.aws_iam_role.this
    values = { arn = "arn:aws:iam::123456789012:role/path/on-job" }
  }

  override_resource {
    target = module.service.module.ingest.module.on_upload.aws_iam_role.this
    values = { arn = "arn:aws:iam::123456789012:role/path/on-upload" }
  }

  override_resource {
    target = module.service.module.ingest.module.reconcile.aws_iam_role.this
    values = { arn = "arn:aws:iam::123456789012:role/path/reconcile" }
  }

  override_resource {
    target = module.service.module.api.module.function.aws_lambda_function.this
    values = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:api", invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/api/invocations" }
  }

  override_resource {
    target = module.service.module.api.module.function.aws_lambda_alias.live
    values = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:api:live", invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/api:live/invocations" }
  }

  override_resource {
    target = module.service.module.api.module.function.aws_cloudwatch_log_group.this
    values = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:api" }
  }

  override_resource {
    target = module.service.module.ingest.module.on_upload.aws_lambda_function.this
    values = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:on-upload", invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/on-upload/invocations" }
  }

  override_resource {
    target = module.service.module.ingest.module.on_upload.aws_lambda_alias.live
    values = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:on-upload:live", invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/on-upload:live/invocations" }
  }

  override_resource {
    target = module.service.module.ingest.module.on_upload.aws_cloudwatch_log_group.this
    values = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:on-upload" }
  }

  override_resource {
    target = module.service.module.ingest.module.on_job.aws_lambda_function.this
    values = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:on-job", invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/on-job/invocations" }
  }

  override_resource {
    target = module.service.module.ingest.module.on_job.aws_lambda_alias.live
    values = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:on-job:live", invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/on-job:live/invocations" }
  }

  override_resource {
    target = module.service.module.ingest.module.on_job.aws_cloudwatch_log_group.this
    values = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:on-job" }
  }

  override_resource {
    target = module.service.module.ingest.module.reconcile.aws_lambda_function.this
    values = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:reconcile", invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/reconcile/invocations" }
  }

  override_resource {
    target = module.service.module.ingest.module.reconcile.aws_lambda_alias.live
    values = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:reconcile:live", invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/reconcile:live/invocations" }
  }

  override_resource {
    target = module.service.module.ingest.module.reconcile.aws_cloudwatch_log_group.this
    values = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:reconcile" }
  }

  override_resource {
    target = module.service.module.ingest.aws_lambda_event_source_mapping.on_upload
    values = { uuid = "uuid-of-on-upload" }
  }

  override_resource {
    target = module.service.module.ingest.aws_lambda_event_source_mapping.on_job
    values = { uuid = "uuid-of-on-job" }
  }

  override_resource {
    target = module.service.module.api.aws_apigatewayv2_api.this
    values = { id = "api", execution_arn = "arn:aws:execute-api:eu-central-1:123456789012:api" }
  }

  override_resource {
    target = module.service.module.elastic_transcoder[0].aws_iam_role.pipeline
    values = { arn = "arn:aws:iam::123456789012:role/pipeline" }
  }

  override_resource {
    target = module.service.module.elastic_transcoder[0].aws_sns_topic.jobs
    values = { arn = "arn:aws:sns:eu-central-1:123456789012:jobs" }
  }

  override_resource {
    target = aws_cognito_user_pool.owners
    values = { id = "owners", endpoint = "cognito.example.org/owners", arn = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/owners" }
  }

  override_resource {
    target = aws_cognito_user_pool_client.owner
    values = { id = "id-of-owner", client_secret = "secret-of-owner" }
  }

  override_resource {
    target = aws_cognito_user_pool_client.wrong_audience
    values = { id = "id-of-wrong-audience", client_secret = "secret-of-wrong-audience" }
  }

  override_resource {
    target = aws_cognito_user_pool_client.short_lived
    values = { id = "id-of-short-lived", client_secret = "secret-of-short-lived" }
  }

  override_resource {
    target = aws_iam_user.operator
    values = { arn = "arn:aws:iam::123456789012:user/operator" }
  }

  override_resource {
    target = aws_iam_access_key.operator
    values = { id = "key-of-operator", secret = "secret-of-operator" }
  }

  override_resource {
    target = aws_iam_user.transcoder
    values = { arn = "arn:aws:iam::123456789012:user/transcoder" }
  }

  override_resource {
    target = aws_iam_access_key.transcoder
    values = { id = "key-of-transcoder", secret = "secret-of-transcoder" }
  }
}

variables {
  emulator_url   = "http://127.0.0.1:4566"
  transcoder_url = "http://127.0.0.1:4567"
  functions_dir  = "../../tests/functions"
  architecture   = "x86_64"
}

run "outputs_show_what_their_names_say" {
  assert {
    condition = jsonencode({
      access_key_id                 = output.access_key_id
      api_id                        = output.api_id
      api_url                       = output.api_url
      engine                        = output.engine
      engine_role_arn               = output.engine_role_arn
      event_source_mappings         = output.event_source_mappings
      functions                     = output.functions
      jobs_dead_letter_queue_url    = output.jobs_dead_letter_queue_url
      jobs_queue_url                = output.jobs_queue_url
      jobs_topic_arn                = output.jobs_topic_arn
      pipeline_id                   = output.pipeline_id
      preset_id                     = output.preset_id
      region                        = output.region
      rejects_queue_url             = output.rejects_queue_url
      renditions_bucket             = output.renditions_bucket
      roles                         = output.roles
      secret_access_key             = nonsensitive(output.secret_access_key)
      short_lived_client_id         = output.short_lived_client_id
      short_lived_client_secret     = nonsensitive(output.short_lived_client_secret)
      table                         = output.table
      token_client_id               = output.token_client_id
      token_client_secret           = nonsensitive(output.token_client_secret)
      transcoder_access_key_id      = output.transcoder_access_key_id
      transcoder_secret_access_key  = nonsensitive(output.transcoder_secret_access_key)
      uploads_bucket                = output.uploads_bucket
      uploads_dead_letter_queue_url = output.uploads_dead_letter_queue_url
      uploads_queue_url             = output.uploads_queue_url
      user_pool_id                  = output.user_pool_id
      wrong_audience_client_id      = output.wrong_audience_client_id
      wrong_audience_client_secret  = nonsensitive(output.wrong_audience_client_secret)
      }) == jsonencode({
      access_key_id                 = "key-of-operator"
      api_id                        = "api"
      api_url                       = "http://127.0.0.1:4566/_aws/execute-api/api/$default"
      engine                        = "elastic-transcoder"
      engine_role_arn               = "arn:aws:iam::123456789012:role/pipeline"
      event_source_mappings         = { on_upload = "uuid-of-on-upload", on_job = "uuid-of-on-job" }
      functions                     = { api = "responses-local-api", on_job = "responses-local-on-job", on_upload = "responses-local-on-upload", reconcile = "responses-local-reconcile" }
      jobs_dead_letter_queue_url    = "https://sqs.example.org/jobs-dead-letter"
      jobs_queue_url                = "https://sqs.example.org/jobs"
      jobs_topic_arn                = "arn:aws:sns:eu-central-1:123456789012:jobs"
      pipeline_id                   = "1111111111111-abcdef"
      preset_id                     = "1351620000001-100070"
      region                        = "us-east-1"
      rejects_queue_url             = "https://sqs.example.org/rejects"
      renditions_bucket             = "renditions-bucket"
      roles                         = { api = "responses-local-api", on_job = "responses-local-on-job", on_upload = "responses-local-on-upload", reconcile = "responses-local-reconcile" }
      secret_access_key             = "secret-of-operator"
      short_lived_client_id         = "id-of-short-lived"
      short_lived_client_secret     = "secret-of-short-lived"
      table                         = "responses-local"
      token_client_id               = "id-of-owner"
      token_client_secret           = "secret-of-owner"
      transcoder_access_key_id      = "key-of-transcoder"
      transcoder_secret_access_key  = "secret-of-transcoder"
      uploads_bucket                = "uploads-bucket"
      uploads_dead_letter_queue_url = "https://sqs.example.org/uploads-dead-letter"
      uploads_queue_url             = "https://sqs.example.org/uploads"
      user_pool_id                  = "owners"
      wrong_audience_client_id      = "id-of-wrong-audience"
      wrong_audience_client_secret  = "secret-of-wrong-audience"
    })
    error_message = "Each output must show what its name says. `make smoke` reads five of them in every stage."
  }

  assert {
    condition     = module.service.issuer == "https://cognito.example.org/owners" && module.service.audience == toset(["id-of-owner", "id-of-short-lived"])
    error_message = "The API must accept tokens of the user pool for the clients `owner` and `short-lived`, not for `wrong-audience`."
  }

  assert {
    condition = module.service.cors_origins == {
      for user in ["api", "buckets"] : user => toset(["http://localhost:3000", "http://127.0.0.1:3000"])
    }
    error_message = "Pages of a development server on port 3000 of this machine must be able to use the API and the buckets, and no others."
  }
}

run "limits_permissions_of_users" {
  command = plan

  assert {
    condition = { for statement in jsondecode(aws_iam_user_policy.operator.policy).Statement : statement.Sid => [
      statement.Effect, sort(statement.Action), sort(statement.Resource),
      ] } == { for sid, statement in {
      Table = [
        [
          "dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:DescribeTable", "dynamodb:GetItem",
          "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem",
        ],
        concat(["arn:aws:dynamodb:eu-central-1:123456789012:table/responses"], [
          for index in ["ByMail", "ByProject", "ByProjectStatus", "ByStep", "ByStepStatus", "Open"] : "arn:aws:dynamodb:eu-central-1:123456789012:table/responses/index/${index}"
        ]),
      ]
      Buckets = [
        ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:ListBucketVersions"],
        ["arn:aws:s3:::renditions-bucket", "arn:aws:s3:::uploads-bucket"],
      ]
      Objects = [
        [
          "s3:AbortMultipartUpload", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:GetObjectVersion",
          "s3:ListMultipartUploadParts", "s3:PutObject",
        ],
        ["arn:aws:s3:::renditions-bucket/*", "arn:aws:s3:::uploads-bucket/*"],
      ]
      Queues = [
        [
          "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl",
          "sqs:PurgeQueue", "sqs:ReceiveMessage", "sqs:SendMessage",
        ],
        [for queue in ["jobs", "jobs-dead-letter", "rejects", "uploads", "uploads-dead-letter"] : "arn:aws:sqs:eu-central-1:123456789012:${queue}"],
      ]
      Functions = [
        [
          "lambda:GetAlias", "lambda:GetFunction", "lambda:GetFunctionConfiguration", "lambda:ListAliases",
          "lambda:ListVersionsByFunction", "lambda:PublishVersion", "lambda:UpdateAlias", "lambda:UpdateFunctionCode",
          "lambda:UpdateFunctionConfiguration",
        ],
        [for name in ["api", "on-job", "on-upload", "reconcile"] : "arn:aws:lambda:eu-central-1:123456789012:function:${name}"],
      ]
      InvokeFunctions = [
        ["lambda:InvokeFunction"],
        [for name in ["api", "on-job", "on-upload", "reconcile"] : "arn:aws:lambda:eu-central-1:123456789012:function:${name}:live"],
      ]
      Versions = [
        ["lambda:DeleteFunction"],
        [for name in ["api", "on-job", "on-upload", "reconcile"] : "arn:aws:lambda:eu-central-1:123456789012:function:${name}:*"],
      ]
      Secret = [["ssm:PutParameter"], ["arn:aws:ssm:eu-central-1:123456789012:parameter/mock"]]
      EventSourceMappings = [
        ["lambda:GetEventSourceMapping", "lambda:UpdateEventSourceMapping"],
        [for name in ["on-job", "on-upload"] : "arn:aws:lambda:us-east-1:123456789012:event-source-mapping:uuid-of-${name}"],
      ]
      ListEventSourceMappings = [["lambda:ListEventSourceMappings"], ["*"]]
      Logs = [
        ["logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents"],
        flatten([for name in ["api", "on-job", "on-upload", "reconcile"] : [for end in ["", ":*"] : "arn:aws:logs:eu-central-1:123456789012:log-group:${name}${end}"]]),
      ]
      ShortenTokens = [["cognito-idp:UpdateUserPoolClient"], ["arn:aws:cognito-idp:eu-central-1:123456789012:userpool/owners"]]
      RolePolicies = [
        ["iam:DeleteRolePolicy", "iam:GetRolePolicy", "iam:ListRolePolicies", "iam:PutRolePolicy"],
        [for name in ["api", "on-job", "on-upload", "reconcile"] : "arn:aws:iam::123456789012:role/path/${name}"],
      ]
      JobsTopic = [["sns:Publish"], ["arn:aws:sns:eu-central-1:123456789012:jobs"]]
    } : sid => ["Allow", sort(statement[0]), sort(statement[1])] }
    error_message = "The operator may use this stack's resources only. It may change the policies of the functions' roles, but not of the pipeline's role or of itself."
  }

  assert {
    condition = jsondecode(aws_iam_user_policy.transcoder.policy).Statement == [
      { Sid = "AssumeEngineRole", Effect = "Allow", Action = "sts:AssumeRole", Resource = "arn:aws:iam::123456789012:role/pipeline" },
      { Sid = "Probe", Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::uploads-bucket/*" },
    ]
    error_message = "The transcoder's user must be allowed to assume the engine's role and read uploads for Probe, and nothing else."
  }

  assert {
    condition     = module.service.elastic_transcoder.trusted_principals.AWS == ["arn:aws:iam::123456789012:user/transcoder"]
    error_message = "The pipeline's role must trust the transcoder's user."
  }

  assert {
    condition = [
      aws_iam_user_policy.operator.user, aws_iam_access_key.operator.user, aws_iam_user_policy.transcoder.user, aws_iam_access_key.transcoder.user,
    ] == ["responses-local-operator", "responses-local-operator", "responses-local-transcoder", "responses-local-transcoder"]
    error_message = "Each policy and key must belong to its own user."
  }
}
