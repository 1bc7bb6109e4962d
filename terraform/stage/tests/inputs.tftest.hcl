# Only dev has this test: what it checks is the same code in every stage.
mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  region     = "eu-central-1"
  account_id = "123456789012"
  packages = {
    folder = "../../tests/functions"
    sha256 = {
      api       = "FMJSnrRJjF0f/WkV0Fv1ipG92nlq9Z9B1IDRHAmdBHk="
      on_upload = "uH6YZeNrqqU/NQy5jd2qaD9ieTt9fONYPWnDLbvo8Uw="
      on_job    = "ilbl9Iu+bIqevnZWpCALXKxSu5iFWwUnjQ4lY8rSKnw="
      reconcile = "4sMNWSZIKQEf584ws525cF+2ygKSS6yfFc8f+WJrbDg="
    }
  }
  jwt = { issuer = "https://id.example.org", audience = ["owners"] }

  # prod does not validate without these.
  alarm_topic_arns = ["arn:aws:sns:eu-central-1:123456789012:pager"]
  runbook_url      = "https://git.example.org/runbooks"
}

run "rejects_invalid_account_id" {
  command = plan

  variables {
    account_id = "prod"
  }

  expect_failures = [var.account_id]
}

run "takes_packages_from_a_bucket" {
  command = plan

  variables {
    packages = { s3 = { bucket = "releases", prefix = "responses/1.4.0" }, sha256 = var.packages.sha256 }
  }

  assert {
    condition = jsonencode({ for key, function in module.service.functions : key => function.package }) == jsonencode({
      for key in ["api", "on_upload", "on_job", "reconcile"] :
      key => { path = null, s3 = { bucket = "releases", key = "responses/1.4.0/${key}.zip" }, sha256 = var.packages.sha256[key] }
    })
    error_message = "Each function must run its own object below the prefix."
  }
}

run "rejects_packages_in_two_places" {
  command = plan

  variables {
    packages = { folder = "../../tests/functions", s3 = { bucket = "releases", prefix = "1.4.0" }, sha256 = var.packages.sha256 }
  }

  expect_failures = [var.packages]
}

run "rejects_prefix_that_names_other_objects" {
  command = plan

  variables {
    packages = { s3 = { bucket = "releases", prefix = "1.4.0/" }, sha256 = var.packages.sha256 }
  }

  expect_failures = [var.packages]
}

run "rejects_tags_that_every_resource_has" {
  command = plan

  variables {
    tags = { stage = "other" }
  }

  expect_failures = [var.tags]
}

run "rejects_tags_that_aws_reserves" {
  command = plan

  variables {
    tags = { "AWS:owner" = "media" }
  }

  expect_failures = [var.tags]
}

run "rejects_characters_that_tags_cannot_have" {
  command = plan

  variables {
    tags = { owner = "media & co" }
  }

  expect_failures = [var.tags]
}

run "rejects_more_tags_than_a_resource_can_have" {
  command = plan

  variables {
    tags = { for number in range(49) : "tag-${number}" => "value" }
  }

  expect_failures = [var.tags]
}

run "rejects_certificate_of_other_region" {
  command = plan

  variables {
    domain = { name = "responses.example.org", certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012" }
  }

  expect_failures = [var.domain]
}
