module "service" {
  source = "../../modules/service"

  stage              = local.stage
  name               = coalesce(var.name, "responses-${local.stage}")
  jwt                = var.jwt
  secret_version     = var.secret_version
  open_uploads       = var.open_uploads
  cors_origins       = var.cors_origins
  max_seconds        = var.max_seconds
  alarm_emails       = var.alarm_emails
  alarm_topic_arns   = var.alarm_topic_arns
  runbook_url        = var.runbook_url
  alarm_thresholds   = var.alarm_thresholds
  budget             = var.budget
  log_retention_days = var.log_retention_days
  kms_key_arn        = var.kms_key_arn

  table_name          = var.adopt.table
  adopted_items       = var.adopt.table != null
  uploads_bucket_name = var.adopt.uploads_bucket
  sources             = var.sources
  deletion_protection = var.deletion_protection

  domain               = var.domain
  log_bucket           = var.log_bucket
  upload               = var.upload
  playback_minutes     = var.playback_minutes
  throttle             = var.throttle
  log_level            = var.log_level
  functions            = var.functions
  permissions_boundary = var.permissions_boundary
  role_path            = var.role_path
  tracing              = var.tracing

  packages = {
    for function in ["api", "on_upload", "on_job", "reconcile"] : function => {
      path   = local.packages.folder == null ? null : "${local.packages.folder}/${function}.zip"
      s3     = local.packages.s3 == null ? null : { bucket = local.packages.s3.bucket, key = "${local.packages.s3.prefix}/${function}.zip" }
      sha256 = local.packages.sha256[function]
    }
  }
}

locals {
  # Without packages, Terraform can refresh and destroy the stage. Any other plan fails, because these files do not exist.
  packages = var.packages != null ? var.packages : {
    folder = "no-packages"
    s3     = null
    sha256 = { for function in ["api", "on_upload", "on_job", "reconcile"] : function => "${format("%043d", 0)}=" }
  }
}
