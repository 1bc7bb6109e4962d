# What a company sets. In another repository, the source is
# git::https://git.example.com/video-responses.git//terraform/modules/service?ref=terraform-v0.1.0
module "service" {
  source = "../../modules/service"

  stage = "prod"
  name  = "acme-responses"

  deletion_protection = var.deletion_protection

  # Packages that a release job has uploaded: `make package` writes the zips, and their hashes to packages.json.
  packages = {
    for function, sha256 in var.package_hashes : function => {
      s3     = { bucket = "acme-releases", key = "responses/${var.package_version}/${function}.zip" }
      sha256 = sha256
    }
  }

  # Clients
  jwt          = { issuer = "https://id.example.org/pool", audience = ["video-app"] }
  open_uploads = ["survey"]
  cors_origins = ["https://app.example.org"]

  domain = {
    name            = "video.example.org"
    certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"
    zone_id         = "Z0123456789EXAMPLE"
  }

  # Policies of the organization
  kms_key_arn          = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  permissions_boundary = "arn:aws:iam::123456789012:policy/acme-boundary"
  role_path            = "/acme/"
  log_bucket           = "acme-access-logs"
  tracing              = true

  # Cost: an upload of at most 500 MB and 10 minutes, 20 anonymous requests a second, sources kept for a year
  upload      = { max_bytes = 500000000 }
  max_seconds = 600
  throttle    = { rate = 200, burst = 400, open_uploads = { rate = 20, burst = 100 } }
  sources     = { storage_class = "GLACIER_IR", after_days = 30, expire_after_days = 365 }
  functions   = { api = { memory_mb = 256 }, on_upload = { concurrency = 5 } }

  # Operations
  alarm_topic_arns   = ["arn:aws:sns:eu-central-1:123456789012:acme-pager"]
  alarm_emails       = ["video-team@example.org"]
  runbook_url        = "https://git.example.com/video-responses/blob/main/docs/runbooks"
  log_retention_days = 400
}
