# The issuer of owners' tokens. Stages on AWS use an existing issuer instead.

resource "aws_cognito_user_pool" "owners" {
  name = var.name
}

resource "aws_cognito_user_pool_domain" "owners" {
  domain       = var.name
  user_pool_id = aws_cognito_user_pool.owners.id
}

# Cognito composes a scope as identifier/name: responses/read and responses/write.
resource "aws_cognito_resource_server" "responses" {
  identifier   = "responses"
  name         = "responses"
  user_pool_id = aws_cognito_user_pool.owners.id

  scope {
    scope_name        = "read"
    scope_description = "List and play responses"
  }

  scope {
    scope_name        = "write"
    scope_description = "Request uploads, retry and delete responses"
  }
}

resource "aws_cognito_user_pool_client" "owner" {
  name                                 = "owner"
  user_pool_id                         = aws_cognito_user_pool.owners.id
  generate_secret                      = true
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_flows                  = ["client_credentials"]
  allowed_oauth_scopes                 = aws_cognito_resource_server.responses.scope_identifiers

  # Cognito's maximum, because a developer's stack may run for a day.
  access_token_validity = 24

  token_validity_units {
    access_token = "hours"
  }
}

# A client for tests, with the same issuer and scopes, but not in the API's audience.
resource "aws_cognito_user_pool_client" "wrong_audience" {
  name                                 = "wrong-audience"
  user_pool_id                         = aws_cognito_user_pool.owners.id
  generate_secret                      = true
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_flows                  = ["client_credentials"]
  allowed_oauth_scopes                 = aws_cognito_resource_server.responses.scope_identifiers
}

# A client for tests with expired tokens. Cognito and the provider require at least 5 minutes; the emulator accepts less, so
# a test reduces the validity to two seconds.
resource "aws_cognito_user_pool_client" "short_lived" {
  name                                 = "short-lived"
  user_pool_id                         = aws_cognito_user_pool.owners.id
  generate_secret                      = true
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_flows                  = ["client_credentials"]
  allowed_oauth_scopes                 = aws_cognito_resource_server.responses.scope_identifiers
  access_token_validity                = 5

  token_validity_units {
    access_token = "minutes"
  }

  lifecycle {
    ignore_changes = [access_token_validity, token_validity_units]
  }
}
