# Limits of single routes. API Gateway refuses settings of a route that does not exist.
mock_provider "aws" {
  source = "../service/tests/mocks"
}

variables {
  release      = "5d41402abc4b"
  name         = "responses-dev"
  package      = { path = "../../tests/functions/api.zip", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
  table        = { name = "t", arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/t" }
  uploads      = { name = "u", arn = "arn:aws:s3:::u" }
  renditions   = { name = "r", arn = "arn:aws:s3:::r" }
  jwt          = { issuer = "https://id.example.org/pool", audience = ["owners"] }
  open_uploads = ["survey", "demo"]
}

run "limits_anonymous_upload_requests" {
  command = plan

  assert {
    condition = output.throttle.routes == {
      for route in flatten([
        for project in ["demo", "survey"] : [
          "POST /projects/${project}/steps/{step}/responses", "GET /presignedurl/${project}/{step}", "HEAD /presignedurl/${project}/{step}",
        ]
      ]) : route => { rate = 5, burst = 50 }
    }
    error_message = "Each route on which anyone may request an upload must have a lower limit, also for HEAD, and no other route may have its own."
  }

  assert {
    condition     = length(setsubtract(keys(output.throttle.routes), keys(aws_apigatewayv2_route.public))) == 0
    error_message = "Each limit must belong to a route."
  }

  assert {
    condition     = output.throttle.default == { rate = 100, burst = 200 }
    error_message = "Every other route must have the default limit."
  }
}

run "limits_single_routes" {
  command = plan

  variables {
    open_uploads = ["demo"]

    throttle = {
      open_uploads = { rate = 1, burst = 2 }
      routes = {
        "GET /videos"                                = { rate = 3, burst = 4 }
        "GET /responses"                             = { rate = 5, burst = 6 }
        "HEAD /responses"                            = { rate = 7, burst = 8 }
        "POST /projects/demo/steps/{step}/responses" = { rate = 0.5, burst = 9 }
      }
    }
  }

  assert {
    condition = jsonencode(output.throttle.routes) == jsonencode({
      "GET /videos"                                = { rate = 3, burst = 4 }
      "HEAD /videos"                               = { rate = 3, burst = 4 }
      "GET /responses"                             = { rate = 5, burst = 6 }
      "HEAD /responses"                            = { rate = 7, burst = 8 }
      "POST /projects/demo/steps/{step}/responses" = { rate = 0.5, burst = 9 }
      "GET /presignedurl/demo/{step}"              = { rate = 1, burst = 2 }
      "HEAD /presignedurl/demo/{step}"             = { rate = 1, burst = 2 }
    })
    error_message = "A route must have its own limit, else that of its GET route, else that of open uploads."
  }
}

run "rejects_limit_of_unknown_route" {
  command = plan

  variables {
    throttle = { routes = { "POST /projects/closed/steps/{step}/responses" = { rate = 1, burst = 1 } } }
  }

  expect_failures = [var.throttle]
}

run "rejects_limit_that_rejects_every_request" {
  command = plan

  variables {
    throttle = { rate = 0 }
  }

  expect_failures = [var.throttle]
}

run "rejects_limit_that_rejects_every_upload" {
  command = plan

  variables {
    throttle = { open_uploads = { burst = 0 } }
  }

  expect_failures = [var.throttle]
}

run "rejects_fraction_of_burst" {
  command = plan

  variables {
    throttle = { routes = { "GET /videos" = { rate = 1, burst = 1.5 } } }
  }

  expect_failures = [var.throttle]
}
