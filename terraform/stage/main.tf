module "service" {
  source = "../../modules/service"

  stage              = local.stage
  name               = "responses-${local.stage}"
  table_name         = var.table_name
  adopted_items      = var.adopted_items
  jwt                = var.jwt
  secret_version     = var.secret_version
  open_uploads       = var.open_uploads
  cors_origins       = var.cors_origins
  max_seconds        = var.max_seconds
  alarm_emails       = var.alarm_emails
  log_retention_days = local.log_retention_days
  kms_key_arn        = var.kms_key_arn

  packages = {
    for function in ["api", "on_upload", "on_job", "reconcile"] : function => {
      path   = "${var.functions_dir}/${function}.zip"
      sha256 = filebase64sha256("${var.functions_dir}/${function}.zip")
    }
  }
}
