locals {
  # What every stage has. `var.local` may loosen it, and its validation refuses it on any stage but local.
  loosened = var.local != null ? var.local : {
    plain_http                 = false
    keep_everything            = false
    architecture               = "arm64"
    visibility_timeout_seconds = null
    job_lease_seconds          = 60
    transcoder_arn             = null
  }
}

module "storage" {
  source = "../storage"

  name         = var.name
  table_name   = var.table_name
  cors_origins = var.cors_origins
  tls_only     = !local.loosened.plain_http
  clean_up     = !local.loosened.keep_everything
}

module "transcoding" {
  source = "../transcoding"

  name               = var.name
  uploads            = module.storage.uploads
  renditions         = module.storage.renditions
  trusted_principals = compact([local.loosened.transcoder_arn])
}

module "ingest" {
  source = "../ingest"

  name                       = var.name
  packages                   = var.packages
  architecture               = local.loosened.architecture
  table                      = module.storage.table
  uploads                    = module.storage.uploads
  renditions                 = module.storage.renditions
  pipeline_id                = module.transcoding.pipeline_id
  preset_id                  = module.transcoding.preset_id
  create_job_arns            = module.transcoding.create_job_arns
  jobs_topic_arn             = module.transcoding.jobs_topic_arn
  visibility_timeout_seconds = local.loosened.visibility_timeout_seconds
  job_lease_seconds          = local.loosened.job_lease_seconds
  log_level                  = var.log_level
  log_retention_days         = var.log_retention_days
}

module "api" {
  source = "../api"

  name               = var.name
  package            = var.packages.api
  architecture       = local.loosened.architecture
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
  log_retention_days = var.log_retention_days
}
