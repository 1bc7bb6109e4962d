"""Tests of terraform/guard. rename.json is a part of a real plan: a stage with data gets another name."""
import contextlib
import copy
import importlib.machinery
import importlib.util
import io
import json
import os
import re
import subprocess
import sys
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

TERRAFORM = Path(__file__).resolve().parents[2]
RENAME_FILE = Path(__file__).parent / "rename.json"
RENAME = json.loads(RENAME_FILE.read_text())
STORAGE = "module.service.module.storage."


LOADER = importlib.machinery.SourceFileLoader("guard", str(TERRAFORM / "guard"))
PROGRAM = importlib.util.module_from_spec(importlib.util.spec_from_loader("guard", LOADER))
sys.dont_write_bytecode = True
LOADER.exec_module(PROGRAM)


def guard(plan, *arguments, **environment):
    """Runs the guard in this process with a plan, or with the text of one, on its standard input."""
    text = plan if isinstance(plan, str) else json.dumps(plan)
    clean = {name: text for name, text in os.environ.items() if name not in ("ALLOW", "STAGE")}
    out, err = io.StringIO(), io.StringIO()
    with mock.patch.dict(os.environ, clean | environment, clear=True), mock.patch("sys.stdin", io.StringIO(text)):
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = PROGRAM.main(list(arguments))
    return SimpleNamespace(returncode=code, stdout=out.getvalue(), stderr=err.getvalue())


def plan_of(*changes):
    return RENAME | {"resource_changes": list(changes)}


def changed(actions, name, before=None, after=None, **more):
    address = next(c["address"] for c in RENAME["resource_changes"] if c["type"] == name) if not more.get("address") else more["address"]
    change = {"actions": actions, "before": before, "after": after, "after_unknown": more.pop("unknown", {})}
    return {"mode": "managed", "type": name, "address": address, "change": change} | more


def update(name, edit, unknown=None):
    """Returns an update of the rename plan's resource of a type: its settings before the rename, edited."""
    original = next(c for c in RENAME["resource_changes"] if c["type"] == name)
    after = copy.deepcopy(original["change"]["before"])
    edit(after)
    return plan_of(changed(["update"], name, original["change"]["before"], after, unknown=unknown or {}))


class Guard(unittest.TestCase):
    def assert_refused(self, plan, *texts, **environment):
        result = guard(plan, **environment)
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        for text in texts:
            self.assertIn(text, result.stdout)

    def assert_accepted(self, plan, *texts, **environment):
        result = guard(plan, **environment)
        self.assertEqual((result.returncode, result.stderr), (0, ""), result.stdout)
        for text in texts:
            self.assertIn(text, result.stdout)

    def test_rename_refuses_each_protected_resource_and_no_other(self):
        result = guard(RENAME, STAGE="prod")
        self.assertEqual(result.returncode, 1)
        refused = set(re.findall(r"^  (module\S+)$", result.stdout, re.MULTILINE))
        replaced = {c["address"] for c in RENAME["resource_changes"] if c["change"]["actions"] == ["delete", "create"]}
        replaceable = {address for address in replaced if re.search(r"aws_(iam_role|lambda_function)\.", address)}
        self.assertEqual(len(replaceable), 2)
        self.assertEqual(refused, replaced - replaceable)
        self.assertIn("guard: the plan has 0 to create, 1 to update, 18 to replace, 0 to delete, 0 to forget", result.stdout)
        self.assertIn(f"guard: {len(refused)} changes are refused:", result.stdout)
        self.assertIn("remedy: set bucket back to the old value", result.stdout)

    def test_printed_value_of_allow_allows_exactly_what_was_refused(self):
        printed = re.search(r"make plan STAGE=prod ALLOW='(.*)'", guard(RENAME, STAGE="prod").stdout).group(1)
        self.assert_accepted(RENAME, f'allowed by ALLOW: {STORAGE}aws_s3_bucket.this["uploads"]: replace', ALLOW=printed)
        all_but_one = ",".join(entry for entry in printed.split(",") if "dynamodb" not in entry)
        self.assert_refused(RENAME, f"guard: 1 change is refused:\n\n  {STORAGE}aws_dynamodb_table.responses", ALLOW=all_but_one)

    def test_star_in_allow_stands_for_any_characters_and_brackets_for_themselves(self):
        plan = plan_of(changed(["delete"], "aws_s3_bucket", {}))
        self.assert_accepted(plan, ALLOW=f"{STORAGE}aws_s3_bucket.*")
        self.assert_refused(plan, ALLOW=f"{STORAGE}aws_s3_bucket.this")
        self.assert_refused(plan, ALLOW=f'{STORAGE}aws_s3_bucket.this["renditions"]')

    def test_allow_must_name_a_type(self):
        for entry in "*", "module.service.*", "aws_iam_role.this":
            result = guard(RENAME, ALLOW=entry)
            self.assertEqual(result.returncode, 2)
            self.assertIn(f"ALLOW has {entry}: each entry must name a protected resource type", result.stderr)

    def test_unused_entry_of_allow_is_reported(self):
        self.assert_accepted(plan_of(), "note: ALLOW has a.aws_s3_bucket.b, but no such change", ALLOW="a.aws_s3_bucket.b")

    def test_delete_of_each_protected_type_is_refused_with_its_remedy(self):
        for kind, name in classified():
            plan = plan_of(changed(["delete"], name, {}, address=f"{name}.a", action_reason="delete_because_no_resource_config"))
            if kind == "protected":
                self.assert_refused(plan, f"  {name}.a\n    delete (delete because no resource config)\n", "remedy: restore its block, or write a moved block")
            else:
                self.assert_accepted(plan, "1 to delete")

    def test_create_before_destroy_tainted_and_deposed_objects_are_refused(self):
        table = "aws_dynamodb_table"
        self.assert_refused(plan_of(changed(["create", "delete"], table, {}, action_reason="replace_because_tainted")), "terraform untaint '" + STORAGE)
        self.assert_refused(plan_of(changed(["delete"], table, {}, deposed="1a2b")), "delete of the deposed object 1a2b")
        self.assert_refused(plan_of(changed(["delete"], table, {})), 'section "Delete a stage"')

    def test_forget_and_a_kept_log_group_are_reported_but_not_refused(self):
        self.assert_accepted(plan_of(changed(["forget"], "aws_dynamodb_table", {})), "not deleted: module.service", "1 to forget")
        self.assert_accepted(plan_of(changed(["delete"], "aws_cloudwatch_log_group", {"skip_destroy": True})), "skip_destroy keeps the log group")
        self.assert_refused(plan_of(changed(["delete"], "aws_cloudwatch_log_group", {"skip_destroy": False})))

    def test_new_move_import_and_rotation_of_the_secret_are_accepted(self):
        self.assert_accepted(plan_of(changed(["create"], "aws_dynamodb_table", None, {})))
        self.assert_accepted(plan_of(changed(["no-op"], "aws_s3_bucket", {}, {}, previous_address="aws_s3_bucket.old")))
        self.assert_accepted(update("aws_ssm_parameter", lambda after: after.update(value_wo_version=2)))
        adopted = {"deletion_protection_enabled": False, "point_in_time_recovery": [{"enabled": False}]}
        protected = {"deletion_protection_enabled": True, "point_in_time_recovery": [{"enabled": True}]}
        self.assert_accepted(plan_of(changed(["update"], "aws_dynamodb_table", adopted, protected)))

    def test_unchanged_settings_of_each_type_are_accepted(self):
        for change in RENAME["resource_changes"]:
            if change["change"]["actions"] == ["delete", "create"]:
                self.assert_accepted(update(change["type"], lambda after: after.update(tags={"team": "x"})))

    def test_update_that_weakens_protection_is_refused(self):
        def statements(after, edit):
            policy = json.loads(after["policy"])
            edit(policy["Statement"])
            after["policy"] = json.dumps(policy)

        def expire(after, **rule):
            after["rule"][1].update(rule)

        block = "aws_s3_bucket_public_access_block"
        cases = [
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
        for name, edit, text in cases:
            with self.subTest(name, text=text):
                self.assert_refused(update(name, edit), text, "remedy: restore ")

    def test_notification_of_another_party_in_an_adopted_bucket_is_refused(self):
        ours = {"queue": [{"id": "uploads", "queue_arn": "arn:aws:sqs:eu-central-1:123456789012:uploads"}], "topic": [], "lambda_function": [], "eventbridge": False}
        empty = ours | {"queue": []}
        handler = "arn:aws:lambda:eu-central-1:123456789012:function:old-app-dev-handle_s3_event"
        cases = [
            ({"lambda_function": [{"id": "1", "lambda_function_arn": handler}]}, f"the events to {handler}"),
            ({"topic": [{"id": "1", "topic_arn": "arn:aws:sns:eu-central-1:123456789012:old"}]}, "the events to arn:aws:sns:"),
            ({"queue": [{"id": "1", "queue_arn": "arn:aws:sqs:eu-central-1:123456789012:old"}]}, "the events to arn:aws:sqs:"),
            ({"eventbridge": True}, "the events to EventBridge"),
        ]
        for foreign, text in cases:
            with self.subTest(text):
                plan = plan_of(changed(["update"], "aws_s3_bucket_notification", empty | foreign, ours))
                plan["resource_changes"][0]["change"]["importing"] = {"id": "chalice-videos"}
                self.assert_refused(plan, text, "remedy: follow docs/runbooks/adopt.md")
        plan = plan_of(changed(["update"], "aws_s3_bucket_notification", empty, ours))
        plan["resource_changes"][0]["change"]["importing"] = {"id": "chalice-videos"}
        self.assert_accepted(plan)

    def test_update_of_a_type_that_no_stage_has_yet_is_refused(self):
        encryption = [[{"apply_server_side_encryption_by_default": [{"sse_algorithm": name}]}] for name in ("aws:kms", "AES256")]
        cases = [
            ("aws_kms_key", {"is_enabled": True}, {"is_enabled": False}),
            ("aws_cognito_user_pool", {"deletion_protection": "ACTIVE"}, {"deletion_protection": "INACTIVE"}),
            ("aws_cloudwatch_log_group", {"skip_destroy": True}, {"skip_destroy": False}),
            ("aws_cloudwatch_log_group", {"retention_in_days": 0}, {"retention_in_days": 3653}),
            ("aws_sqs_queue", {"policy": "{}"}, {"policy": ""}),
            ("aws_s3_bucket_server_side_encryption_configuration", {"rule": encryption[0]}, {"rule": encryption[1]}),
        ]
        for name, before, after in cases:
            with self.subTest(name, before=before):
                self.assert_refused(plan_of(changed(["update"], name, before, after, address="a.b")))
                self.assert_accepted(plan_of(changed(["update"], name, after, before, address="a.b")))

    def test_stricter_updates_are_accepted(self):
        def widen(after):
            policy = json.loads(after["policy"])
            policy["Statement"][0]["Action"] = ["s3:DeleteBucket", "s3:PutBucketPolicy"]
            policy["Statement"].insert(0, {"Sid": "New", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObjectAcl", "Resource": "*"})
            after["policy"] = json.dumps(policy)

        self.assert_accepted(update("aws_s3_bucket_policy", widen))
        self.assert_accepted(update("aws_s3_bucket_lifecycle_configuration", lambda a: a["rule"].pop()))
        self.assert_accepted(update("aws_cloudwatch_log_group", lambda a: a.update(retention_in_days=0)))

    def test_a_protection_that_is_known_only_after_the_apply_is_refused(self):
        self.assert_refused(update("aws_s3_bucket_policy", lambda a: a.pop("policy"), unknown={"policy": True}), "DenyDeleteBucket")
        self.assert_refused(update("aws_cloudwatch_log_group", lambda a: a.pop("retention_in_days"), unknown={"retention_in_days": True}))
        # A queue's policy may name a resource that is replaced. It stays a policy.
        self.assert_accepted(update("aws_sqs_queue", lambda a: a.pop("policy"), unknown={"policy": True}))

    def test_data_sources_are_ignored(self):
        source = changed(["delete"], "aws_s3_bucket", {}) | {"mode": "data"}
        self.assert_accepted(plan_of(source), "0 to delete")

    def test_what_is_not_a_finished_plan_is_refused_with_a_hint(self):
        hint = "give it the output of terraform show -json PLAN"
        for text, error in [
            ("", f"standard input is not JSON; {hint}"),
            ("[]", f"standard input is not a plan; {hint}"),
            ('{"format_version": "1.0", "values": {}}', f"standard input is not a plan; {hint}"),
            (RENAME | {"format_version": "2.0"}, "has plan format 2.0, but only format 1 is known"),
            (RENAME | {"errored": True}, "is incomplete, because terraform plan failed"),
        ]:
            result = guard(text)
            self.assertEqual((result.returncode, result.stdout), (2, ""))
            self.assertIn(error, result.stderr)
        self.assertIn("cannot read nowhere.json: No such file", guard("", "nowhere.json").stderr)
        self.assertIn("usage: ", guard("", "--help").stderr)

    def test_program_reads_a_file_and_exits_with_the_result(self):
        result = subprocess.run([TERRAFORM / "guard", RENAME_FILE], capture_output=True, text=True, check=False)
        self.assertEqual((result.returncode, result.stderr), (1, ""))

    def test_each_resource_type_in_the_code_is_protected_or_replaceable(self):
        known = [name for _, name in classified()]
        self.assertEqual(len(known), len(set(known)), "a type is listed twice")
        used = {name for file in TERRAFORM.rglob("*.tf") for name in re.findall(r'^\s*resource\s+"(\w+)"', file.read_text(), re.MULTILINE)}
        self.assertIn("aws_dynamodb_table", used)
        unknown = sorted(used - set(known))
        self.assertEqual(unknown, [], "add each type to PROTECTED of terraform/guard if a delete loses something, else to REPLACEABLE")


def classified():
    return [line.split() for line in guard("", "--types").stdout.splitlines()]


if __name__ == "__main__":
    unittest.main()
