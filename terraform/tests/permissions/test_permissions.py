"""Tests of terraform/permissions: it notices a permission that no code uses, and a call that no permission allows."""
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

TERRAFORM = Path(__file__).resolve().parents[2]
STATEMENTS = TERRAFORM / "modules/service/tests/permissions.json"


def check(change):
    """Returns what --check prints for statements after a change."""
    statements = json.loads(STATEMENTS.read_text())
    change(statements["functions"])
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(statements, file)
        file.flush()
        command = [TERRAFORM / "permissions", "--check"]
        return subprocess.run(command, env=os.environ | {"PERMISSIONS_JSON": file.name}, capture_output=True, text=True).stderr


class Permissions(unittest.TestCase):
    def test_unused_permission(self):
        def change(functions):
            functions["on_upload"]["ReadWriteResponses"]["actions"].append("dynamodb:DeleteItem")

        self.assertIn("no code of on_upload calls dynamodb:DeleteItem", check(change))

    def test_missing_permission(self):
        def change(functions):
            functions["reconcile"]["DeleteUploads"]["actions"].remove("s3:AbortMultipartUpload")

        self.assertIn("abort, which reconcile reaches, calls s3 AbortMultipartUpload, but the role does not allow it", check(change))

    def test_missing_index(self):
        def change(functions):
            functions["api"]["QueryResponses"]["resources"][1] += "Typo"

        self.assertIn("no code of api calls dynamodb:Query on", check(change))

    def test_stale_page(self):
        def change(functions):
            functions["api"]["SignPlayback"]["resources"] = ["arn:aws:s3:::id-of-renditions/*"]

        self.assertIn("docs/permissions.md is stale", check(change))

    def test_current_page(self):
        self.assertEqual(check(lambda functions: None), "")


if __name__ == "__main__":
    unittest.main()
