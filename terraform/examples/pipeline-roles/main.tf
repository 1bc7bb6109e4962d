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

  # A managed policy has at most 6,144 characters, and the inline policies of a role 10,240: together they suffice.
  policies = {
    read  = { Version = "2012-10-17", Statement = concat(local.read_state, local.read) }
    write = { Version = "2012-10-17", Statement = concat(local.write_state, local.write, local.manage_roles, local.read_packages) }
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
}

resource "aws_iam_policy" "read" {
  name        = "read-${var.name}"
  description = "Reads the stage ${var.name} and its state."
  policy      = jsonencode(local.policies.read)

  lifecycle {
    precondition {
      condition     = length(jsonencode(local.policies.read)) <= 6144
      error_message = "The policy that reads the stage has more than the 6,144 characters of a managed policy: split it into two."
    }
  }
}

resource "aws_iam_role_policy_attachment" "read" {
  for_each = local.subjects

  role       = aws_iam_role.this[each.key].name
  policy_arn = aws_iam_policy.read.arn
}

resource "aws_iam_role_policy" "apply" {
  name   = "apply"
  role   = aws_iam_role.this["apply"].name
  policy = jsonencode(local.policies.write)

  lifecycle {
    precondition {
      condition     = length(jsonencode(local.policies.write)) <= 10240
      error_message = "The policy that changes the stage has more than the 10,240 characters of a role's inline policies: move statements to a managed policy."
    }
  }
}
