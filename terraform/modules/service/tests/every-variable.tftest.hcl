# One run sets every variable to a value that is not its default, and every resource that modules share has its own id. A
# variable or a resource that does not reach its module is therefore noticed.
mock_provider "aws" {
  source = "../service/tests/mocks"
}

override_resource {
  target = module.storage.aws_dynamodb_table.responses
  values = {
    arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/adopted"
  }
}

override_resource {
  target = module.storage.aws_s3_bucket.this["uploads"]
  values = {
    id  = "id-of-uploads"
    arn = "arn:aws:s3:::id-of-uploads"
  }
}

override_resource {
  target = module.storage.aws_s3_bucket.this["renditions"]
  values = {
    id  = "id-of-renditions"
    arn = "arn:aws:s3:::id-of-renditions"
  }
}

override_resource {
  target = module.media_convert[0].aws_media_convert_queue.this
  values = {
    arn = "arn:aws:mediaconvert:eu-central-1:123456789012:queues/responses-dev"
  }
}

override_resource {
  target = module.media_convert[0].aws_iam_role.jobs
  values = {
    arn = "arn:aws:iam::123456789012:role/responses-dev-media-convert"
  }
}

override_resource {
  target = module.media_convert[0].aws_cloudwatch_event_rule.jobs
  values = {
    arn = "arn:aws:events:eu-central-1:123456789012:rule/responses-dev-jobs"
  }
}

override_resource {
  target = module.elastic_transcoder[0].aws_sns_topic.jobs
  values = {
    arn = "arn:aws:sns:eu-central-1:123456789012:responses-dev-jobs"
  }
}

override_resource {
  target = module.observability[0].aws_sns_topic.alarms
  values = {
    arn = "arn:aws:sns:eu-central-1:123456789012:responses-dev-alarms"
  }
}

override_resource {
  target = module.ingest.aws_lambda_event_source_mapping.on_upload
  values = {
    uuid = "uuid-of-on-upload"
  }
}

override_resource {
  target = module.ingest.aws_lambda_event_source_mapping.on_job
  values = {
    uuid = "uuid-of-on-job"
  }
}

override_resource {
  target = module.ingest.aws_sqs_queue.rejects
  values = {
    url = "https://sqs/responses-dev-rejects"
    arn = "arn:aws:sqs:eu-central-1:123456789012:responses-dev-rejects"
  }
}

override_resource {
  target = module.api.aws_ssm_parameter.secret
  values = {
    arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/responses-dev/secret"
  }
}

override_resource {
  target = module.api.aws_apigatewayv2_api.this
  values = {
    id            = "id-of-api"
    execution_arn = "arn:aws:execute-api:eu-central-1:123456789012:id-of-api"
  }
}

override_resource {
  target = module.api.aws_apigatewayv2_domain_name.this
  values = {
    id = "responses.example.org"
    domain_name_configuration = {
      hosted_zone_id     = "Z1AWS"
      target_domain_name = "d-1.example.org"
    }
  }
}

override_resource {
  target = module.api.aws_apigatewayv2_stage.default
  values = {
    invoke_url = "https://id-of-api.example.org"
  }
}

variables {
  stage              = "dev"
  name               = "responses-dev"
  table_name         = "adopted"
  jwt                = { issuer = "https://id.example.org/pool", audience = ["owners", "reviewers"] }
  open_uploads       = ["survey"]
  cors_origins       = ["https://app.example.org"]
  upload             = { max_bytes = 1000, minutes = 15 }
  max_seconds        = 600
  playback_minutes   = 30
  secret_version     = 2
  adopted_items      = true
  log_level          = "debug"
  log_retention_days = 90
  alarm_emails       = ["operators@example.com"]
  alarm_topic_arns   = ["arn:aws:sns:eu-central-1:123456789012:pager"]
  runbook_url        = "https://git.example.org/runbooks"
  alarm_thresholds   = { api_latency_ms = 800, overdue_seconds = 801, anonymous_requests = 802, failed_percent = 80 }
  budget             = { monthly_usd = 50, emails = ["owners@example.com"] }
  kms_key_arn        = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"

  uploads_bucket_name = "adopted-videos"
  sources             = { storage_class = "GLACIER_IR", after_days = 7 }

  functions = {
    api       = { memory_mb = 256 }
    on_upload = { memory_mb = 384, timeout_seconds = 40, concurrency = 7 }
    on_job    = { memory_mb = 512, timeout_seconds = 50, concurrency = 9 }
    reconcile = { memory_mb = 640, timeout_seconds = 45 }
  }

  permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
  role_path            = "/services/responses/"
  tracing              = true
  log_bucket           = "company-logs"

  domain = {
    name            = "responses.example.org"
    certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
    zone_id         = "Z0TEAM"
  }

  throttle = {
    rate         = 15
    burst        = 16
    open_uploads = { rate = 7, burst = 8 }
    routes       = { "GET /videos" = { rate = 9, burst = 10 } }
  }

  packages = {
    api       = { path = "../../tests/functions/api.zip", sha256 = "FMJSnrRJjF0f/WkV0Fv1ipG92nlq9Z9B1IDRHAmdBHk=" }
    on_upload = { path = "../../tests/functions/on_upload.zip", sha256 = "uH6YZeNrqqU/NQy5jd2qaD9ieTt9fONYPWnDLbvo8Uw=" }
    on_job    = { path = "../../tests/functions/on_job.zip", sha256 = "ilbl9Iu+bIqevnZWpCALXKxSu5iFWwUnjQ4lY8rSKnw=" }
    reconcile = { path = "../../tests/functions/reconcile.zip", sha256 = "4sMNWSZIKQEf584ws525cF+2ygKSS6yfFc8f+WJrbDg=" }
  }

  # At the end of a test, Terraform deletes what the test has created.
  deletion_protection = false
}

run "passes_every_variable" {
  # docs/permissions.md is made from this file.
  assert {
    condition = jsonencode(jsondecode(file("tests/permissions.json"))) == jsonencode({
      functions = { for name, function in output.functions : name => function.statements }
      jobs      = jsondecode(output.media_convert.role_policy).Statement
    })
    error_message = "The permissions of a role have changed: run terraform/permissions, review docs/permissions.md and commit both files."
  }

  # Encryption.
  assert {
    condition = output.kms_keys == {
      storage   = { for resource in ["table", "uploads", "renditions"] : resource => var.kms_key_arn }
      queues    = { for queue in ["uploads", "jobs", "rejects", "uploads-dead-letter", "jobs-dead-letter"] : queue => var.kms_key_arn }
      api       = { for resource in ["secret", "access_log"] : resource => var.kms_key_arn }
      functions = { for name in ["api", "on_upload", "on_job", "reconcile"] : name => { environment = var.kms_key_arn, logs = var.kms_key_arn } }
      alarms    = var.kms_key_arn
    }
    error_message = "kms_key_arn must encrypt the table, buckets, queues, secret, logs, environment variables and alarms."
  }

  # Functions.
  assert {
    condition = { for name, function in output.functions : name => [function.name, function.role.name, tostring(function.log_retention_days)] } == {
      api       = ["responses-dev-api", "responses-dev-api", "90"]
      on_upload = ["responses-dev-on-upload", "responses-dev-on-upload", "90"]
      on_job    = ["responses-dev-on-job", "responses-dev-on-job", "90"]
      reconcile = ["responses-dev-reconcile", "responses-dev-reconcile", "90"]
    }
    error_message = "The output functions must have each function under its own name, with its own role and the retention of the variable."
  }

  assert {
    condition     = jsonencode({ for name, function in output.functions : name => function.package }) == jsonencode({ for name, package in var.packages : name => merge(package, { s3 = null }) })
    error_message = "Each function must run its own package."
  }

  assert {
    condition = { for name, function in output.functions : name => [function.memory_mb, function.timeout_seconds] } == {
      api       = [256, 29]
      on_upload = [384, 40]
      on_job    = [512, 50]
      reconcile = [640, 45]
    }
    error_message = "Each function must have its own memory and timeout."
  }

  assert {
    condition     = output.concurrency == { on_upload = 7, on_job = 9 }
    error_message = "Each mapping must have the concurrency of its function."
  }

  assert {
    condition = [for role in concat(values(output.functions)[*].role, [output.media_convert.role]) : [role.path, role.permissions_boundary]] == [
      for role in range(5) : ["/services/responses/", "arn:aws:iam::123456789012:policy/boundary"]
    ]
    error_message = "Every role must have the path and the permissions boundary of the variables."
  }

  assert {
    condition     = [for function in output.functions : function.tracing] == [true, true, true, true]
    error_message = "Every function must have tracing."
  }

  assert {
    condition = jsonencode(output.throttle) == jsonencode({
      default = { rate = 15, burst = 16 }
      routes = merge({ for method in ["GET", "HEAD"] : "${method} /videos" => { rate = 9, burst = 10 } }, {
        for route in ["POST /projects/survey/steps/{step}/responses", "GET /presignedurl/survey/{step}", "HEAD /presignedurl/survey/{step}"] : route => { rate = 7, burst = 8 }
      })
    })
    error_message = "The API must have the default limit, the limit of open uploads and the limits of single routes of the variable."
  }

  assert {
    condition     = output.domain == { target_name = "d-1.example.org", target_zone_id = "Z1AWS" }
    error_message = "The output domain must show the target of the domain's records."
  }

  assert {
    condition     = [for logs in values(output.access_logs) : logs.bucket] == ["company-logs", "company-logs"]
    error_message = "Both buckets must log their requests to log_bucket."
  }

  assert {
    condition = output.functions.api.environment == tomap({
      RESPONSES_TABLE_NAME = "adopted"
      UPLOADS_BUCKET       = "id-of-uploads"
      RENDITIONS_BUCKET    = "id-of-renditions"
      OPEN_UPLOADS         = "survey"
      UPLOAD_MAX_BYTES     = "1000"
      UPLOAD_MINUTES       = "15"
      PLAYBACK_MINUTES     = "30"
      SECRET_PARAMETER     = "/responses-dev/secret"
      SECRET_VERSION       = "2"
      ADOPTED_ITEMS        = "true"
      LOG_LEVEL            = "debug"
      METRICS_NAMESPACE    = "responses-dev"
    })
    error_message = "The api function must have the table, the buckets and every limit of the variables."
  }

  assert {
    condition = { for name in ["on_upload", "on_job", "reconcile"] : name => output.functions[name].environment } == {
      for name, lease in { on_upload = { JOB_LEASE_SECONDS = "80" }, on_job = {}, reconcile = { JOB_LEASE_SECONDS = "80" } } : name => tomap(merge(lease, {
        RESPONSES_TABLE_NAME    = "adopted"
        UPLOADS_BUCKET          = "id-of-uploads"
        RENDITIONS_BUCKET       = "id-of-renditions"
        REJECTS_QUEUE_URL       = "https://sqs/responses-dev-rejects"
        MAX_SECONDS             = "600"
        LOG_LEVEL               = "debug"
        METRICS_NAMESPACE       = "responses-dev"
        ENGINE                  = "media-convert"
        MEDIA_CONVERT_QUEUE_ARN = "arn:aws:mediaconvert:eu-central-1:123456789012:queues/responses-dev"
        MEDIA_CONVERT_ROLE_ARN  = "arn:aws:iam::123456789012:role/responses-dev-media-convert"
      }))
    }
    error_message = "The functions of ingest must have the table, the buckets, max_seconds and the engine's queue and role."
  }

  assert {
    condition = { for name, function in output.functions : name => { for sid, statement in function.statements : sid => statement if sid == "PassRole" } } == {
      for name, passes in { api = false, on_upload = true, on_job = false, reconcile = true } : name => {
        for sid in passes ? ["PassRole"] : [] : sid => {
          actions   = ["iam:PassRole"]
          resources = ["arn:aws:iam::123456789012:role/responses-dev-media-convert"]
          condition = { StringEquals = { "iam:PassedToService" = "mediaconvert.amazonaws.com" } }
        }
      }
    }
    error_message = "Only on_upload and reconcile may pass a role: the jobs' role, to MediaConvert."
  }

  assert {
    condition     = [output.functions.api.statements.SignUploads.resources, output.functions.api.statements.SignPlayback.resources] == [["arn:aws:s3:::id-of-uploads/*"], ["arn:aws:s3:::id-of-renditions/output/*"]]
    error_message = "The api function must sign uploads for the uploads bucket, and playback for the renditions bucket."
  }

  # API and storage.
  assert {
    condition     = module.api.issuer == "https://id.example.org/pool" && output.audience == toset(["owners", "reviewers"]) && module.api.secret.version == 2
    error_message = "The API must accept the tokens of the given issuer and audiences, and have the given version of the secret."
  }

  assert {
    condition     = module.api.cors_origins == toset(["https://app.example.org"]) && module.storage.cors_origins == toset(["https://app.example.org"])
    error_message = "Pages of the given origins must be able to use the API and both buckets."
  }

  assert {
    condition     = output.sources == { moved = [{ days = 7, storage_class = "GLACIER_IR" }], deleted = [] }
    error_message = "The variable sources must reach the uploads bucket."
  }

  assert {
    condition     = output.bucket_names == { uploads = "adopted-videos", renditions = "responses-dev-renditions-123456789012" }
    error_message = "The uploads bucket must have the name of the variable."
  }

  assert {
    condition = jsonencode({ id = output.api_id, url = output.api_url, table = output.table, uploads = output.uploads, renditions = output.renditions, mappings = output.event_source_mappings }) == jsonencode({
      id         = "id-of-api"
      url        = "https://responses.example.org"
      table      = { name = "adopted", arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/adopted" }
      uploads    = { name = "id-of-uploads", arn = "arn:aws:s3:::id-of-uploads" }
      renditions = { name = "id-of-renditions", arn = "arn:aws:s3:::id-of-renditions" }
      mappings   = { on_upload = "uuid-of-on-upload", on_job = "uuid-of-on-job" }
    })
    error_message = "The outputs must have the API's own id and URL, the table, each bucket and each mapping under its own name."
  }

  # Engine.
  assert {
    condition = { for statement in jsondecode(output.media_convert.role_policy).Statement : statement.Sid => statement.Resource } == {
      ReadUploads     = ["arn:aws:s3:::id-of-uploads/*"]
      ListUploads     = ["arn:aws:s3:::id-of-uploads"]
      WriteRenditions = ["arn:aws:s3:::id-of-renditions/output/*"]
      UseKeyByS3      = [var.kms_key_arn]
    }
    error_message = "Jobs must read the uploads bucket and write the renditions bucket, with the key."
  }

  assert {
    condition = (
      jsondecode(output.media_convert.event_pattern).detail.queue == ["arn:aws:mediaconvert:eu-central-1:123456789012:queues/responses-dev"]
      && jsonencode(jsondecode(output.media_convert.event_pattern).detail["$or"][1].framesDecoded) == jsonencode([{ numeric = [">", 36000] }])
    )
    error_message = "The rule must match events of this stage's queue, and progress beyond 60 frames for each of max_seconds."
  }

  # Alarms.
  assert {
    condition = { for alarm, dimensions in output.alarms.watched_resources : alarm => join(" ", values(dimensions)) } == {
      uploads-dead-letter    = "responses-dev-uploads-dead-letter"
      jobs-dead-letter       = "responses-dev-jobs-dead-letter"
      rejects                = "responses-dev-rejects"
      uploads-waiting        = "responses-dev-uploads"
      jobs-waiting           = "responses-dev-jobs"
      api-5xx                = "id-of-api $default"
      api-latency            = "id-of-api $default"
      api-errors             = "responses-dev-api"
      on-upload-errors       = "responses-dev-on-upload"
      on-job-errors          = "responses-dev-on-job"
      reconcile-errors       = "responses-dev-reconcile"
      api-throttles          = "responses-dev-api"
      on-upload-throttles    = "responses-dev-on-upload"
      on-job-throttles       = "responses-dev-on-job"
      reconcile-throttles    = "responses-dev-reconcile"
      schedule-not-delivered = "responses-dev-reconcile"
      jobs-not-delivered     = "responses-dev-jobs"
      reconcile-retries      = ""
      engine-refusals        = ""
      repairs                = ""
      overdue                = ""
      anonymous-requests     = ""
      failed-unreadable      = ""
      failed-no-video-stream = ""
      failed-too-long        = ""
      failed-job-refused     = ""
      failed-engine-error    = ""
      failed-canceled        = ""
      failed-gave-up         = ""
      reconcile-silent       = "responses-dev-reconcile"
    }
    error_message = "Each alarm must watch a queue, a function, a rule or the API of this stage."
  }

  assert {
    condition = (
      output.alarms.alarm_actions.rejects == toset(["arn:aws:sns:eu-central-1:123456789012:responses-dev-alarms", "arn:aws:sns:eu-central-1:123456789012:pager"])
      && output.alarms.runbook_urls.rejects == "https://git.example.org/runbooks/dead-letters.md#rejects"
      && [for alarm in ["api-latency", "overdue", "anonymous-requests", "failed-gave-up"] : output.alarms.thresholds[alarm]] == [800, 801, 802, 80]
    )
    error_message = "The other topics, the runbook's URL and the thresholds must reach the alarms."
  }

  assert {
    condition = jsonencode(output.alarms.budget) == jsonencode({ name = "responses-dev", limit = "50", emails = ["owners@example.com"] }) && alltrue([
      for text in ["responses-dev", "id-of-api", "\"adopted-videos\"", "\"responses-dev-renditions-123456789012\"", "queues/responses-dev"] : strcontains(output.alarms.dashboard.body, text)
    ])
    error_message = "The budget must have the variable's limit and addresses, and the dashboard must show this stage's API, buckets and queue."
  }

  assert {
    condition = (
      output.alarms.subscribed_emails == toset(["operators@example.com"])
      && output.alarms.topic_arn == "arn:aws:sns:eu-central-1:123456789012:responses-dev-alarms"
      && alltrue([for name in values(output.alarms.alarm_names) : startswith(name, "responses-dev-")])
    )
    error_message = "Each address in alarm_emails must be subscribed to the topic of this stage's alarms."
  }

  assert {
    condition     = output.alarms.thresholds.uploads-waiting == 5 * output.queues.jobs.visibility_timeout_seconds
    error_message = "The threshold of the message age must be five visibility timeouts of the slower queue, after which a failing message is a dead letter."
  }
}

run "change_of_one_function_publishes_all" {
  variables {
    playback_minutes = 31
  }

  assert {
    condition     = length(distinct([for function in run.passes_every_variable.functions : function.release])) == 1
    error_message = "All functions must have the same release."
  }

  assert {
    condition     = alltrue([for name, function in output.functions : function.release != run.passes_every_variable.functions[name].release])
    error_message = "A change of the api function alone must publish a version of every function, so that a rollback returns all of them to the same release."
  }
}

run "change_of_ingest_publishes_all" {
  variables {
    packages = {
      api       = { path = "../../tests/functions/api.zip", sha256 = "FMJSnrRJjF0f/WkV0Fv1ipG92nlq9Z9B1IDRHAmdBHk=" }
      on_upload = { path = "../../tests/functions/on_upload.zip", sha256 = "uH6YZeNrqqU/NQy5jd2qaD9ieTt9fONYPWnDLbvo8Uw=" }
      on_job    = { path = "../../tests/functions/on_job.zip", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
      reconcile = { path = "../../tests/functions/reconcile.zip", sha256 = "4sMNWSZIKQEf584ws525cF+2ygKSS6yfFc8f+WJrbDg=" }
    }
  }

  assert {
    condition     = alltrue([for name, function in output.functions : function.release != run.passes_every_variable.functions[name].release])
    error_message = "A new package of on_job alone must publish a version of every function."
  }
}

run "local_stage_overrides_every_setting" {
  variables {
    stage = "local"
    local = {
      allow_plain_http           = true
      no_lifecycle_rules         = true
      architecture               = "x86_64"
      visibility_timeout_seconds = 2
      job_lease_seconds          = 4
      transcoder_user_arn        = "arn:aws:iam::123456789012:user/transcoder"
      event_source               = "local.mediaconvert"
      no_alarms                  = true
    }
  }

  assert {
    condition     = !module.storage.tls_only && !module.ingest.tls_only && !output.lifecycle_rules && output.alarms == null
    error_message = "The local stage must be able to allow plain HTTP to buckets and queues, and to omit lifecycle rules and alarms."
  }

  assert {
    condition     = [for function in output.functions : function.architecture] == ["x86_64", "x86_64", "x86_64", "x86_64"]
    error_message = "The local stage must be able to set the architecture of every function."
  }

  assert {
    condition = (
      [for queue in ["uploads", "jobs"] : output.queues[queue].visibility_timeout_seconds] == [2, 2]
      && [for name in ["on_upload", "reconcile"] : output.functions[name].environment.JOB_LEASE_SECONDS] == ["4", "4"]
    )
    error_message = "The local stage must be able to set the visibility timeout of both queues, and the lease of both functions that start jobs."
  }

  assert {
    condition = (
      jsonencode(output.media_convert.trusted_principals) == jsonencode([{ Service = "mediaconvert.amazonaws.com" }, { AWS = "arn:aws:iam::123456789012:user/transcoder" }])
      && jsondecode(output.media_convert.event_pattern).source == ["local.mediaconvert"]
    )
    error_message = "The local transcoder must be able to assume the engine's role, and its events must match the rule."
  }
}

run "local_stage_uses_elastic_transcoder" {
  variables {
    kms_key_arn = null
    stage       = "local"
    engine      = "elastic-transcoder"
    local       = { allow_plain_http = true, transcoder_user_arn = "arn:aws:iam::123456789012:user/transcoder" }
  }

  assert {
    condition     = !module.elastic_transcoder[0].tls_only
    error_message = "The local stage must be able to allow plain HTTP to the topic."
  }

  assert {
    condition     = output.media_convert == null && [for name in ["on_upload", "on_job", "reconcile"] : output.functions[name].environment.ENGINE] == ["elastic-transcoder", "elastic-transcoder", "elastic-transcoder"]
    error_message = "The local stage must be able to use Elastic Transcoder, instead of MediaConvert."
  }

  assert {
    condition     = jsonencode(output.elastic_transcoder.trusted_principals) == jsonencode({ AWS = ["arn:aws:iam::123456789012:user/transcoder"], Service = "elastictranscoder.amazonaws.com" })
    error_message = "Only the service and the local transcoder may assume the pipeline's role."
  }

  assert {
    condition     = [output.elastic_transcoder.role.path, output.elastic_transcoder.role.permissions_boundary] == ["/services/responses/", "arn:aws:iam::123456789012:policy/boundary"]
    error_message = "The pipeline's role must have the path and the permissions boundary of the variables."
  }

  assert {
    condition = { for statement in jsondecode(output.elastic_transcoder.role_policy).Statement : statement.Sid => statement.Resource } == {
      ReadUploads      = ["arn:aws:s3:::id-of-uploads/*"]
      ListBuckets      = ["arn:aws:s3:::id-of-uploads", "arn:aws:s3:::id-of-renditions"]
      WriteRenditions  = ["arn:aws:s3:::id-of-renditions/output/*"]
      PublishJobEvents = ["arn:aws:sns:eu-central-1:123456789012:responses-dev-jobs"]
    }
    error_message = "The pipeline must read the uploads bucket, write the renditions bucket and publish to its own topic."
  }
}
