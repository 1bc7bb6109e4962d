# The user of stack.json, for developers, the demo and the tests. It may use this stack's resources only: what a person uses
# in the console, and what tests disable and restore.
resource "aws_iam_user" "operator" {
  #checkov:skip=CKV_AWS_273:A user of the emulator on this machine; no such user exists on AWS.
  name = "${var.name}-operator"
}

resource "aws_iam_access_key" "operator" {
  user = aws_iam_user.operator.name
}

locals {
  # A stage has one engine. Only Elastic Transcoder has a topic.
  engine_role_arn = coalesce(one(module.service.elastic_transcoder[*].role.arn), one(module.service.media_convert[*].role.arn))
  jobs_topic      = { for engine in module.service.elastic_transcoder[*] : "JobsTopic" => { actions = ["sns:Publish"], resources = [engine.jobs_topic_arn] } }

  functions = module.service.functions
  account   = split(":", module.service.table.arn)[4]
  buckets   = [module.service.uploads.arn, module.service.renditions.arn]

  operator = merge(local.jobs_topic, {
    Table = {
      actions = [
        "dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:DescribeTable", "dynamodb:GetItem",
        "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem",
      ]
      resources = concat([module.service.table.arn], [
        for index in ["ByStep", "ByStepStatus", "ByProject", "ByProjectStatus", "ByMail", "Open"] : "${module.service.table.arn}/index/${index}"
      ])
    }
    Buckets = {
      actions   = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:ListBucketVersions"]
      resources = local.buckets
    }
    Objects = {
      actions = [
        "s3:AbortMultipartUpload", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:GetObjectVersion",
        "s3:ListMultipartUploadParts", "s3:PutObject",
      ]
      resources = [for arn in local.buckets : "${arn}/*"]
    }
    Queues = {
      actions = [
        "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl",
        "sqs:PurgeQueue", "sqs:ReceiveMessage", "sqs:SendMessage",
      ]
      resources = values(module.service.queues)[*].arn
    }
    # The emulator requires ListAliases where AWS requires GetAlias and UpdateAlias.
    Functions = {
      actions = [
        "lambda:GetAlias", "lambda:GetFunction", "lambda:GetFunctionConfiguration", "lambda:ListAliases",
        "lambda:ListVersionsByFunction", "lambda:PublishVersion", "lambda:UpdateAlias", "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionConfiguration",
      ]
      resources = values(local.functions)[*].arn
    }
    InvokeFunctions = {
      actions   = ["lambda:InvokeFunction"]
      resources = [for function in local.functions : function.alias.arn]
    }
    # A version only: the function itself has no qualifier in its ARN. Tests delete the versions that they publish.
    Versions = {
      actions   = ["lambda:DeleteFunction"]
      resources = [for function in local.functions : "${function.arn}:*"]
    }
    # A test rotates the secret.
    Secret = {
      actions   = ["ssm:PutParameter"]
      resources = [module.service.secret.arn]
    }
    # Tests disable a mapping to fill its queue, and enable it again.
    EventSourceMappings = {
      actions   = ["lambda:GetEventSourceMapping", "lambda:UpdateEventSourceMapping"]
      resources = [for uuid in values(module.service.event_source_mappings) : "arn:aws:lambda:us-east-1:${local.account}:event-source-mapping:${uuid}"]
    }
    # IAM defines no resource type for it. The emulator requires it where AWS requires GetEventSourceMapping.
    ListEventSourceMappings = {
      actions   = ["lambda:ListEventSourceMappings"]
      resources = ["*"]
    }
    Logs = {
      actions   = ["logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents"]
      resources = flatten([for arn in values(local.functions)[*].log_group_arn : [arn, "${arn}:*"]])
    }
    # IAM has a resource type for the user pool, not for its clients.
    ShortenTokens = {
      actions   = ["cognito-idp:UpdateUserPoolClient"]
      resources = [aws_cognito_user_pool.owners.arn]
    }
    RolePolicies = {
      actions   = ["iam:DeleteRolePolicy", "iam:GetRolePolicy", "iam:ListRolePolicies", "iam:PutRolePolicy"]
      resources = [for function in local.functions : function.role.arn]
    }
  })
}

resource "aws_iam_user_policy" "operator" {
  #checkov:skip=CKV_AWS_40:A user of the emulator on this machine; no such user exists on AWS.
  name = "operator"
  user = aws_iam_user.operator.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for sid, statement in local.operator : {
      Sid      = sid
      Effect   = "Allow"
      Action   = statement.actions
      Resource = statement.resources
    }]
  })
}

# The local transcoder does what the service does on AWS: it assumes the engine's role, sends MediaConvert's job events and
# reads the sources that it probes. It has no other permissions.
resource "aws_iam_user" "transcoder" {
  #checkov:skip=CKV_AWS_273:A user of the emulator on this machine; no such user exists on AWS.
  name = "${var.name}-transcoder"
}

resource "aws_iam_access_key" "transcoder" {
  user = aws_iam_user.transcoder.name
}

resource "aws_iam_user_policy" "transcoder" {
  #checkov:skip=CKV_AWS_40:A user of the emulator on this machine; no such user exists on AWS.
  name = "transcoder"
  user = aws_iam_user.transcoder.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        { Sid = "AssumeEngineRole", Effect = "Allow", Action = "sts:AssumeRole", Resource = local.engine_role_arn },
        # MediaConvert's Probe reads with the caller's permissions. The local transcoder does not know its callers, so it reads
        # with its own.
        { Sid = "Probe", Effect = "Allow", Action = "s3:GetObject", Resource = "${module.service.uploads.arn}/*" },
      ],
      [for engine in module.service.media_convert[*] : {
        Sid      = "PutJobEvents"
        Effect   = "Allow"
        Action   = "events:PutEvents"
        Resource = "arn:aws:events:us-east-1:${local.account}:event-bus/default"
      }],
    )
  })
}
