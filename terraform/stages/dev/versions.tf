terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "= 5.100.0"
    }
  }

  # terraform init sets bucket and region: -backend-config="bucket=…" -backend-config="region=…".
  backend "s3" {
    key          = "responses/dev.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id]

  default_tags {
    tags = { service = "responses", stage = "dev" }
  }
}
