data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

# For the region: no attribute of aws_region is valid in provider 5 and not deprecated in 6.
data "aws_service" "current" {
  service_id = "sqs"
}

data "aws_iam_openid_connect_provider" "existing" {
  count = var.create_provider ? 0 : 1
  url   = var.issuer
}

resource "aws_iam_openid_connect_provider" "this" {
  count          = var.create_provider ? 1 : 0
  url            = var.issuer
  client_id_list = [var.audience]
}

locals {
  provider_arn = one(concat(aws_iam_openid_connect_provider.this[*].arn, data.aws_iam_openid_connect_provider.existing[*].arn))
  # IAM names an issuer's condition keys by its URL without the scheme.
  issuer = trimprefix(var.issuer, "https://")

  subjects = { plan = var.plan_subjects, apply = var.apply_subjects }

  policies = {
    plan  = { Version = "2012-10-17", Statement = concat(local.read_state, local.read) }
    apply = { Version = "2012-10-17", Statement = concat(local.read_state, local.write_state, local.read, local.write, local.manage_roles, local.read_packages) }
  }
}

# The names begin with the role's purpose, so that the role apply, which may change roles NAME-*, cannot change itself.
resource "aws_iam_role" "this" {
  for_each = local.subjects

  name                 = "${each.key}-${var.name}"
  description          = "CI jobs that ${each.key} the stage ${var.name}."
  max_session_duration = 3600

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = local.provider_arn }
      Condition = {
        StringEquals = {
          "${local.issuer}:aud" = var.audience
          "${local.issuer}:sub" = sort(each.value)
        }
      }
    }]
  })

  lifecycle {
    precondition {
      condition     = length(jsonencode(local.policies[each.key])) <= 10240
      error_message = "The policy of the role ${each.key} has more than the 10,240 characters that IAM allows for a role's inline policies."
    }
  }
}

resource "aws_iam_role_policy" "this" {
  for_each = local.subjects

  name   = each.key
  role   = aws_iam_role.this[each.key].name
  policy = jsonencode(local.policies[each.key])
}
