# Whoever holds stack.json: a developer, the demo, the tests. Bound to this stack's own resources, to what a person at
# the console would look at, and to what a test must break and mend.
resource "aws_iam_user" "operator" {
  name = "${var.name}-operator"
}

resource "aws_iam_access_key" "operator" {
  user = aws_iam_user.operator.name
}

locals {
  # The engine's role and, with Elastic Transcoder, its topic.
  engine_role_arn = coalesce(one(module.service.elastic_transcoder[*].role_arn), one(module.service.media_convert[*].role_arn))
  topic           = { for it in module.service.elastic_transcoder[*] : "Topic" => { actions = ["sns:Publish"], resources = [it.jobs_topic_arn] } }

  functions = module.service.functions
  account   = split(":", module.service.table.arn)[4]
  buckets   = [module.service.uploads.arn, module.service.renditions.arn]

  operator = merge(local.topic, {
    Table = {
      actions = [
        "dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:DescribeTable", "dynamodb:GetItem",
        "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem",
      ]
      resources = [module.service.table.arn, "${module.service.table.arn}/index/*"]
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
    Functions = {
      actions = [
        "lambda:GetFunction", "lambda:GetFunctionConfiguration", "lambda:InvokeFunction", "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionConfiguration",
      ]
      resources = values(local.functions)[*].arn
    }
    # What a test stops, so that a queue fills, and starts again.
    Mappings = {
      actions   = ["lambda:GetEventSourceMapping", "lambda:UpdateEventSourceMapping"]
      resources = [for uuid in values(module.service.event_source_mappings) : "arn:aws:lambda:us-east-1:${local.account}:event-source-mapping:${uuid}"]
    }
    # IAM knows no resource of it. The emulator asks for it where AWS asks for GetEventSourceMapping.
    ListMappings = {
      actions   = ["lambda:ListEventSourceMappings"]
      resources = ["*"]
    }
    Logs = {
      actions   = ["logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents"]
      resources = flatten([for arn in values(local.functions)[*].log_group : [arn, "${arn}:*"]])
    }
    # IAM knows the pool, not its clients.
    BriefTokens = {
      actions   = ["cognito-idp:UpdateUserPoolClient"]
      resources = [aws_cognito_user_pool.owners.arn]
    }
    RolePolicies = {
      actions   = ["iam:DeleteRolePolicy", "iam:GetRolePolicy", "iam:ListRolePolicies", "iam:PutRolePolicy"]
      resources = [for function in local.functions : "arn:aws:iam::${local.account}:role/${function.role}"]
    }
  })
}

resource "aws_iam_user_policy" "operator" {
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

# Our transcoder does what the service does on AWS: it assumes the engine's role, tells of MediaConvert's jobs and reads
# what it is asked to probe, for which the service has its caller's rights. It can do nothing else.
resource "aws_iam_user" "transcoder" {
  name = "${var.name}-transcoder"
}

resource "aws_iam_access_key" "transcoder" {
  user = aws_iam_user.transcoder.name
}

resource "aws_iam_user_policy" "transcoder" {
  name = "transcoder"
  user = aws_iam_user.transcoder.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        { Sid = "ActAsEngine", Effect = "Allow", Action = "sts:AssumeRole", Resource = local.engine_role_arn },
        # MediaConvert's Probe reads with its caller's rights. The transcoder, which serves both engines, knows no callers:
        # it reads with its own.
        { Sid = "Probe", Effect = "Allow", Action = "s3:GetObject", Resource = "${module.service.uploads.arn}/*" },
      ],
      [for it in module.service.media_convert[*] : {
        Sid      = "TellOfJobs"
        Effect   = "Allow"
        Action   = "events:PutEvents"
        Resource = "arn:aws:events:us-east-1:${local.account}:event-bus/default"
      }],
    )
  })
}
