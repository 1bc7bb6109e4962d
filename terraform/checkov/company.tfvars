# checkov checks the configuration of a company that sets these variables: their defaults cost less and are weaker.
kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
log_bucket  = "company-access-logs"
tracing     = true
