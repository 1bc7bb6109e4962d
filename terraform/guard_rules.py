"""The rules of terraform/guard: what a delete of each resource type loses, and which updates weaken what protects data.

A type of the modules or stages that is not in RULES fails a test.
"""
import itertools
import json
import re
from collections import namedtuple

# The value of an attribute that only the apply determines.
UNKNOWN = "(known after apply)"


# Settings of a resource, before or after an update


def value(settings, *path):
    """Returns a nested value, also one within JSON. None: a part is missing. UNKNOWN: only the apply determines it."""
    for part in path:
        if settings == UNKNOWN:
            return UNKNOWN
        if isinstance(settings, str) and settings.lstrip().startswith("{"):
            settings = json.loads(settings)
        try:
            settings = settings[part]
        except (KeyError, IndexError, TypeError):
            return None
    return settings


def members(setting):
    """Returns the members of a list. One member without a list stands for a list of one."""
    return setting if isinstance(setting, list) else [] if setting is None else [setting]


def without_empty(setting):
    if isinstance(setting, dict):
        setting = {name: kept for name, member in setting.items() if (kept := without_empty(member))}
    if isinstance(setting, list):
        setting = [kept for member in setting if (kept := without_empty(member))]
    return setting


def dotted(path):
    return ".".join(part for part in path if isinstance(part, str))


def matches(pattern, text):
    """Whether a pattern with * includes a text, and if the text is a pattern, all that it includes. ? stands for itself only."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) is not None


# Checks of an update. A check yields the attribute and the loss of each weakening that it finds.


def no_longer(wanted, *path, loss):
    """Returns a check that a setting does not lose the value that protects."""
    def check(before, after):
        if value(before, *path) == wanted and value(after, *path) != wanted:
            yield dotted(path), loss
    return check


def becomes(unwanted, attribute, loss):
    def check(before, after):
        if value(before, attribute) != unwanted and value(after, attribute) == unwanted:
            yield attribute, loss
    return check


def emptied(*path, loss):
    def check(before, after):
        if value(before, *path) and not value(after, *path):
            yield dotted(path), loss
    return check


def lowered(*path, loss, absent, unknown=0):
    """Returns a check of a number. `absent` is what a missing number or 0 means, `unknown` what UNKNOWN may become."""
    def check(before, after):
        old, new = (unknown if value(s, *path) == UNKNOWN else value(s, *path) or absent for s in (before, after))
        if new < old:
            yield dotted(path), loss
    return check


def changed(attribute, loss):
    """Returns a check that a JSON document keeps its meaning."""
    def check(before, after):
        old, new = (s.get(attribute) if s.get(attribute) in (None, "", UNKNOWN) else json.loads(s[attribute]) for s in (before, after))
        if old and old != new:
            yield attribute, loss
    return check


def filtered(attribute, loss):
    """Returns a check that no filter is added or changed: whether another filter passes less is not decidable here."""
    def check(before, after):
        if value(after, attribute) and value(before, attribute) != value(after, attribute):
            yield attribute, loss
    return check


def widened(attribute, loss):
    """Returns a check of a set of accepted values. An empty set accepts every value."""
    def check(before, after):
        old, new = (set(members(value(settings, attribute))) for settings in (before, after))
        if old and (not new or new - old):
            yield attribute, loss
    return check


def names(member):
    """Returns what a member of a policy's statement names, such as Action or Principal, as a set."""
    if isinstance(member, dict):
        return {name if name == "*" else f"{kind}:{name}" for kind, listed in member.items() for name in names(listed)}
    return {name if isinstance(name, str) else json.dumps(name) for name in members(member)}


def single_statements(statement):
    """Splits a statement into statements of one principal, action and resource: parts, and sets of values by condition."""
    choices = []
    for part in "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource":
        if part in statement:
            named = {name.lower() if part.endswith("Action") else name for name in names(statement[part])}
            choices.append([(part, "\n".join(sorted(named)))] if part.startswith("Not") else [(part, name) for name in named])
    conditions = {
        (operator, key.lower()): names(listed) for operator, keys in statement.get("Condition", {}).items() for key, listed in keys.items()
    }
    return [(parts, conditions) for parts in itertools.product(*choices)]


def covers(wide, narrow):
    """Whether a single statement applies to each request to which another one applies. False if that is not certain."""
    (wide_parts, wide_conditions), (parts, conditions) = wide, narrow

    def limits_more(condition, listed):
        here = conditions.get(condition, set())
        return here == listed or bool(here) and "Not" not in condition[0] and here <= listed

    return [part for part, _ in wide_parts] == [part for part, _ in parts] and all(
        old == new or not part.startswith("Not") and matches(new, old) for (part, new), (_, old) in zip(wide_parts, parts)
    ) and all(limits_more(*condition) for condition in wide_conditions.items())


def policy(attribute="policy"):
    """Returns a check that a policy keeps what its statements deny and allow, and allows nothing else. It may deny more."""
    def statements(settings):
        return [statement for statement in members(value(settings, attribute, "Statement")) if statement != UNKNOWN]

    def is_covered(statement, others):
        same_effect = [single for other in others if other["Effect"] == statement["Effect"] for single in single_statements(other)]
        return all(any(covers(other, single) for other in same_effect) for single in single_statements(statement))

    def text(statement):
        def listed(part):
            return ", ".join(sorted(names(statement[part] if part in statement else statement.get(f"Not{part}")))) or "none"

        actions = ("" if "Action" in statement else "all but ") + listed("Action")
        principals = ("" if "Principal" in statement else "all but ") + listed("Principal")
        effect = f"denies {actions}" if statement["Effect"] == "Deny" else f"allows {actions} to {principals}"
        return f"the statement {statement.get('Sid') or 'without a Sid'}, which {effect}"

    def check(before, after):
        old, new = statements(before), statements(after)
        for statement in old:
            if not is_covered(statement, new):
                yield attribute, text(statement) + (", or a part of it" if new else "")
        for statement in new:
            if statement["Effect"] == "Allow" and not is_covered(statement, old):
                yield attribute, "the refusal of new access: " + text(statement)
        if value(after, attribute) == UNKNOWN:
            yield attribute, "the limits of the policy: the new one is known only after the apply"
    return check


def expires_items(before, after):
    old, new = (value(settings, "ttl", 0, "enabled") and value(settings, "ttl", 0, "attribute_name") for settings in (before, after))
    if new and new != old:
        yield "ttl", f"each item that has a past time in its attribute {new}: DynamoDB deletes it"


def expires_earlier(before, after):
    """Finds lifecycle rules that delete what no rule deletes today, or earlier."""
    kinds = [
        ("expiration", "days", "current objects"),
        ("expiration", "date", "current objects"),
        ("noncurrent_version_expiration", "noncurrent_days", "old versions"),
        ("abort_incomplete_multipart_upload", "days_after_initiation", "unfinished uploads"),
    ]

    def deletions(settings, kind, attribute):
        """Returns when the rules delete, how many newer versions they keep, and in which scope."""
        for rule in members(value(settings, "rule")):
            limit, kept = value(rule, kind, 0, attribute), value(rule, kind, 0, "newer_noncurrent_versions")
            if limit and value(rule, "status") != "Disabled":
                yield limit, int(kept or 0) if kept != UNKNOWN else 0, without_empty([value(rule, "prefix"), value(rule, "filter")])

    def includes(old, new):
        return new[0] != UNKNOWN and old[0] <= new[0] and old[1] <= new[1] and old[2] in ([], new[2])

    for kind, attribute, objects in kinds:
        old = list(deletions(before, kind, attribute))
        if any(not any(includes(deletion, new) for deletion in old) for new in deletions(after, kind, attribute)):
            yield f"rule.{kind}", f"{objects}, which S3 deletes earlier than before"


def notifies_less(before, after):
    """Finds events that reach a target today and would not after the update: another event type, prefix or suffix."""
    for kind, attribute in ("queue", "queue_arn"), ("topic", "topic_arn"), ("lambda_function", "lambda_function_arn"):
        old, new = ([
            (value(entry, attribute), event, value(entry, "filter_prefix") or "", value(entry, "filter_suffix") or "")
            for entry in members(value(settings, kind)) for event in members(value(entry, "events") or "s3:*")
        ] for settings in (before, after))
        for target, event, prefix, suffix in old:
            if not any(
                target == to and matches(events, event) and prefix.startswith(start) and suffix.endswith(end)
                for to, events, start, end in new
            ):
                keys = "".join(f" of keys with the {name} {text}" for name, text in (("prefix", prefix), ("suffix", suffix)) if text)
                yield kind, f"the events to {target}, or a part of them: {event}{keys}"
    if value(before, "eventbridge") is True and value(after, "eventbridge") is not True:
        yield "eventbridge", "the events to EventBridge"


def redrives_earlier(before, after):
    old, new = (value(settings, "redrive_policy", "maxReceiveCount") for settings in (before, after))
    if old and not new:
        yield "redrive_policy", "the move of failed messages to the dead-letter queue"
    elif old and (new == UNKNOWN or int(new) < int(old)):
        yield "redrive_policy", f"the retries of a failed message: fewer than {old} receives move it to the dead-letter queue"


def queue_is_unencrypted(before, after):
    old, new = (value(s, "kms_master_key_id") or value(s, "sqs_managed_sse_enabled") for s in (before, after))
    if old and not new:
        yield "sqs_managed_sse_enabled", "the encryption of new messages"


# kind: data, which Terraform cannot create again; protects, for what protects data or delivers it; harmless, for what
# Terraform creates again from the code. loss: what a delete or a replacement loses. checks: those of an update.
Rule = namedtuple("Rule", "kind loss checks")


def data(loss, *checks):
    return Rule("data", loss, checks)


def protects(loss, *checks):
    return Rule("protects", loss, checks)


def harmless(*checks):
    return Rule("harmless", None, checks)


OWN_KEY = "the encryption of new data with the stage's own key"
PUBLIC_ACCESS_LOSS = "the block of public access to the bucket's objects"
VERSIONING_LOSS = "the older versions that undo a deletion or an overwrite: S3 keeps no new ones"
KMS_POLICY_LOSS = "the permissions to use the key, so also the access to what it encrypts"
URL_LOSS = "the API's URL, which clients use"
ENCRYPTION = "rule", 0, "apply_server_side_encryption_by_default", 0

HARMLESS = """
    aws_apigatewayv2_api_mapping aws_apigatewayv2_authorizer aws_apigatewayv2_integration
    aws_budgets_budget aws_cloudwatch_dashboard
    aws_cloudwatch_event_target aws_cloudwatch_log_metric_filter aws_cloudwatch_metric_alarm
    aws_cognito_resource_server aws_cognito_user_pool_client aws_cognito_user_pool_domain
    aws_elastictranscoder_pipeline aws_media_convert_queue
    aws_iam_access_key aws_iam_openid_connect_provider aws_iam_policy aws_iam_role_policy
    aws_iam_role_policy_attachment aws_iam_user aws_iam_user_policy
    aws_kms_alias
    aws_lambda_alias aws_lambda_function aws_lambda_function_event_invoke_config
    aws_lambda_permission aws_route53_record
""".split()

RULES = dict.fromkeys(HARMLESS, harmless()) | {
    "aws_dynamodb_table": data(
        "every item of the table, and its backups for point-in-time recovery",
        no_longer(True, "deletion_protection_enabled", loss="DynamoDB's refusal to delete the table"),
        no_longer(True, "point_in_time_recovery", 0, "enabled", loss="the backups of the last 35 days"),
        lowered("point_in_time_recovery", 0, "recovery_period_in_days", absent=35, unknown=35, loss="the backups of earlier days"),
        emptied("server_side_encryption", 0, "kms_key_arn", loss=OWN_KEY),
        expires_items,
    ),
    "aws_s3_bucket": data(
        "every object in the bucket, with all versions",
        becomes(True, "force_destroy", "S3's refusal to delete a bucket that has objects"),
    ),
    "aws_s3_bucket_policy": protects("the statements that deny DeleteBucket and plain HTTP", policy()),
    "aws_s3_bucket_public_access_block": protects(
        PUBLIC_ACCESS_LOSS,
        *(no_longer(True, name, loss=PUBLIC_ACCESS_LOSS)
          for name in ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")),
    ),
    "aws_s3_bucket_ownership_controls": protects(
        "the ownership of the objects that other accounts write",
        no_longer("BucketOwnerEnforced", "rule", 0, "object_ownership", loss="the rule that ACLs have no effect"),
    ),
    "aws_s3_bucket_versioning": protects(
        VERSIONING_LOSS,
        no_longer("Enabled", "versioning_configuration", 0, "status", loss=VERSIONING_LOSS),
        no_longer("Enabled", "versioning_configuration", 0, "mfa_delete", loss="the second factor to delete a version"),
    ),
    "aws_s3_bucket_server_side_encryption_configuration": protects(
        "the encryption of new objects with the configured key",
        no_longer("aws:kms", *ENCRYPTION, "sse_algorithm", loss="the encryption of new objects with a KMS key"),
        emptied(*ENCRYPTION, "kms_master_key_id", loss=OWN_KEY),
    ),
    "aws_s3_bucket_lifecycle_configuration": protects("the rules that remove old versions and unfinished uploads", expires_earlier),
    "aws_s3_bucket_notification": protects("the events of uploads: nothing starts their jobs", notifies_less),
    "aws_s3_bucket_cors_configuration": protects("the access of browsers to the bucket"),
    "aws_s3_bucket_logging": protects("the record of later requests to the bucket"),
    "aws_sqs_queue": data(
        "every message in the queue",
        policy(),
        redrives_earlier,
        queue_is_unencrypted,
        emptied("kms_master_key_id", loss=OWN_KEY),
        lowered("message_retention_seconds", absent=345600, loss="messages that are older than the new retention"),
        lowered("max_message_size", absent=262144, loss="messages that are larger than the new maximum"),
    ),
    "aws_sqs_queue_policy": protects("the messages that the sender can then not send, and the refusal of plain HTTP", policy()),
    "aws_sqs_queue_redrive_policy": protects("the move of failed messages to the dead-letter queue", redrives_earlier),
    "aws_lambda_event_source_mapping": harmless(
        becomes(False, "enabled", "messages that no function receives before their retention ends"),
        filtered("filter_criteria", "the messages that the filter does not match: Lambda deletes them"),
        emptied("function_response_types", loss="failed messages: without ReportBatchItemFailures, Lambda deletes them"),
    ),
    "aws_cloudwatch_event_rule": harmless(becomes("DISABLED", "state", "the events that the rule matches")),
    "aws_sns_topic": data(
        "all its subscriptions, also those that Terraform does not manage: each email address must confirm again",
        policy(),
        emptied("kms_master_key_id", loss=OWN_KEY),
    ),
    "aws_sns_topic_policy": protects("the messages that the sender can then not publish, and the refusal of plain HTTP", policy()),
    "aws_sns_topic_subscription": data(
        "messages of the topic until there is another subscription, and its confirmation: an email address must confirm again",
        filtered("filter_policy", "the messages that the filter does not match"),
    ),
    "aws_ssm_parameter": data(
        "the secret: all upload tokens and cursors become invalid",
        no_longer("SecureString", "type", loss="the encryption of the secret"),
        emptied("key_id", loss=OWN_KEY),
    ),
    "aws_cloudwatch_log_group": data(
        "every log line in the group",
        no_longer(True, "skip_destroy", loss="the protection of the lines when the group is deleted"),
        lowered("retention_in_days", absent=float("inf"), loss="log lines that are older than the new retention"),
        emptied("kms_key_id", loss=OWN_KEY),
    ),
    "aws_kms_key": data(
        "everything that is encrypted with the key",
        no_longer(True, "is_enabled", loss="everything that is encrypted with the key"),
        no_longer(True, "enable_key_rotation", loss="the yearly rotation of the key"),
        lowered("deletion_window_in_days", absent=30, loss="days in which a deletion of the key can be canceled"),
        changed("policy", KMS_POLICY_LOSS),
    ),
    "aws_kms_key_policy": protects(KMS_POLICY_LOSS, changed("policy", KMS_POLICY_LOSS)),
    "terraform_data": protects("the protection of the table and the buckets: a later plan may delete them"),
    "aws_iam_role": harmless(
        policy("assume_role_policy"),
        emptied("permissions_boundary", loss="the bound of the role's permissions"),
    ),
    "aws_cognito_user_pool": data(
        "every user and client; tokens of the pool become invalid",
        no_longer("ACTIVE", "deletion_protection", loss="Cognito's refusal to delete the pool"),
    ),
    "aws_apigatewayv2_api": data(
        URL_LOSS + ": a new API has another one",
        becomes(True, "disable_execute_api_endpoint", URL_LOSS + ": only the URL of the domain remains"),
    ),
    "aws_apigatewayv2_domain_name": data("the domain's endpoint: DNS records of other zones point to it, and a new one has another name"),
    "aws_apigatewayv2_route": harmless(
        becomes("NONE", "authorization_type", "the refusal of requests without a token"),
        widened("authorization_scopes", "the refusal of tokens with other scopes"),
    ),
    "aws_apigatewayv2_stage": harmless(emptied("access_log_settings", loss="the record of later requests to the API")),
}
