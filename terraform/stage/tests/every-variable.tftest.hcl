mock_provider "aws" {
  source = "../../tests/mocks"

  # Each bucket and queue has its own name or URL, so that the tests see a swap.
  override_resource {
    target = module.service.module.storage.aws_s3_bucket.this["uploads"]
    values = { id = "uploads-bucket", arn = "arn:aws:s3:::uploads-bucket" }
  }

  override_resource {
    target = module.service.module.storage.aws_s3_bucket.this["renditions"]
    values = { id = "renditions-bucket", arn = "arn:aws:s3:::renditions-bucket" }
  }

  override_resource {
    target = module.service.module.api.aws_apigatewayv2_domain_name.this
    values = {
      id = "responses.example.org"
      domain_name_configuration = {
        hosted_zone_id     = "Z1AWS"
        target_domain_name = "d-1.example.org"
      }
    }
  }

  override_resource {
    target = module.service.module.api.aws_apigatewayv2_stage.default
    values = { invoke_url = "https://api.example.org" }
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

  # A mocked provider imports only what is overridden. adopt.tftest.hcl adopts the bucket too.
  override_resource {
    target = module.service.module.storage.aws_dynamodb_table.responses
    values = { arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/Chalice.Responses" }
  }

  override_data {
    target = data.aws_dynamodb_table.adopted["Chalice.Responses"]
    values = { hash_key = "ProjectStep", range_key = "Mail" }
  }
}

# Every variable has a value that differs from its default.
variables {
  region     = "eu-west-1"
  account_id = "123456789012"
  name       = "responses-pr-12"
  packages = {
    folder = "../../tests/functions"
    sha256 = {
      api       = "FMJSnrRJjF0f/WkV0Fv1ipG92nlq9Z9B1IDRHAmdBHk="
      on_upload = "uH6YZeNrqqU/NQy5jd2qaD9ieTt9fONYPWnDLbvo8Uw="
      on_job    = "ilbl9Iu+bIqevnZWpCALXKxSu5iFWwUnjQ4lY8rSKnw="
      reconcile = "4sMNWSZIKQEf584ws525cF+2ygKSS6yfFc8f+WJrbDg="
    }
  }
  jwt            = { issuer = "https://id.example.org/pool", audience = ["owners", "auditors"] }
  secret_version = 3
  open_uploads   = ["survey", "demo"]
  cors_origins   = ["https://app.example.org", "https://admin.example.org"]
  alarm_emails   = ["operators@example.com"]
  adopt          = { table = "Chalice.Responses" }
  max_seconds    = 600
  kms_key_arn    = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  sources        = { storage_class = "STANDARD_IA", after_days = 90, expire_after_days = 730 }

  # At the end of a test, Terraform deletes what the test has created.
  deletion_protection = false

  log_level          = "debug"
  log_retention_days = 90

  functions = {
    api       = { memory_mb = 256 }
    on_upload = { memory_mb = 384, timeout_seconds = 40, concurrency = 7 }
    on_job    = { memory_mb = 512, timeout_seconds = 50, concurrency = 9 }
    reconcile = { memory_mb = 640, timeout_seconds = 45 }
  }

  permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
  role_path            = "/services/responses/"
  tracing              = true
  tags                 = { owner = "media team" }
  upload               = { max_bytes = 1000, minutes = 15 }
  playback_minutes     = 30
  log_bucket           = "company-logs"

  domain = {
    name            = "responses.example.org"
    certificate_arn = "arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
    zone_id         = "Z0TEAM"
  }

  throttle = {
    rate         = 15
    burst        = 16
    open_uploads = { rate = 7, burst = 8 }
    routes       = { "GET /videos" = { rate = 9, burst = 10 } }
  }

  alarm_topic_arns = ["arn:aws:sns:eu-west-1:123456789012:pager"]
  runbook_url      = "https://git.example.org/runbooks"
  alarm_thresholds = { api_latency_ms = 800 }
  budget           = { monthly_usd = 50, emails = ["owners@example.com"] }
}

run "passes_every_variable_on" {
  # Encryption.
  assert {
    condition = module.service.kms_keys == {
      storage   = { for resource in ["table", "uploads", "renditions"] : resource => var.kms_key_arn }
      queues    = { for queue in ["uploads", "jobs", "rejects", "uploads-dead-letter", "jobs-dead-letter"] : queue => var.kms_key_arn }
      api       = { for resource in ["secret", "access_log"] : resource => var.kms_key_arn }
      functions = { for name in ["api", "on_upload", "on_job", "reconcile"] : name => { environment = var.kms_key_arn, logs = var.kms_key_arn } }
      alarms    = var.kms_key_arn
    } && strcontains(module.service.media_convert.role_policy, var.kms_key_arn)
    error_message = "kms_key_arn must encrypt the table, buckets, queues, secret, logs, environment variables and alarms, and jobs must be able to use it."
  }

  assert {
    condition = jsonencode({
      issuer       = module.service.issuer
      audience     = module.service.audience
      secret       = [module.service.secret.name, module.service.secret.version]
      cors_origins = module.service.cors_origins
      alarm_emails = module.service.alarms.subscribed_emails
      topics       = module.service.alarms.alarm_actions.rejects
      runbook      = module.service.alarms.runbook_urls.rejects
      thresholds   = module.service.alarms.thresholds.api-latency
      budget       = module.service.alarms.budget
      table        = module.service.table.name
      }) == jsonencode({
      issuer       = "https://id.example.org/pool"
      audience     = ["auditors", "owners"]
      secret       = ["/responses-pr-12/secret", 3]
      cors_origins = { for user in ["api", "buckets"] : user => ["https://admin.example.org", "https://app.example.org"] }
      alarm_emails = ["operators@example.com"]
      topics       = ["arn:aws:sns:eu-central-1:123456789012:mock", "arn:aws:sns:eu-west-1:123456789012:pager"]
      runbook      = "https://git.example.org/runbooks/dead-letters.md#rejects"
      thresholds   = 800
      budget       = { name = "responses-pr-12", limit = "50", emails = ["owners@example.com"] }
      table        = "Chalice.Responses"
    })
    error_message = "Each variable must reach the API, the buckets, the alarms and the table."
  }

  assert {
    condition     = module.service.sources == { moved = [{ days = 90, storage_class = "STANDARD_IA" }], deleted = [730] }
    error_message = "The variable sources must reach the uploads bucket."
  }

  assert {
    condition = jsonencode({ for name in ["OPEN_UPLOADS", "ADOPTED_ITEMS", "RESPONSES_TABLE_NAME", "UPLOADS_BUCKET", "RENDITIONS_BUCKET", "UPLOAD_MAX_BYTES", "UPLOAD_MINUTES", "PLAYBACK_MINUTES"] : name => module.service.functions.api.environment[name] }) == jsonencode({
      OPEN_UPLOADS         = "demo,survey"
      ADOPTED_ITEMS        = "true"
      RESPONSES_TABLE_NAME = "Chalice.Responses"
      UPLOADS_BUCKET       = "uploads-bucket"
      RENDITIONS_BUCKET    = "renditions-bucket"
      UPLOAD_MAX_BYTES     = "1000"
      UPLOAD_MINUTES       = "15"
      PLAYBACK_MINUTES     = "30"
    })
    error_message = "open_uploads, adopt, upload and playback_minutes must reach the api function."
  }

  assert {
    condition = (
      [for function in ["on_upload", "on_job", "reconcile"] : module.service.functions[function].environment.MAX_SECONDS] == ["600", "600", "600"]
      && jsondecode(module.service.media_convert.event_pattern).detail["$or"][1].framesDecoded == [{ numeric = [">", 36000] }]
    )
    error_message = "max_seconds must reach the functions and the rule of job events."
  }

  assert {
    condition = jsonencode({ for key, function in module.service.functions : key => [function.name, function.package] }) == jsonencode({
      for key, name in { api = "api", on_upload = "on-upload", on_job = "on-job", reconcile = "reconcile" } :
      key => ["responses-pr-12-${name}", { path = "../../tests/functions/${key}.zip", s3 = null, sha256 = var.packages.sha256[key] }]
    })
    error_message = "Each function must run its own package, and its name must begin with the variable name."
  }

  assert {
    condition = { for key, function in module.service.functions : key => [function.memory_mb, function.timeout_seconds] } == {
      api       = [256, 29]
      on_upload = [384, 40]
      on_job    = [512, 50]
      reconcile = [640, 45]
    } && module.service.concurrency == { on_upload = 7, on_job = 9 }
    error_message = "Each function must have its own memory and timeout, and each mapping the concurrency of its function."
  }

  assert {
    condition = [for role in concat(values(module.service.functions)[*].role, [module.service.media_convert.role]) : [role.path, role.permissions_boundary]] == [
      for role in range(5) : ["/services/responses/", "arn:aws:iam::123456789012:policy/boundary"]
    ]
    error_message = "Every role must have the path and the permissions boundary of the variables."
  }

  assert {
    condition     = [for function in module.service.functions : function.tracing] == [true, true, true, true]
    error_message = "Every function must have tracing."
  }

  assert {
    condition = jsonencode(module.service.throttle) == jsonencode({
      default = { rate = 15, burst = 16 }
      routes = merge({ for method in ["GET", "HEAD"] : "${method} /videos" => { rate = 9, burst = 10 } }, {
        for route in flatten([
          for project in ["demo", "survey"] : ["POST /projects/${project}/steps/{step}/responses", "GET /presignedurl/${project}/{step}", "HEAD /presignedurl/${project}/{step}"]
        ]) : route => { rate = 7, burst = 8 }
      })
    })
    error_message = "The API must have the default limit, the limit of open uploads and the limits of single routes of the variable."
  }

  assert {
    condition     = [for logs in values(module.service.access_logs) : logs.bucket] == ["company-logs", "company-logs"]
    error_message = "Both buckets must log their requests to log_bucket."
  }

  assert {
    condition     = [for function in module.service.functions : [function.environment.LOG_LEVEL, tostring(function.log_retention_days)]] == [for function in range(4) : ["debug", "90"]]
    error_message = "Every function must have the log level, and keep its logs for the days, of the variables."
  }

  # `make smoke` and the tools of the local stage read the first five outputs in every stage.
  assert {
    condition = jsonencode({
      api_url           = output.api_url
      region            = output.region
      table             = output.table
      uploads_bucket    = output.uploads_bucket
      renditions_bucket = output.renditions_bucket
      functions         = output.functions
      queues            = output.queues
      alarms_topic_arn  = output.alarms_topic_arn
      domain            = output.domain
      }) == jsonencode({
      api_url           = "https://responses.example.org"
      region            = "eu-west-1"
      table             = "Chalice.Responses"
      uploads_bucket    = "uploads-bucket"
      renditions_bucket = "renditions-bucket"
      functions         = { for key in ["api", "on_job", "on_upload", "reconcile"] : key => "responses-pr-12-${replace(key, "_", "-")}" }
      queues = {
        uploads             = "https://sqs.example.org/uploads"
        jobs                = "https://sqs.example.org/jobs"
        rejects             = "https://sqs.example.org/rejects"
        uploads_dead_letter = "https://sqs.example.org/uploads-dead-letter"
        jobs_dead_letter    = "https://sqs.example.org/jobs-dead-letter"
      }
      alarms_topic_arn = "arn:aws:sns:eu-central-1:123456789012:mock"
      domain           = { target_name = "d-1.example.org", target_zone_id = "Z1AWS" }
    })
    error_message = "Each output must show what its name says."
  }

  # A test cannot read the backend and the provider's configuration, so this compares their text.
  assert {
    condition = endswith(file("${path.module}/stage.tf"), <<-EOT
      terraform {
        # terraform init sets bucket and region: -backend-config="bucket=…" -backend-config="region=…".
        backend "s3" {
          key          = "responses/${local.stage}.tfstate"
          encrypt      = true
          use_lockfile = true
        }
      }
    EOT
    ) && length(regexall("(?m)^ *backend ", file("${path.module}/stage.tf"))) == 1 && basename(abspath(path.module)) == local.stage
    error_message = "The state must be locked, encrypted and have the stage's own key, and the stage must have the name of its folder."
  }

  assert {
    condition = endswith(file("${path.module}/versions.tf"), <<-EOT
      provider "aws" {
        region              = var.region
        allowed_account_ids = [var.account_id]

        default_tags {
          tags = merge(var.tags, { service = "responses", stage = local.stage })
        }
      }
    EOT
    ) && length(regexall("(?m)^ *provider ", file("${path.module}/versions.tf"))) == 1
    error_message = "The provider must refuse another account and tag every resource with the stage."
  }
}
