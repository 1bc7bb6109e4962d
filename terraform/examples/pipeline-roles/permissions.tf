# What the AWS provider calls for the stage's resources. The calls were recorded while provider 5.100 planned and applied a stage;
# each IAM action is the one that AWS documents for the call. There is no action that deletes data: DeleteTable, DeleteBucket,
# DeleteQueue, DeleteParameter and DeleteLogGroup are missing on purpose.
locals {
  partition = data.aws_partition.current.partition
  place     = "${data.aws_service.current.region}:${data.aws_caller_identity.current.account_id}"

  permissions = {
    Table = {
      types     = ["aws_dynamodb_table"]
      resources = ["arn:${local.partition}:dynamodb:${local.place}:table/${coalesce(var.adopt.table, var.name)}"]
      read      = ["dynamodb:DescribeContinuousBackups", "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive", "dynamodb:ListTagsOfResource"]
      write     = ["dynamodb:CreateTable", "dynamodb:TagResource", "dynamodb:UntagResource", "dynamodb:UpdateContinuousBackups", "dynamodb:UpdateTable", "dynamodb:UpdateTimeToLive"]
    }

    # The provider reads the settings of a bucket that it does not set, too.
    Buckets = {
      types = [
        "aws_s3_bucket", "aws_s3_bucket_cors_configuration", "aws_s3_bucket_lifecycle_configuration", "aws_s3_bucket_logging", "aws_s3_bucket_notification",
        "aws_s3_bucket_ownership_controls", "aws_s3_bucket_policy", "aws_s3_bucket_public_access_block",
        "aws_s3_bucket_server_side_encryption_configuration", "aws_s3_bucket_versioning",
      ]
      resources = ["arn:${local.partition}:s3:::${coalesce(var.adopt.uploads_bucket, "${var.name}-uploads-*")}", "arn:${local.partition}:s3:::${var.name}-renditions-*"]
      read = [
        "s3:GetAccelerateConfiguration", "s3:GetBucketAcl", "s3:GetBucketCORS", "s3:GetBucketLogging", "s3:GetBucketNotification",
        "s3:GetBucketObjectLockConfiguration", "s3:GetBucketOwnershipControls", "s3:GetBucketPolicy", "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketRequestPayment", "s3:GetBucketTagging", "s3:GetBucketVersioning", "s3:GetBucketWebsite", "s3:GetEncryptionConfiguration",
        "s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration", "s3:ListBucket",
      ]
      write = [
        "s3:CreateBucket", "s3:PutBucketCORS", "s3:PutBucketLogging", "s3:PutBucketNotification", "s3:PutBucketOwnershipControls", "s3:PutBucketPolicy",
        "s3:PutBucketPublicAccessBlock", "s3:PutBucketTagging", "s3:PutBucketVersioning", "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration",
      ]
    }

    Queues = {
      types     = ["aws_sqs_queue", "aws_sqs_queue_redrive_policy"]
      resources = ["arn:${local.partition}:sqs:${local.place}:${var.name}-*"]
      read      = ["sqs:GetQueueAttributes", "sqs:ListQueueTags"]
      write     = ["sqs:CreateQueue", "sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:UntagQueue"]
    }

    Functions = {
      types     = ["aws_lambda_alias", "aws_lambda_function", "aws_lambda_function_event_invoke_config", "aws_lambda_permission"]
      resources = ["arn:${local.partition}:lambda:${local.place}:function:${var.name}-*"]
      read = [
        "lambda:GetAlias", "lambda:GetFunction", "lambda:GetFunctionCodeSigningConfig", "lambda:GetFunctionEventInvokeConfig", "lambda:GetPolicy",
        "lambda:ListTags", "lambda:ListVersionsByFunction",
      ]
      write = [
        "lambda:AddPermission", "lambda:CreateAlias", "lambda:CreateFunction", "lambda:DeleteAlias", "lambda:DeleteFunction",
        "lambda:DeleteFunctionEventInvokeConfig", "lambda:PublishVersion", "lambda:PutFunctionEventInvokeConfig", "lambda:RemovePermission",
        "lambda:TagResource", "lambda:UntagResource", "lambda:UpdateAlias", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration",
      ]
    }

    # The id of a mapping is a UUID, so a condition on its function replaces the name.
    Mappings = {
      types     = ["aws_lambda_event_source_mapping"]
      resources = ["*"]
      condition = { ArnLike = { "lambda:FunctionArn" = "arn:${local.partition}:lambda:${local.place}:function:${var.name}-*" } }
      read      = ["lambda:GetEventSourceMapping"]
      write     = ["lambda:CreateEventSourceMapping", "lambda:DeleteEventSourceMapping", "lambda:UpdateEventSourceMapping"]
    }

    # These actions have no such condition.
    MappingTags = {
      types     = []
      resources = ["arn:${local.partition}:lambda:${local.place}:event-source-mapping:*"]
      read      = ["lambda:ListTags"]
      write     = ["lambda:TagResource", "lambda:UntagResource"]
    }

    # The id of an API is random, and its routes have no tags: the roles can read and change every HTTP API of the region.
    Api = {
      types     = ["aws_apigatewayv2_api", "aws_apigatewayv2_authorizer", "aws_apigatewayv2_integration", "aws_apigatewayv2_route", "aws_apigatewayv2_stage"]
      resources = [for path in ["apis", "apis/*", "tags/*"] : "arn:${local.partition}:apigateway:${data.aws_service.current.region}::/${path}"]
      read      = ["apigateway:GET"]
      write     = ["apigateway:DELETE", "apigateway:PATCH", "apigateway:POST", "apigateway:PUT", "apigateway:TagResource", "apigateway:UntagResource"]
    }

    Domain = {
      enabled   = var.domain != null
      types     = ["aws_apigatewayv2_api_mapping", "aws_apigatewayv2_domain_name"]
      resources = [for path in ["domainnames", "domainnames/${local.domain.name}", "domainnames/${local.domain.name}/*"] : "arn:${local.partition}:apigateway:${data.aws_service.current.region}::/${path}"]
      read      = ["apigateway:GET"]
      write     = ["apigateway:DELETE", "apigateway:PATCH", "apigateway:POST", "apigateway:PUT", "apigateway:TagResource", "apigateway:UntagResource"]
    }

    Zone = {
      enabled   = local.domain.zone_id != null
      types     = ["aws_route53_record"]
      resources = ["arn:${local.partition}:route53:::hostedzone/${coalesce(local.domain.zone_id, "none")}"]
      read      = ["route53:GetHostedZone", "route53:ListResourceRecordSets"]
      write     = ["route53:ChangeResourceRecordSets"]
    }

    # The provider waits for a change of records.
    ZoneChanges = {
      enabled   = local.domain.zone_id != null
      types     = []
      resources = ["arn:${local.partition}:route53:::change/*"]
      read      = ["route53:GetChange"]
      write     = []
    }

    Rules = {
      types     = ["aws_cloudwatch_event_rule", "aws_cloudwatch_event_target"]
      resources = ["arn:${local.partition}:events:${local.place}:rule/${var.name}-*"]
      read      = ["events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule"]
      write     = ["events:DeleteRule", "events:PutRule", "events:PutTargets", "events:RemoveTargets", "events:TagResource", "events:UntagResource"]
    }

    Logs = {
      types     = ["aws_cloudwatch_log_group"]
      resources = [for group in ["lambda/${var.name}-*", "apigateway/${var.name}", "apigateway/${var.name}:*"] : "arn:${local.partition}:logs:${local.place}:log-group:/aws/${group}"]
      read      = ["logs:ListTagsForResource"]
      write     = ["logs:CreateLogGroup", "logs:DeleteRetentionPolicy", "logs:PutRetentionPolicy", "logs:TagResource", "logs:UntagResource"]
    }

    Alarms = {
      types     = ["aws_cloudwatch_metric_alarm"]
      resources = ["arn:${local.partition}:cloudwatch:${local.place}:alarm:${var.name}-*"]
      read      = ["cloudwatch:ListTagsForResource"]
      write     = ["cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", "cloudwatch:UntagResource"]
    }

    Dashboard = {
      types     = ["aws_cloudwatch_dashboard"]
      resources = ["arn:${local.partition}:cloudwatch::${data.aws_caller_identity.current.account_id}:dashboard/${var.name}"]
      read      = ["cloudwatch:GetDashboard"]
      write     = ["cloudwatch:DeleteDashboards", "cloudwatch:PutDashboard"]
    }

    Budget = {
      types     = ["aws_budgets_budget"]
      resources = ["arn:${local.partition}:budgets::${data.aws_caller_identity.current.account_id}:budget/${var.name}"]
      read      = ["budgets:ListTagsForResource", "budgets:ViewBudget"]
      write     = ["budgets:ModifyBudget", "budgets:TagResource", "budgets:UntagResource"]
    }

    Topics = {
      types     = ["aws_sns_topic", "aws_sns_topic_subscription"]
      resources = ["arn:${local.partition}:sns:${local.place}:${var.name}-*"]
      read      = ["sns:GetTopicAttributes", "sns:ListTagsForResource"]
      write     = ["sns:CreateTopic", "sns:DeleteTopic", "sns:SetTopicAttributes", "sns:Subscribe", "sns:TagResource", "sns:UntagResource"]
    }

    # The provider reads the parameter with its value, so the role plan can read the stage's secret.
    Secret = {
      types     = ["aws_ssm_parameter"]
      resources = ["arn:${local.partition}:ssm:${local.place}:parameter/${var.name}/*"]
      read      = ["ssm:GetParameter", "ssm:ListTagsForResource"]
      write     = ["ssm:AddTagsToResource", "ssm:PutParameter", "ssm:RemoveTagsFromResource"]
    }

    JobQueue = {
      types     = ["aws_media_convert_queue"]
      resources = ["arn:${local.partition}:mediaconvert:${local.place}:queues/${var.name}"]
      read      = ["mediaconvert:GetQueue", "mediaconvert:ListTagsForResource"]
      write     = ["mediaconvert:DeleteQueue", "mediaconvert:TagResource", "mediaconvert:UntagResource", "mediaconvert:UpdateQueue"]
    }

    Roles = {
      types     = ["aws_iam_role", "aws_iam_role_policy"]
      resources = [local.roles]
      read      = ["iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole", "iam:ListRolePolicies"]
      write     = ["iam:TagRole", "iam:UntagRole"]
    }

    # Actions for which AWS defines no resource. API Gateway needs those on log deliveries to write an access log. DescribeKey reads
    # the key of the table.
    Unnamed = {
      types     = []
      resources = ["*"]
      read      = ["cloudwatch:DescribeAlarms", "kms:DescribeKey", "logs:DescribeLogGroups", "sns:GetSubscriptionAttributes", "ssm:DescribeParameters"]
      write = [
        "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeResourcePolicies", "logs:GetLogDelivery", "logs:ListLogDeliveries",
        "logs:PutResourcePolicy", "logs:UpdateLogDelivery", "mediaconvert:CreateQueue", "sns:SetSubscriptionAttributes", "sns:Unsubscribe",
      ]
    }
  }

  domain = coalesce(var.domain, { name = "none", zone_id = null })

  # Terraform's own resource, without AWS.
  without_permissions = ["terraform_data"]

  roles = "arn:${local.partition}:iam::${data.aws_caller_identity.current.account_id}:role${var.role_path}${var.name}-*"

  read = concat(local.use_key.read, [for sid, group in local.permissions : merge(
    { Sid = "Read${sid}", Effect = "Allow", Action = group.read, Resource = group.resources },
    try({ Condition = group.condition }, {}),
  ) if try(group.enabled, true)])

  write = concat(local.use_key.write, [for sid, group in local.permissions : merge(
    { Sid = "Write${sid}", Effect = "Allow", Action = group.write, Resource = group.resources },
    try({ Condition = group.condition }, {}),
  ) if try(group.enabled, true) && length(group.write) > 0])

  # The caller itself decrypts the secret and the functions' environment variables, and lets DynamoDB and Lambda use the key.
  use_key = { for purpose, actions in {
    read  = ["kms:Decrypt"]
    write = ["kms:CreateGrant", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    } : purpose => [for arn in compact([var.kms_key_arn]) : {
      Sid       = "${title(purpose)}Key"
      Effect    = "Allow"
      Action    = actions
      Resource  = [arn]
      Condition = { StringEquals = { "kms:ViaService" = [for service in ["dynamodb", "lambda", "ssm"] : "${service}.${data.aws_service.current.region}.amazonaws.com"] } }
  }] }

  # Without the boundary, the job could write itself a role with any permission. Only Lambda may get one of the roles.
  manage_roles = [
    {
      Sid    = "ManageBoundedRoles"
      Effect = "Allow"
      Action = [
        "iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy",
        "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription",
      ]
      Resource  = [local.roles]
      Condition = { StringEquals = { "iam:PermissionsBoundary" = var.permissions_boundary } }
    },
    {
      Sid       = "PassRolesToLambda"
      Effect    = "Allow"
      Action    = ["iam:PassRole"]
      Resource  = [local.roles]
      Condition = { StringEquals = { "iam:PassedToService" = "lambda.amazonaws.com" } }
    },
  ]

  # Lambda reads a package in S3 as the caller.
  read_packages = [for bucket in compact([var.packages_bucket]) : {
    Sid      = "ReadPackages"
    Effect   = "Allow"
    Action   = ["s3:GetObject"]
    Resource = ["arn:${local.partition}:s3:::${bucket}/*"]
  }]

  state_object = "arn:${local.partition}:s3:::${var.state.bucket}/${var.state.key}"

  # Without ListBucket, S3 answers 403 instead of 404 while the state does not exist. A plan takes the state's lock, too.
  read_state = [
    { Sid = "ListStates", Effect = "Allow", Action = ["s3:ListBucket"], Resource = ["arn:${local.partition}:s3:::${var.state.bucket}"] },
    { Sid = "ReadState", Effect = "Allow", Action = ["s3:GetObject"], Resource = [local.state_object] },
    { Sid = "LockState", Effect = "Allow", Action = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"], Resource = ["${local.state_object}.tflock"] },
  ]
  write_state = [
    { Sid = "WriteState", Effect = "Allow", Action = ["s3:PutObject"], Resource = [local.state_object] },
  ]
}
