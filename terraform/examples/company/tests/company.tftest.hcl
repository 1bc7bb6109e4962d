mock_provider "aws" {
  source = "../../tests/mocks"

  override_resource {
    target = module.service.module.api.aws_apigatewayv2_domain_name.this
    values = {
      id = "video.example.org"
      domain_name_configuration = {
        hosted_zone_id     = "Z1AWS"
        target_domain_name = "d-1.example.org"
      }
    }
  }

  override_resource {
    target = module.service.module.api.aws_apigatewayv2_stage.default
    values = { invoke_url = "https://api.example.org" }
  }
}

variables {
  package_version = "1.4.0"

  # Terraform deletes what a test has created.
  deletion_protection = false

  package_hashes = {
    api       = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    on_upload = "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA="
    on_job    = "CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCA="
    reconcile = "DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDA="
  }
}

run "follows_the_policies_of_the_company" {
  assert {
    condition = [
      for role in concat(values(module.service.functions)[*].role, [module.service.media_convert.role]) : role
      if role.path != "/acme/" || role.permissions_boundary != "arn:aws:iam::123456789012:policy/acme-boundary"
    ] == []
    error_message = "Every role must have the company's path and permissions boundary."
  }

  assert {
    condition     = length(regexall("key/[0-9a-f-]+\"", jsonencode(module.service.kms_keys))) == 19 && !strcontains(jsonencode(module.service.kms_keys), "null")
    error_message = "The company's key must encrypt every resource."
  }

  assert {
    condition = (
      [for logs in values(module.service.access_logs) : logs.bucket] == ["acme-access-logs", "acme-access-logs"]
      # A test cannot read the configuration of the provider.
      && strcontains(file("versions.tf"), "tags = { service = \"responses\", stage = \"prod\", cost-center = \"4711\", owner = \"video-team\" }")
      && [for function in module.service.functions : [function.tracing, function.log_retention_days]] == [for function in range(4) : [true, 400]]
    )
    error_message = "Both buckets must log to the company's bucket, every resource must have its tags, and every function must have tracing and keep its logs."
  }
}

run "serves_the_domain_from_released_packages" {
  assert {
    condition     = output.domain == { target_name = "d-1.example.org", target_zone_id = "Z1AWS" } && output.api_url == module.service.api_url
    error_message = "Each output must show what its name says."
  }

  assert {
    condition = jsonencode({ for key, function in module.service.functions : key => [function.package.s3, function.package.sha256] }) == jsonencode({
      for key, sha256 in var.package_hashes : key => [{ bucket = "acme-releases", key = "responses/1.4.0/${key}.zip" }, sha256]
    })
    error_message = "Each function must run its own package of the release."
  }
}

run "limits_cost_and_tells_the_operators" {
  assert {
    condition = (
      module.service.functions.api.environment.UPLOAD_MAX_BYTES == "500000000"
      && module.service.functions.on_job.environment.MAX_SECONDS == "600"
      && module.service.functions.api.memory_mb == 256
      && module.service.concurrency.on_upload == 5
      && jsonencode(module.service.throttle.default) == jsonencode({ burst = 400, rate = 200 })
      && module.service.throttle.routes["POST /projects/survey/steps/{step}/responses"] == { rate = 20, burst = 100 }
    )
    error_message = "Uploads, jobs and requests must have the company's limits."
  }

  assert {
    condition     = jsonencode(module.service.sources) == jsonencode({ deleted = [365], moved = [{ days = 30, storage_class = "GLACIER_IR" }] })
    error_message = "Sources must move to colder storage, and expire."
  }

  assert {
    condition = (
      module.service.alarms.subscribed_emails == toset(["video-team@example.org"])
      && [for name, topics in module.service.alarms.alarm_actions : name if !contains(topics, "arn:aws:sns:eu-central-1:123456789012:acme-pager")] == []
      && [for name, url in module.service.alarms.runbook_urls : name if !startswith(url, "https://git.example.com/video-responses/blob/main/docs/runbooks/")] == []
    )
    error_message = "Every alarm must reach the pager and the team, and link to the company's runbooks."
  }
}
