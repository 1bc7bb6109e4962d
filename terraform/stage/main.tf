module "service" {
  source = "../../modules/service"

  stage              = local.stage
  name               = "responses-${local.stage}"
  jwt                = var.jwt
  secret_version     = var.secret_version
  open_uploads       = var.open_uploads
  cors_origins       = var.cors_origins
  max_seconds        = var.max_seconds
  alarm_emails       = var.alarm_emails
  log_retention_days = local.log_retention_days
  kms_key_arn        = var.kms_key_arn

  table_name          = var.adopt.table
  adopted_items       = var.adopt.table != null
  uploads_bucket_name = var.adopt.uploads_bucket
  sources             = var.sources

  packages = {
    for function in ["api", "on_upload", "on_job", "reconcile"] : function => {
      path   = "${var.functions_dir}/${function}.zip"
      sha256 = filebase64sha256("${var.functions_dir}/${function}.zip")
    }
  }
}
