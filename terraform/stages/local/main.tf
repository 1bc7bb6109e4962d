module "service" {
  source = "../../modules/service"

  stage        = "local"
  name         = var.name
  engine       = var.engine
  log_level    = var.log_level
  open_uploads = ["demo"]
  cors_origins = ["http://localhost:3000", "http://127.0.0.1:3000"]

  # `make reset` throws the stage away, with the emulator's state.
  deletion_protection = false

  # Tests add items of the Chalice project to the table.
  adopted_items = true

  packages = {
    for function in ["api", "on_upload", "on_job", "reconcile"] : function => {
      path   = "${var.functions_dir}/${function}.zip"
      sha256 = filebase64sha256("${var.functions_dir}/${function}.zip")
    }
  }

  jwt = {
    issuer   = "https://${aws_cognito_user_pool.owners.endpoint}"
    audience = [aws_cognito_user_pool_client.owner.id, aws_cognito_user_pool_client.short_lived.id]
  }

  local = {
    allow_plain_http           = true
    no_lifecycle_rules         = true
    architecture               = var.architecture
    visibility_timeout_seconds = var.visibility_timeout_seconds
    job_lease_seconds          = var.job_lease_seconds
    transcoder_user_arn        = aws_iam_user.transcoder.arn
    event_source               = "local.mediaconvert"

    # The emulator's DescribeAlarms omits fields, so each plan would change every alarm.
    no_alarms = true
  }
}
