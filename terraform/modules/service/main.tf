locals {
  # The values of every stage on AWS. `var.local` can override them; its validation rejects it in any stage except local.
  overridable = var.local != null ? var.local : {
    allow_plain_http           = false
    no_lifecycle_rules         = false
    architecture               = "arm64"
    visibility_timeout_seconds = null
    job_lease_seconds          = null
    transcoder_user_arn        = null
    event_source               = "aws.mediaconvert"
    no_alarms                  = false
  }

  log_retention_days = coalesce(var.log_retention_days, var.stage == "prod" ? 365 : 30)

  # Exactly one of the two modules exists.
  engine = concat(module.elastic_transcoder[*].engine, module.media_convert[*].engine)[0]

  # A change of one function publishes a version of all four, so that a rollback knows which versions ran together.
  release = substr(sha256(jsonencode([module.api.content_hash, module.ingest.content_hashes])), 0, 12)
}

module "storage" {
  source = "../storage"

  name            = var.name
  table_name      = var.table_name
  cors_origins    = var.cors_origins
  log_bucket      = var.log_bucket
  tls_only        = !local.overridable.allow_plain_http
  lifecycle_rules = !local.overridable.no_lifecycle_rules
  kms_key_arn     = var.kms_key_arn

  uploads_bucket_name = var.uploads_bucket_name
  sources             = var.sources
  deletion_protection = var.deletion_protection
}

module "elastic_transcoder" {
  source = "../elastic-transcoder"
  count  = var.engine == "elastic-transcoder" ? 1 : 0

  name               = var.name
  uploads            = module.storage.uploads
  renditions         = module.storage.renditions
  trusted_principals = compact([local.overridable.transcoder_user_arn])
  tls_only           = !local.overridable.allow_plain_http

  permissions_boundary = var.permissions_boundary
  role_path            = var.role_path
}

module "media_convert" {
  source = "../media-convert"
  count  = var.engine == "media-convert" ? 1 : 0

  name               = var.name
  uploads            = module.storage.uploads
  renditions         = module.storage.renditions
  max_seconds        = var.max_seconds
  event_source       = local.overridable.event_source
  kms_key_arn        = var.kms_key_arn
  trusted_principals = compact([local.overridable.transcoder_user_arn])

  permissions_boundary = var.permissions_boundary
  role_path            = var.role_path
}

module "ingest" {
  source = "../ingest"

  name                       = var.name
  packages                   = var.packages
  architecture               = local.overridable.architecture
  table                      = module.storage.table
  uploads                    = module.storage.uploads
  renditions                 = module.storage.renditions
  engine_name                = var.engine
  engine                     = local.engine
  visibility_timeout_seconds = local.overridable.visibility_timeout_seconds
  job_lease_seconds          = local.overridable.job_lease_seconds
  max_seconds                = var.max_seconds
  tls_only                   = !local.overridable.allow_plain_http
  log_level                  = var.log_level
  log_retention_days         = local.log_retention_days
  kms_key_arn                = var.kms_key_arn
  release                    = local.release

  permissions_boundary = var.permissions_boundary
  role_path            = var.role_path
  tracing              = var.tracing
  functions            = { for name, function in var.functions : name => function if name != "api" }
}

module "api" {
  source = "../api"

  name               = var.name
  package            = var.packages.api
  architecture       = local.overridable.architecture
  table              = module.storage.table
  uploads            = module.storage.uploads
  renditions         = module.storage.renditions
  jwt                = var.jwt
  open_uploads       = var.open_uploads
  upload             = var.upload
  playback_minutes   = var.playback_minutes
  secret_version     = var.secret_version
  adopted_items      = var.adopted_items
  cors_origins       = var.cors_origins
  log_level          = var.log_level
  log_retention_days = local.log_retention_days
  kms_key_arn        = var.kms_key_arn
  release            = local.release

  domain               = var.domain
  throttle             = var.throttle
  memory_mb            = var.functions.api.memory_mb
  permissions_boundary = var.permissions_boundary
  role_path            = var.role_path
  tracing              = var.tracing
}

module "observability" {
  source = "../observability"
  count  = local.overridable.no_alarms ? 0 : 1

  name                      = var.name
  queues                    = { for key, queue in module.ingest.queues : key => queue.name }
  dead_letter_after_seconds = module.ingest.dead_letter_after_seconds
  functions                 = merge({ api = module.api.function.name }, { for key, function in module.ingest.functions : key => function.name })
  api_id                    = module.api.api_id
  rules                     = { schedule = module.ingest.schedule_rule, jobs = one(module.media_convert[*].rule_name) }
  runbook_url               = var.runbook_url
  alarm_emails              = var.alarm_emails
  kms_key_arn               = var.kms_key_arn
  alarm_topic_arns          = var.alarm_topic_arns
  alarm_thresholds          = var.alarm_thresholds
  stage                     = var.stage
  buckets                   = module.storage.bucket_names
  uses_media_convert        = var.engine == "media-convert"
  media_convert_queue_arn   = one(module.media_convert[*].queue_arn)
  budget                    = var.budget
}
