mock_provider "aws" {
  source = "../../tests/mocks"

  override_resource {
    target = module.service.module.storage.aws_s3_bucket.this["uploads"]
    values = { id = "uploads-bucket", arn = "arn:aws:s3:::uploads-bucket" }
  }

  override_resource {
    target = module.service.module.storage.aws_s3_bucket.this["renditions"]
    values = { id = "renditions-bucket", arn = "arn:aws:s3:::renditions-bucket" }
  }
}

variables {
  region       = "eu-central-1"
  account_id   = "123456789012"
  packages_dir = "../../tests/functions"
  jwt          = { issuer = "https://id.example.org/pool", audience = ["owners"] }

  # At the end of a test, Terraform deletes what the test has created.
  deletion_protection = false
}

run "creates_a_strict_stage" {
  assert {
    condition = (
      module.service.tls_only
      && [for function in module.service.functions : function.architecture] == ["arm64", "arm64", "arm64", "arm64"]
      && { for key, function in module.service.functions : key => function.package.path } == { for key in ["api", "on_upload", "on_job", "reconcile"] : key => "../../tests/functions/${key}.zip" }
      && jsonencode([module.service.issuer, module.service.audience]) == jsonencode(["https://id.example.org/pool", ["owners"]])
      && module.service.media_convert != null
      && module.service.alarms != null
    )
    error_message = "With the fewest inputs, a stage must deny plain HTTP, run each function's own package on arm64, accept the issuer's tokens only, transcode with MediaConvert and have alarms."
  }

  assert {
    condition     = output.buckets == { uploads = "uploads-bucket", renditions = "renditions-bucket" } && output.api_url == module.service.api_url
    error_message = "Each output must show what its name says."
  }
}
