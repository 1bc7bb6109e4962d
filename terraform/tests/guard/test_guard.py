"""Tests of terraform/guard."""
import contextlib
import importlib.machinery
import importlib.util
import io
import json
import os
import re
import subprocess
import sys
import unittest
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from updates import KEY, RENAME, RENAME_FILE, SETTINGS, edited, stricter, ttl, weakenings

TERRAFORM = Path(__file__).resolve().parents[2]
STORAGE = "module.service.module.storage."

LOADER = importlib.machinery.SourceFileLoader("guard", str(TERRAFORM / "guard"))
PROGRAM = importlib.util.module_from_spec(importlib.util.spec_from_loader("guard", LOADER))
sys.dont_write_bytecode = True
sys.path.insert(0, str(TERRAFORM))  # guard imports guard_rules from its own folder
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
    return plan_of(changed(["update"], *edited(name, edit), unknown=unknown or {}))


def updated(name, before, after, **more):
    """Returns an update of a resource that the rename plan does not have."""
    return plan_of(changed(["update"], name, before, after, address=f"{name}.a", **more))


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
        for entry in "*", "module.service.*", "aws_lambda_function.this", "aws_unknown.this":
            result = guard(RENAME, ALLOW=entry)
            self.assertEqual(result.returncode, 2)
            self.assertIn(f"ALLOW has {entry}: each entry must name a protected resource type", result.stderr)

    def test_allow_may_name_a_type_of_which_only_updates_are_refused(self):
        plan = updated("aws_iam_role", {"permissions_boundary": "arn:aws:iam::123456789012:policy/a"}, {})
        self.assert_refused(plan, "ALLOW=aws_iam_role.a")
        self.assert_accepted(plan, "allowed by ALLOW: aws_iam_role.a: update of permissions_boundary", ALLOW="aws_iam_role.a")

    def test_unused_entry_of_allow_is_reported(self):
        self.assert_accepted(plan_of(), "note: ALLOW has a.aws_s3_bucket.b, but no such change", ALLOW="a.aws_s3_bucket.b")

    def test_delete_of_each_type_that_is_not_harmless_is_refused_with_its_remedy(self):
        self.assertEqual({kind for kind, _ in classified()}, {"data", "protects", "harmless"})
        for kind, name in classified():
            plan = plan_of(changed(["delete"], name, {}, address=f"{name}.a", action_reason="delete_because_no_resource_config"))
            if kind != "harmless":
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
        for name, before, after, text in weakenings():
            with self.subTest(name, text=text, after=after):
                self.assert_refused(updated(name, before, after), text, "remedy: restore ")

    def test_each_check_is_the_only_one_that_refuses_some_update(self):
        for name, rule in PROGRAM.RULES.items():
            found = [[check for check in rule.checks if list(check(before, after))] for other, before, after, _ in weakenings() if other == name]
            for number, check in enumerate(rule.checks):
                self.assertIn([check], found, f"no update of {name} fails because of its check {number} alone")

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

    def test_stricter_updates_are_accepted(self):
        for name, before, after in stricter():
            with self.subTest(name, after=after):
                self.assert_accepted(updated(name, before, after))

    def test_reverse_of_an_update_of_one_setting_is_accepted(self):
        for name, before, after, _ in SETTINGS:
            with self.subTest(name, after=after):
                self.assert_accepted(updated(name, after, before))

    def test_a_protection_that_is_known_only_after_the_apply_is_refused(self):
        self.assert_refused(update("aws_s3_bucket_policy", lambda a: a.pop("policy"), unknown={"policy": True}), "DenyDeleteBucket")
        self.assert_refused(update("aws_cloudwatch_log_group", lambda a: a.pop("retention_in_days"), unknown={"retention_in_days": True}))
        self.assert_refused(update("aws_sqs_queue", lambda a: a.pop("policy"), unknown={"policy": True}), "the limits of the policy")
        self.assert_refused(update("aws_s3_bucket_lifecycle_configuration", lambda a: a.pop("rule"), unknown={"rule": True}), "deletes earlier")
        self.assert_refused(update("aws_s3_bucket_notification", lambda a: a.pop("queue"), unknown={"queue": True}), "the events to arn:aws:sqs:")
        self.assert_refused(update("aws_sqs_queue_redrive_policy", lambda a: a.pop("redrive_policy"), unknown={"redrive_policy": True}), "the retries")

    def test_other_settings_that_are_known_only_after_the_apply_are_accepted(self):
        nested = {"point_in_time_recovery": [{"recovery_period_in_days": True}]}
        self.assert_accepted(update("aws_dynamodb_table", lambda a: a["point_in_time_recovery"][0].pop("recovery_period_in_days"), nested))
        encrypted = {"server_side_encryption": [{"enabled": True, "kms_key_arn": KEY}]}
        other_key = {"server_side_encryption": [{"enabled": True}]}
        self.assert_accepted(updated("aws_dynamodb_table", encrypted, other_key, unknown={"server_side_encryption": [{"kms_key_arn": True}]}))

    def test_adoption_of_a_table_with_another_ttl_is_refused_with_the_runbook(self):
        adopted = changed(["update"], "aws_dynamodb_table", {"ttl": []}, {"ttl": ttl("ExpiresAt")})
        adopted["change"]["importing"] = {"id": "responses"}
        self.assert_refused(plan_of(adopted), "past time in its attribute ExpiresAt", "remedy: follow docs/runbooks/adopt.md")

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

    def test_each_resource_type_in_the_code_has_a_rule(self):
        known = [name for _, name in classified()]
        used = {name for file in TERRAFORM.rglob("*.tf") for name in re.findall(r'^\s*resource\s+"(\w+)"', file.read_text(), re.MULTILINE)}
        self.assertIn("aws_dynamodb_table", used)
        unknown = sorted(used - set(known))
        self.assertEqual(unknown, [], "add each type to RULES of terraform/guard_rules.py, as data, protects or harmless")
        listed = Counter(re.findall(r"\baws_\w+", (TERRAFORM / "guard_rules.py").read_text()))
        self.assertEqual([name for name, times in listed.items() if times > 1], [], "list each type once")

    def test_change_of_an_unknown_type_is_noted(self):
        self.assert_accepted(plan_of(changed(["delete"], "aws_efs_file_system", {}, address="aws_efs_file_system.a")), "aws_efs_file_system, a type without a rule")
        created = changed(["create"], "aws_efs_file_system", {}, address="aws_efs_file_system.a")
        self.assertNotIn("without a rule", guard(plan_of(created)).stdout)


def classified():
    return [line.split() for line in guard("", "--types").stdout.splitlines()]


if __name__ == "__main__":
    unittest.main()
