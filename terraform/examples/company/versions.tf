terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "= 5.100.0"
    }
  }

  backend "s3" {
    bucket       = "acme-terraform-state"
    key          = "responses/prod.tfstate"
    region       = "eu-central-1"
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region              = "eu-central-1"
  allowed_account_ids = ["123456789012"]

  # The tags of every resource.
  default_tags {
    tags = { service = "responses", stage = "prod", cost-center = "4711", owner = "video-team" }
  }
}
