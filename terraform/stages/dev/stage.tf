# All that distinguishes this stage from the others: the other files are links to terraform/stage.
locals {
  stage = "dev"
}

terraform {
  # terraform init sets bucket and region: -backend-config="bucket=…" -backend-config="region=…".
  backend "s3" {
    key          = "responses/dev.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}
