terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "= 5.100.0"
    }
  }

  # terraform init sets the path: each stack on this machine has its own state.
  backend "local" {}
}

# The keys of the emulator's administrator, whose permissions it does not check. Only Terraform uses them: functions use their
# roles; people and the transcoder use the users of users.tf.
provider "aws" {
  region     = "us-east-1"
  access_key = "test"
  secret_key = "test"

  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true

  endpoints {
    apigatewayv2      = var.emulator_url
    cloudwatchlogs    = var.emulator_url
    cognitoidp        = var.emulator_url
    dynamodb          = var.emulator_url
    elastictranscoder = var.transcoder_url
    events            = var.emulator_url
    iam               = var.emulator_url
    lambda            = var.emulator_url
    mediaconvert      = var.transcoder_url
    s3                = var.emulator_url
    sns               = var.emulator_url
    sqs               = var.emulator_url
    ssm               = var.emulator_url
    sts               = var.emulator_url
  }
}
