"""Updates that terraform/guard refuses or accepts. rename.json is a part of a real plan: a stage with data gets another name."""
import copy
import json
from pathlib import Path

RENAME_FILE = Path(__file__).parent / "rename.json"
RENAME = json.loads(RENAME_FILE.read_text())

QUEUE = "arn:aws:sqs:eu-central-1:123456789012:uploads"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/1"
SEND = {
    "Sid": "Send", "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": QUEUE,
    "Condition": {"ArnEquals": {"aws:SourceArn": ["arn:aws:s3:::a", "arn:aws:s3:::b"]}, "StringNotEquals": {"aws:SourceAccount": ["1", "2"]}},
}
REQUIRE_TLS = {
    "Sid": "RequireTls", "Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": QUEUE,
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
REDRIVE = {"deadLetterTargetArn": QUEUE, "maxReceiveCount": 5}


def edited(name, edit):
    """Returns the settings of the rename plan's resource of a type: as they are before the rename, and edited."""
    before = next(c for c in RENAME["resource_changes"] if c["type"] == name)["change"]["before"]
    after = copy.deepcopy(before)
    edit(after)
    return name, before, after


def policy(*statements, attribute="policy"):
    return {attribute: json.dumps({"Version": "2012-10-17", "Statement": list(statements)})}


def redrive(**more):
    return {"redrive_policy": json.dumps(REDRIVE | more)}


def ttl(attribute, enabled=True):
    return [{"attribute_name": attribute, "enabled": enabled}]


def entry(**more):
    return {"queue": [{"queue_arn": QUEUE, "events": ["s3:ObjectCreated:*"], "filter_prefix": "", "filter_suffix": None} | more]}


def lifecycle(**more):
    rule = {"status": "Enabled", "prefix": "", "filter": [{"prefix": "a/"}], "noncurrent_version_expiration": versions(30, 20)}
    return {"rule": [rule | more]}


def versions(days, newer):
    return [{"noncurrent_days": days, "newer_noncurrent_versions": newer}]


def encryption(algorithm, key=None):
    return {"rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": algorithm, "kms_master_key_id": key}]}]}


# Updates of one setting: a type, the setting before and after, and what the guard prints. The reverse is accepted.
SETTINGS = [
    ("aws_dynamodb_table", {"point_in_time_recovery": [{"enabled": True, "recovery_period_in_days": 0}]},
     {"point_in_time_recovery": [{"enabled": True, "recovery_period_in_days": 34}]}, "the backups of earlier days"),
    ("aws_dynamodb_table", {"server_side_encryption": [{"kms_key_arn": KEY}]}, {"server_side_encryption": []}, "server_side_encryption.kms_key_arn"),
    ("aws_dynamodb_table", {"ttl": []}, {"ttl": ttl("DueAt")}, "past time in its attribute DueAt"),
    ("aws_dynamodb_table", {"ttl": ttl("DueAt", False)}, {"ttl": ttl("DueAt")}, "update of ttl"),
    ("aws_s3_bucket_versioning", {"versioning_configuration": [{"mfa_delete": "Enabled"}]}, {"versioning_configuration": [{"mfa_delete": "Disabled"}]}, "the second factor"),
    ("aws_s3_bucket_server_side_encryption_configuration", encryption("aws:kms"), encryption("AES256"), "the encryption of new objects"),
    ("aws_s3_bucket_server_side_encryption_configuration", encryption("aws:kms", KEY), encryption("aws:kms"), "the stage's own key"),
    ("aws_s3_bucket_notification", entry(), entry(filter_prefix="a/"), "the events to arn:aws:sqs:"),
    ("aws_s3_bucket_notification", entry(filter_prefix="a/"), entry(filter_prefix="a/b"), "of keys with the prefix a/"),
    ("aws_s3_bucket_notification", entry(), entry(filter_suffix=".mp4"), "the events to arn:aws:sqs:"),
    ("aws_s3_bucket_notification", entry(filter_suffix="4"), entry(filter_suffix=".mp4"), "of keys with the suffix 4"),
    ("aws_s3_bucket_notification", entry(), entry(events=["s3:ObjectCreated:Put"]), "or a part of them: s3:ObjectCreated:*"),
    ("aws_s3_bucket_notification", entry(events=["s3:ObjectCreated:*", "s3:ObjectRestore:*"]), entry(), "or a part of them: s3:ObjectRestore:*"),
    ("aws_s3_bucket_lifecycle_configuration", lifecycle(), lifecycle(noncurrent_version_expiration=versions(30, 19)), "old versions, which"),
    ("aws_s3_bucket_lifecycle_configuration", lifecycle(), lifecycle(noncurrent_version_expiration=versions(30, None)), "old versions, which"),
    ("aws_s3_bucket_lifecycle_configuration", lifecycle(), lifecycle(noncurrent_version_expiration=versions(29, 20)), "old versions, which"),
    ("aws_s3_bucket_lifecycle_configuration", lifecycle(), lifecycle(filter=[{"prefix": ""}]), "old versions, which"),
    ("aws_s3_bucket_lifecycle_configuration", lifecycle(filter=[], prefix="a/"), lifecycle(filter=[]), "old versions, which"),
    ("aws_s3_bucket_lifecycle_configuration", lifecycle(status="Disabled"), lifecycle(), "old versions, which"),
    ("aws_s3_bucket_lifecycle_configuration", lifecycle(expiration=[{"date": "2031-01-01T00:00:00Z"}]),
     lifecycle(expiration=[{"date": "2030-01-01T00:00:00Z"}]), "current objects, which"),
    ("aws_s3_bucket_lifecycle_configuration", lifecycle(abort_incomplete_multipart_upload=[{"days_after_initiation": 2}]),
     lifecycle(abort_incomplete_multipart_upload=[{"days_after_initiation": 1}]), "unfinished uploads, which"),
    *((name, redrive(), redrive(maxReceiveCount="4"), "the retries of a failed message: fewer than 5")
      for name in ("aws_sqs_queue", "aws_sqs_queue_redrive_policy")),
    *((name, redrive(), {"redrive_policy": ""}, "the move of failed messages") for name in ("aws_sqs_queue", "aws_sqs_queue_redrive_policy")),
    ("aws_sqs_queue", {"kms_master_key_id": None, "sqs_managed_sse_enabled": True}, {"sqs_managed_sse_enabled": False}, "the encryption of new messages"),
    ("aws_sqs_queue", {"kms_master_key_id": KEY, "sqs_managed_sse_enabled": False}, {"sqs_managed_sse_enabled": True}, "the stage's own key"),
    ("aws_sqs_queue", {"max_message_size": 262144}, {"max_message_size": 1024}, "messages that are larger"),
    ("aws_lambda_event_source_mapping", {"enabled": True}, {"enabled": False}, "messages that no function receives"),
    ("aws_lambda_event_source_mapping", {"filter_criteria": []}, {"filter_criteria": [{"filter": [{"pattern": "{}"}]}]}, "Lambda deletes them"),
    ("aws_lambda_event_source_mapping", {"function_response_types": ["ReportBatchItemFailures"]}, {"function_response_types": []}, "failed messages"),
    ("aws_cloudwatch_event_rule", {"state": "ENABLED"}, {"state": "DISABLED"}, "the events that the rule matches"),
    ("aws_sns_topic", {"kms_master_key_id": KEY}, {"kms_master_key_id": ""}, "the stage's own key"),
    ("aws_sns_topic_subscription", {"filter_policy": ""}, {"filter_policy": '{"a": ["b"]}'}, "the messages that the filter does not match"),
    ("aws_ssm_parameter", {"type": "SecureString"}, {"type": "String"}, "the encryption of the secret"),
    ("aws_ssm_parameter", {"key_id": KEY}, {"key_id": None}, "the stage's own key"),
    ("aws_cloudwatch_log_group", {"skip_destroy": True}, {"skip_destroy": False}, "the protection of the lines"),
    ("aws_cloudwatch_log_group", {"retention_in_days": 0}, {"retention_in_days": 3653}, "log lines that are older"),
    ("aws_cloudwatch_log_group", {"kms_key_id": KEY}, {"kms_key_id": ""}, "the stage's own key"),
    ("aws_kms_key", {"is_enabled": True}, {"is_enabled": False}, "everything that is encrypted with the key"),
    ("aws_kms_key", {"enable_key_rotation": True}, {"enable_key_rotation": False}, "the yearly rotation"),
    ("aws_kms_key", {"deletion_window_in_days": None}, {"deletion_window_in_days": 29}, "days in which a deletion"),
    ("aws_iam_role", {"permissions_boundary": "arn:aws:iam::123456789012:policy/a"}, {"permissions_boundary": None}, "the bound of the role"),
    ("aws_cognito_user_pool", {"deletion_protection": "ACTIVE"}, {"deletion_protection": "INACTIVE"}, "Cognito's refusal"),
    ("aws_apigatewayv2_api", {"disable_execute_api_endpoint": False}, {"disable_execute_api_endpoint": True}, "only the URL of the domain remains"),
    ("aws_apigatewayv2_route", {"authorization_type": "JWT"}, {"authorization_type": "NONE"}, "requests without a token"),
    ("aws_apigatewayv2_route", {"authorization_scopes": ["a"]}, {"authorization_scopes": ["a", "b"]}, "tokens with other scopes"),
    ("aws_apigatewayv2_route", {"authorization_scopes": ["a"]}, {"authorization_scopes": []}, "tokens with other scopes"),
    ("aws_apigatewayv2_stage", {"access_log_settings": [{"format": "{}"}]}, {"access_log_settings": []}, "the record of later requests"),
]

POLICIES = [
    *((name, "policy") for name in ("aws_s3_bucket_policy", "aws_sqs_queue", "aws_sqs_queue_policy", "aws_sns_topic", "aws_sns_topic_policy")),
    ("aws_iam_role", "assume_role_policy"),
]


def weakened_policies():
    """Returns statements before and after an update of a policy, and what the guard prints."""
    both, denied, sent = [SEND, REQUIRE_TLS], "the statement RequireTls, which denies sqs:*", "the statement Send, which allows "
    wider = "the refusal of new access: " + sent
    return [
        (both, [SEND], denied),
        (both, [], denied),
        (both, [SEND, REQUIRE_TLS | {"Action": "sqs:SendMessage"}], denied),
        (both, [SEND, REQUIRE_TLS | {"Action": "sqs:?"}], denied),
        (both, [SEND, {"NotAction" if part == "Action" else part: named for part, named in REQUIRE_TLS.items()}], denied),
        (both, [SEND, REQUIRE_TLS | {"Resource": QUEUE + "-other"}], denied),
        (both, [SEND, REQUIRE_TLS | {"Principal": {"AWS": "123456789012"}}], denied),
        (both, [SEND, REQUIRE_TLS | {"Effect": "Allow"}], denied),
        (both, [SEND, REQUIRE_TLS | {"Condition": REQUIRE_TLS["Condition"] | SEND["Condition"]}], denied),
        ([REQUIRE_TLS | {"NotAction": "sqs:SendMessage"}], [REQUIRE_TLS | {"NotAction": "sqs:*"}], "the statement RequireTls"),
        (both, [REQUIRE_TLS], sent + "sqs:SendMessage to Service:s3.amazonaws.com"),
        (both, [SEND | {"Principal": "*"}, REQUIRE_TLS], wider + "sqs:SendMessage to *"),
        (both, [SEND | {"Principal": {"AWS": "*"}}, REQUIRE_TLS], wider + "sqs:SendMessage to *"),
        (both, [SEND | {"Principal": {"Service": ["s3.amazonaws.com", "sns.amazonaws.com"]}}, REQUIRE_TLS], wider),
        (both, [SEND | {"Action": "sqs:*"}, REQUIRE_TLS], wider + "sqs:*"),
        (both, [SEND | {"Resource": "*"}, REQUIRE_TLS], wider),
        (both, [*both, {"Effect": "Allow", "NotPrincipal": {"AWS": "1"}, "NotAction": "sqs:A", "Resource": "*"}],
         "the statement without a Sid, which allows all but sqs:A to all but AWS:1"),
        *((both, [SEND | {"Condition": SEND["Condition"] | condition}, REQUIRE_TLS], wider) for condition in (
            {"ArnEquals": {}},
            {"ArnEquals": {"aws:SourceArn": ["arn:aws:s3:::a", "arn:aws:s3:::b", "arn:aws:s3:::c"]}},
            {"StringNotEquals": {"aws:SourceAccount": ["1"]}},
        )),
    ]


def weakenings():
    """Returns updates that the guard refuses: a type, its settings before and after, and what the guard prints."""
    def statements(after, edit):
        document = json.loads(after["policy"])
        edit(document["Statement"])
        after["policy"] = json.dumps(document)

    def expire(after, **rule):
        after["rule"][1].update(rule)

    block = "aws_s3_bucket_public_access_block"
    edits = [
        ("aws_dynamodb_table", lambda a: a.update(deletion_protection_enabled=False), "update of deletion_protection_enabled"),
        ("aws_dynamodb_table", lambda a: a.update(point_in_time_recovery=[]), "update of point_in_time_recovery.enabled"),
        ("aws_dynamodb_table", lambda a: a["point_in_time_recovery"][0].update(enabled=False), "update of point_in_time_recovery.enabled"),
        ("aws_s3_bucket", lambda a: a.update(force_destroy=True), "update of force_destroy"),
        *((block, lambda a, name=name: a.update({name: False}), f"update of {name}") for name in
          ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")),
        ("aws_s3_bucket_policy", lambda a: statements(a, lambda s: s.pop(0)), "DenyDeleteBucket, which denies s3:DeleteBucket"),
        ("aws_s3_bucket_policy", lambda a: statements(a, lambda s: s.pop(1)), "RequireTls, which denies s3:*"),
        ("aws_s3_bucket_policy", lambda a: statements(a, lambda s: s[0].update(Effect="Allow")), "DenyDeleteBucket"),
        ("aws_s3_bucket_policy", lambda a: statements(a, lambda s: s[1].update(Resource="arn:aws:s3:::other")), "RequireTls"),
        ("aws_s3_bucket_policy", lambda a: statements(a, lambda s: s[0].update(Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}})), "DenyDeleteBucket"),
        ("aws_s3_bucket_ownership_controls", lambda a: a["rule"][0].update(object_ownership="ObjectWriter"), "update of rule.object_ownership"),
        ("aws_s3_bucket_versioning", lambda a: a["versioning_configuration"][0].update(status="Suspended"), "update of versioning_configuration.status"),
        ("aws_s3_bucket_lifecycle_configuration", lambda a: expire(a, noncurrent_version_expiration=[{"noncurrent_days": 29}]), "old versions, which S3 deletes earlier"),
        ("aws_s3_bucket_lifecycle_configuration", lambda a: expire(a, expiration=[{"days": 30}]), "current objects, which S3 deletes earlier"),
        ("aws_s3_bucket_lifecycle_configuration", lambda a: expire(a, expiration=[{"days": 0, "date": "2030-01-01T00:00:00Z"}]), "current objects, which S3 deletes earlier"),
        ("aws_s3_bucket_notification", lambda a: a.update(queue=[]), "the events to arn:aws:sqs:"),
        ("aws_sqs_queue", lambda a: a.update(message_retention_seconds=60), "update of message_retention_seconds"),
        ("aws_cloudwatch_log_group", lambda a: a.update(retention_in_days=30), "update of retention_in_days"),
    ]
    return [
        *((*edited(name, edit), text) for name, edit, text in edits),
        *SETTINGS,
        *((name, policy(*before, attribute=attribute), policy(*after, attribute=attribute), text)
          for name, attribute in POLICIES for before, after, text in weakened_policies()),
        ("aws_sqs_queue", policy(SEND), {"policy": ""}, "the statement Send"),
        ("aws_sqs_queue", {"policy": "\n  " + policy(SEND)["policy"]}, {"policy": None}, "the statement Send"),
        ("aws_dynamodb_table", {"ttl": ttl("ExpiresAt")}, {"ttl": ttl("DueAt")}, "past time in its attribute DueAt"),
        ("aws_sns_topic_subscription", {"filter_policy": '{"a": ["b"]}'}, {"filter_policy": '{"a": ["c"]}'}, "the messages that the filter does not match"),
        *((name, policy(SEND), policy(*after), "the permissions to use the key")
          for name in ("aws_kms_key", "aws_kms_key_policy") for after in ([], [SEND, REQUIRE_TLS], [SEND | {"Principal": "*"}])),
    ]


def stricter():
    """Returns updates that the guard accepts: a type, and its settings before and after."""
    def widen(after):
        document = json.loads(after["policy"])
        document["Statement"][0]["Action"] = ["s3:DeleteBucket", "s3:PutBucketPolicy"]
        document["Statement"].insert(0, {"Sid": "New", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObjectAcl", "Resource": "*"})
        after["policy"] = json.dumps(document)

    both = SEND | {"Action": ["sqs:SendMessage", "sqs:GetQueueUrl"]}
    policies = [
        ([SEND], [SEND, REQUIRE_TLS]),
        ([SEND, REQUIRE_TLS], [REQUIRE_TLS | {"Sid": "Other", "Action": ["SQS:*"], "Principal": {"AWS": "*"}}, SEND]),
        ([REQUIRE_TLS | {"Action": "sqs:SendMessage"}], [REQUIRE_TLS | {"Action": "sqs:Send*"}]),
        ([both], [SEND, SEND | {"Sid": "Two", "Action": "sqs:GetQueueUrl"}]),
        ([SEND, SEND | {"Sid": "Two", "Action": "sqs:GetQueueUrl"}], [both]),
    ]
    return [
        edited("aws_s3_bucket_policy", widen),
        edited("aws_s3_bucket_lifecycle_configuration", lambda a: a["rule"].pop()),
        edited("aws_cloudwatch_log_group", lambda a: a.update(retention_in_days=0)),
        ("aws_s3_bucket_lifecycle_configuration", lifecycle(), lifecycle(filter=[{"prefix": "a/", "tag": [], "object_size_less_than": None}])),
        ("aws_s3_bucket_lifecycle_configuration", lifecycle(filter=[{}]), lifecycle(filter=[{"prefix": "a/"}])),
        ("aws_sqs_queue", {"visibility_timeout_seconds": 180}, {"visibility_timeout_seconds": 30}),
        ("aws_sqs_queue", {"sqs_managed_sse_enabled": True}, {"kms_master_key_id": KEY, "sqs_managed_sse_enabled": False}),
        ("aws_sns_topic", policy(SEND), policy(SEND) | {"tags": {"team": "x"}}),
        ("aws_sns_topic_subscription", {"filter_policy": '{"a": ["b"]}'}, {"filter_policy": '{"a": ["b"]}', "raw_message_delivery": True}),
        ("aws_dynamodb_table", {"ttl": ttl("ExpiresAt")}, {"ttl": ttl("ExpiresAt", False)}),
        *((name, policy(*before, attribute=attribute), policy(*after, attribute=attribute))
          for name, attribute in POLICIES for before, after in policies),
        ("aws_kms_key", policy(SEND), {"policy": json.dumps(json.loads(policy(SEND)["policy"]), indent=1)}),
    ]
