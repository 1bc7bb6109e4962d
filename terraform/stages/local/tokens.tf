# An issuer of owners' tokens. A stage on AWS names its own issuer instead.

resource "aws_cognito_user_pool" "owners" {
  name = var.name
}

resource "aws_cognito_user_pool_domain" "owners" {
  domain       = var.name
  user_pool_id = aws_cognito_user_pool.owners.id
}

# A scope is written identifier/name, hence responses/read and responses/write.
resource "aws_cognito_resource_server" "responses" {
  identifier   = "responses"
  name         = "responses"
  user_pool_id = aws_cognito_user_pool.owners.id

  scope {
    scope_name        = "read"
    scope_description = "List and watch responses"
  }

  scope {
    scope_name        = "write"
    scope_description = "Ask for uploads, try again, delete"
  }
}

resource "aws_cognito_user_pool_client" "owner" {
  name                                 = "owner"
  user_pool_id                         = aws_cognito_user_pool.owners.id
  generate_secret                      = true
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_flows                  = ["client_credentials"]
  allowed_oauth_scopes                 = aws_cognito_resource_server.responses.scope_identifiers

  # The longest that Cognito allows: a developer's stack may stay up for a day.
  access_token_validity = 24

  token_validity_units {
    access_token = "hours"
  }
}

# Of the same issuer, with the same scopes, and not in the API's audience: what a token for something else looks like.
resource "aws_cognito_user_pool_client" "stranger" {
  name                                 = "stranger"
  user_pool_id                         = aws_cognito_user_pool.owners.id
  generate_secret                      = true
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_flows                  = ["client_credentials"]
  allowed_oauth_scopes                 = aws_cognito_resource_server.responses.scope_identifiers
}

# So that an expired token can be tried. Five minutes are the least that Cognito and the provider allow; the emulator allows
# less, and a test makes it two seconds.
resource "aws_cognito_user_pool_client" "brief" {
  name                                 = "brief"
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
