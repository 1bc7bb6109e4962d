mock_provider "aws" {
  source = "../../tests/mocks"

  override_data {
    target = data.aws_iam_openid_connect_provider.existing
    values = { arn = "arn:aws:iam::123456789012:oidc-provider/existing" }
  }

  override_resource {
    target = aws_iam_openid_connect_provider.this
    values = { arn = "arn:aws:iam::123456789012:oidc-provider/created" }
  }

  override_resource {
    target = aws_iam_policy.read
    values = { arn = "arn:aws:iam::123456789012:policy/read" }
  }

  override_resource {
    target = aws_iam_role.this["plan"]
    values = { arn = "arn:aws:iam::123456789012:role/plan-role" }
  }

  override_resource {
    target = aws_iam_role.this["apply"]
    values = { arn = "arn:aws:iam::123456789012:role/apply-role" }
  }
}

variables {
  name                 = "responses-dev"
  plan_subjects        = ["repo:acme@1/video@2:pull_request", "repo:acme@1/video@2:ref:refs/heads/main"]
  apply_subjects       = ["repo:acme@1/video@2:environment:dev"]
  state                = { bucket = "acme-state", key = "responses/dev.tfstate" }
  permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
  role_path            = "/services/"
}

run "trusts_the_named_jobs_only" {
  assert {
    condition = { for role in ["plan", "apply"] : role => jsondecode(aws_iam_role.this[role].assume_role_policy) } == {
      for role, subjects in {
        plan  = ["repo:acme@1/video@2:pull_request", "repo:acme@1/video@2:ref:refs/heads/main"]
        apply = ["repo:acme@1/video@2:environment:dev"]
        } : role => {
        Version = "2012-10-17"
        Statement = [{
          Effect    = "Allow"
          Action    = "sts:AssumeRoleWithWebIdentity"
          Principal = { Federated = "arn:aws:iam::123456789012:oidc-provider/created" }
          Condition = {
            StringEquals = {
              "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
              "token.actions.githubusercontent.com:sub" = subjects
            }
          }
        }]
      }
    }
    error_message = "Each role must trust its own subjects and the audience, exactly, and only tokens of the issuer."
  }

  assert {
    condition = (
      aws_iam_openid_connect_provider.this[0].url == "https://token.actions.githubusercontent.com"
      && aws_iam_openid_connect_provider.this[0].client_id_list == toset(["sts.amazonaws.com"])
      && length(data.aws_iam_openid_connect_provider.existing) == 0
    )
    error_message = "The identity provider must have the issuer's URL and accept the audience only."
  }

  assert {
    condition = (
      [output.plan_role_arn, output.apply_role_arn] == ["arn:aws:iam::123456789012:role/plan-role", "arn:aws:iam::123456789012:role/apply-role"]
      && { for key, role in aws_iam_role.this : key => role.name } == { plan = "plan-responses-dev", apply = "apply-responses-dev" }
      && { for key, attachment in aws_iam_role_policy_attachment.read : key => [attachment.role, attachment.policy_arn] } == {
        for role in ["plan", "apply"] : role => ["${role}-responses-dev", "arn:aws:iam::123456789012:policy/read"]
      }
      && [aws_iam_policy.read.name, aws_iam_role_policy.apply.role] == ["read-responses-dev", "apply-responses-dev"]
    )
    error_message = "Each role must read, only apply may write, and each must have a name that the role apply may not change."
  }
}

run "trusts_a_gitlab_project" {
  variables {
    issuer          = "https://gitlab.example.com/sub"
    audience        = "aws"
    create_provider = false
    plan_subjects   = ["project_path:acme/video:ref_type:branch:ref:main"]
  }

  assert {
    condition = jsondecode(aws_iam_role.this["plan"].assume_role_policy).Statement == [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = "arn:aws:iam::123456789012:oidc-provider/existing" }
      Condition = {
        StringEquals = {
          "gitlab.example.com/sub:aud" = "aws"
          "gitlab.example.com/sub:sub" = ["project_path:acme/video:ref_type:branch:ref:main"]
        }
      }
    }]
    error_message = "The trust policy must name the existing provider, and its issuer without the scheme."
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.this) == 0 && data.aws_iam_openid_connect_provider.existing[0].url == "https://gitlab.example.com/sub"
    error_message = "An existing provider must be looked up by the issuer's URL, not created again."
  }
}

run "plan_reads_and_apply_manages_the_stage_only" {
  assert {
    condition = flatten([
      for statement in jsondecode(aws_iam_policy.read.policy).Statement : [
        for action in statement.Action : action
        if !can(regex("^[a-z0-9]+:(Get|List|Describe)[A-Z]|^apigateway:GET$|^budgets:ViewBudget$", action)) && statement.Sid != "LockState"
      ]
    ]) == []
    error_message = "The role plan may only read, except for the state's lock."
  }

  assert {
    condition = flatten([
      for statement in concat(jsondecode(aws_iam_policy.read.policy).Statement, jsondecode(aws_iam_role_policy.apply.policy).Statement) : [
        for action in statement.Action : action
        if can(regex("[*]|:(DeleteBucket|DeleteObject|DeleteParameter|DeleteQueue|DeleteTable|DeleteLogGroup)", action)) && statement.Sid != "LockState" && action != "mediaconvert:DeleteQueue"
      ]
    ]) == []
    error_message = "The role apply must not delete tables, buckets, objects, queues, parameters or logs, and each action must be named."
  }

  # Every other statement names the stage in each of its resources.
  assert {
    condition = [
      for statement in concat(jsondecode(aws_iam_policy.read.policy).Statement, jsondecode(aws_iam_role_policy.apply.policy).Statement) : statement.Sid
      if !alltrue([for resource in statement.Resource : can(regex("[:/]responses-dev([-/:]|$)", resource))])
      ] == [
      "ListStates", "ReadState", "LockState", "ReadApi", "ReadMappingTags", "ReadMappings", "ReadUnnamed",
      "WriteState", "WriteApi", "WriteMappingTags", "WriteMappings", "WriteUnnamed",
    ]
    error_message = "A statement must be limited to the stage's names, unless AWS has no names for its resources."
  }

  assert {
    condition = jsonencode([
      for statement in concat(jsondecode(aws_iam_policy.read.policy).Statement, jsondecode(aws_iam_role_policy.apply.policy).Statement) : [statement.Sid, statement.Resource, try(statement.Condition, null)]
      if can(regex("Api$|Mappings$|MappingTags$", statement.Sid))
      ]) == jsonencode([
      for sid in ["ReadApi", "ReadMappingTags", "ReadMappings", "WriteApi", "WriteMappingTags", "WriteMappings"] : concat([sid], {
        Api         = [["arn:aws:apigateway:eu-central-1::/apis", "arn:aws:apigateway:eu-central-1::/apis/*", "arn:aws:apigateway:eu-central-1::/tags/*"], null]
        MappingTags = [["arn:aws:lambda:eu-central-1:123456789012:event-source-mapping:*"], null]
        Mappings    = [["*"], { ArnLike = { "lambda:FunctionArn" = "arn:aws:lambda:eu-central-1:123456789012:function:responses-dev-*" } }]
      }[trimprefix(trimprefix(sid, "Read"), "Write")])
    ])
    error_message = "APIs must be limited to HTTP APIs of the region, and mappings to the stage's functions."
  }

  assert {
    condition = jsonencode([
      for statement in concat(jsondecode(aws_iam_policy.read.policy).Statement, jsondecode(aws_iam_role_policy.apply.policy).Statement) : statement if can(regex("State|Bounded|Pass", statement.Sid))
      ]) == jsonencode([
      { Action = ["s3:ListBucket"], Effect = "Allow", Resource = ["arn:aws:s3:::acme-state"], Sid = "ListStates" },
      { Action = ["s3:GetObject"], Effect = "Allow", Resource = ["arn:aws:s3:::acme-state/responses/dev.tfstate"], Sid = "ReadState" },
      { Action = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"], Effect = "Allow", Resource = ["arn:aws:s3:::acme-state/responses/dev.tfstate.tflock"], Sid = "LockState" },
      { Action = ["s3:PutObject"], Effect = "Allow", Resource = ["arn:aws:s3:::acme-state/responses/dev.tfstate"], Sid = "WriteState" },
      {
        Action    = ["iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription"]
        Condition = { StringEquals = { "iam:PermissionsBoundary" = "arn:aws:iam::123456789012:policy/boundary" } }
        Effect    = "Allow"
        Resource  = ["arn:aws:iam::123456789012:role/services/responses-dev-*"]
        Sid       = "ManageBoundedRoles"
      },
      {
        Action    = ["iam:PassRole"]
        Condition = { StringEquals = { "iam:PassedToService" = "lambda.amazonaws.com" } }
        Effect    = "Allow"
        Resource  = ["arn:aws:iam::123456789012:role/services/responses-dev-*"]
        Sid       = "PassRolesToLambda"
      },
    ])
    error_message = "The role apply must write the stage's own state only, manage roles only with the boundary, and pass them to Lambda only."
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_policy.read.policy).Statement : statement.Sid if !startswith(statement.Sid, "Read")] == [
      "ListStates", "LockState"
    ]
    error_message = "The role plan must read the state, but not write it."
  }
}

run "uses_the_key_of_the_stage_through_services_only" {
  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1234"
  }

  assert {
    condition = { for role, statements in { plan = jsondecode(aws_iam_policy.read.policy).Statement, apply = concat(jsondecode(aws_iam_policy.read.policy).Statement, jsondecode(aws_iam_role_policy.apply.policy).Statement) } : role => [for statement in statements : statement if endswith(statement.Sid, "Key")] } == {
      for role, statements in {
        plan  = { ReadKey = ["kms:Decrypt"] }
        apply = { ReadKey = ["kms:Decrypt"], WriteKey = ["kms:CreateGrant", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"] }
        } : role => [for sid, actions in statements : {
          Sid       = sid
          Effect    = "Allow"
          Action    = actions
          Resource  = ["arn:aws:kms:eu-central-1:123456789012:key/1234"]
          Condition = { StringEquals = { "kms:ViaService" = ["dynamodb.eu-central-1.amazonaws.com", "lambda.eu-central-1.amazonaws.com", "ssm.eu-central-1.amazonaws.com"] } }
      }]
    }
    error_message = "The role plan may only decrypt with the key, and both roles must use it through DynamoDB, Lambda and SSM only."
  }
}

run "deploys_packages_of_a_bucket" {
  variables {
    packages_bucket = "releases"
  }

  assert {
    condition = jsonencode({ for role, statements in { plan = jsondecode(aws_iam_policy.read.policy).Statement, apply = concat(jsondecode(aws_iam_policy.read.policy).Statement, jsondecode(aws_iam_role_policy.apply.policy).Statement) } : role => [for statement in statements : statement if statement.Sid == "ReadPackages"] }) == jsonencode({
      apply = [{ Action = ["s3:GetObject"], Effect = "Allow", Resource = ["arn:aws:s3:::releases/*"], Sid = "ReadPackages" }]
      plan  = []
    })
    error_message = "Only the role apply may read packages, and it may only read them."
  }
}

run "manages_the_domain_and_its_records" {
  variables {
    domain = { name = "video.example.org", zone_id = "Z123" }
  }

  assert {
    condition = jsonencode({ for statement in concat(jsondecode(aws_iam_policy.read.policy).Statement, jsondecode(aws_iam_role_policy.apply.policy).Statement) : statement.Sid => statement.Resource if can(regex("Domain$|Zone", statement.Sid)) }) == jsonencode({
      ReadDomain      = [for path in ["domainnames", "domainnames/video.example.org", "domainnames/video.example.org/*"] : "arn:aws:apigateway:eu-central-1::/${path}"]
      WriteDomain     = [for path in ["domainnames", "domainnames/video.example.org", "domainnames/video.example.org/*"] : "arn:aws:apigateway:eu-central-1::/${path}"]
      ReadZone        = ["arn:aws:route53:::hostedzone/Z123"]
      WriteZone       = ["arn:aws:route53:::hostedzone/Z123"]
      ReadZoneChanges = ["arn:aws:route53:::change/*"]
    })
    error_message = "The roles must manage the API's own domain name and its zone, and no others."
  }
}

run "manages_the_adopted_table_and_bucket" {
  variables {
    adopt = { table = "Chalice.Responses", uploads_bucket = "chalice-uploads" }
  }

  assert {
    condition = jsonencode({ for statement in concat(jsondecode(aws_iam_policy.read.policy).Statement, jsondecode(aws_iam_role_policy.apply.policy).Statement) : statement.Sid => statement.Resource if can(regex("Table$|Buckets$", statement.Sid)) }) == jsonencode({
      ReadTable    = ["arn:aws:dynamodb:eu-central-1:123456789012:table/Chalice.Responses"]
      WriteTable   = ["arn:aws:dynamodb:eu-central-1:123456789012:table/Chalice.Responses"]
      ReadBuckets  = ["arn:aws:s3:::chalice-uploads", "arn:aws:s3:::responses-dev-renditions-*"]
      WriteBuckets = ["arn:aws:s3:::chalice-uploads", "arn:aws:s3:::responses-dev-renditions-*"]
    })
    error_message = "The roles must name the adopted table and bucket instead of the stage's own."
  }
}

# A new type of resource needs its calls in permissions.tf. Stages on AWS do not use modules/elastic-transcoder.
run "covers_every_type_of_resource" {
  assert {
    condition = length(setsubtract(
      flatten([for file in fileset("../../modules", "*/*.tf") : regexall("(?m)^resource \"(\\w+)\"", file("../../modules/${file}")) if !startswith(file, "elastic-transcoder/")]),
      output.resource_types,
    )) == 0
    error_message = "permissions.tf lacks a type of resource of the modules: see `grep -rh '^resource' terraform/modules`. Add the type with the calls that the provider makes for it."
  }
}

run "rejects_wildcards_and_pull_requests" {
  command = plan

  variables {
    plan_subjects        = ["repo:acme/*"]
    apply_subjects       = ["repo:acme/video:pull_request"]
    permissions_boundary = "boundary"
    issuer               = "https://gitlab.com/"
    role_path            = "services"
    name                 = "Responses"
    kms_key_arn          = "alias/responses"
  }

  expect_failures = [var.plan_subjects, var.apply_subjects, var.permissions_boundary, var.issuer, var.role_path, var.name, var.kms_key_arn]
}

run "rejects_roles_that_nobody_can_assume" {
  command = plan

  variables {
    plan_subjects  = []
    apply_subjects = ["repo:acme/video?:environment:dev"]
  }

  expect_failures = [var.plan_subjects, var.apply_subjects]
}
