# All that distinguishes this stage from the others: the other files are links to terraform/stage.
locals {
  stage = "staging"
}

terraform {
  # terraform init sets bucket and region: -backend-config="bucket=…" -backend-config="region=…".
  backend "s3" {
    key          = "responses/staging.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}
