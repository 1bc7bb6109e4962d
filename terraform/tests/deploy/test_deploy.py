"""Tests of terraform/deploy with a `terraform` that records its arguments and writes the plan."""
import base64
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

TERRAFORM = Path(__file__).resolve().parents[2]

RECORDER = """#!/usr/bin/env bash
if [[ $1 == version ]]; then printf 'Terraform v1.11.4\\non linux_amd64\\n'; exit; fi
printf '%s\\n' "TF_DATA_DIR=${TF_DATA_DIR:-}" "$@" end >>"$RECORD"
for argument in "$@"; do
  case $argument in
    -out=*) printf 'a plan' >"${argument#-out=}" ;;
    output) printf 'responses-dev-state-123456789012' ;;
  esac
done
"""


class Deploy(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name).resolve()
        (self.root / "terraform/stages/dev").mkdir(parents=True)
        (self.root / "terraform/stages/bootstrap").mkdir()
        for name in ["deploy", "init", "package"]:
            shutil.copy(TERRAFORM / name, self.root / "terraform" / name)
        for stage in ["dev", "bootstrap"]:
            shutil.copy(TERRAFORM / "stage/versions.tf", self.root / "terraform/stages" / stage)
        self.stage = self.root / "terraform/stages/dev"
        self.program("bin/terraform", RECORDER)
        self.guard(0)

    def program(self, name, text):
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def guard(self, status):
        self.program("terraform/guard", f"#!/bin/sh\nexit {status}\n")

    def configure(self, variables=""):
        (self.stage / "dev.tfvars").write_text('region     = "eu-central-1"\naccount_id = "123456789012"\n' + variables)
        (self.stage / "backend.hcl").write_text('bucket = "state"\nregion = "eu-central-1"\n')

    def packages(self):
        folder = self.root / "target/packages"
        folder.mkdir(parents=True)
        for name in ["api", "on_upload", "on_job", "reconcile"]:
            (folder / f"{name}.zip").write_text(name)
        hashes = {path.stem: base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode() for path in folder.glob("*.zip")}
        (folder / "packages.json").write_text(json.dumps(hashes))
        return hashes

    def deploy(self, *arguments, **environment):
        """Runs the script. Returns its exit code, what it printed, and the arguments of each call of terraform."""
        record = self.root / "record"
        record.write_text("")
        path = f"{self.root / 'bin'}:{os.environ['PATH']}"
        inherited = {name: value for name, value in os.environ.items() if name in ("HOME", "LANG")}
        result = subprocess.run(
            [self.root / "terraform/deploy", *arguments], env=inherited | {"PATH": path, "RECORD": str(record)} | environment, capture_output=True, text=True
        )
        calls = [call.splitlines() for call in record.read_text().split("\nend\n") if call]
        return result.returncode, result.stdout + result.stderr, calls

    def assert_refused(self, sentence, *arguments, **environment):
        code, printed, calls = self.deploy(*arguments, **environment)
        self.assertEqual((code, calls), (1, []), printed)
        self.assertIn(sentence, printed)

    def test_each_missing_input_is_named(self):
        self.assert_refused("the first argument must be", "destroy", STAGE="dev")
        self.assert_refused("STAGE is missing", "plan")
        self.assert_refused("there is no such stage", "plan", STAGE="production")
        self.assert_refused("use make up", "plan", STAGE="local")
        self.assert_refused("dev.tfvars is missing", "plan", STAGE="dev")
        self.assert_refused("2 to 39 characters", "plan", STAGE="dev", NAME="../prod")
        self.configure()
        self.assert_refused("run `make package`", "plan", STAGE="dev")
        self.assert_refused("use destroy or refresh-only", "plan", STAGE="dev", MODE="apply")
        self.packages()
        (self.stage / "backend.hcl").write_text('bucket = "state"\n')
        self.assert_refused("does not set region", "plan", STAGE="dev")
        (self.stage / "backend.hcl").unlink()
        self.assert_refused("make bootstrap STAGE=dev", "plan", STAGE="dev")
        self.assert_refused("there is no plan", "apply", STAGE="dev")

    def test_plan_uses_copies_of_the_packages_and_apply_uses_the_plan(self):
        self.configure()
        hashes = self.packages()
        code, printed, (init, plan, _show) = self.deploy("plan", STAGE="dev")
        self.assertEqual(code, 0, printed)
        work = self.root / ".local/plans/dev/responses-dev"
        self.assertEqual(
            plan,
            ["TF_DATA_DIR=", "-chdir=terraform/stages/dev", "plan", "-input=false", "-lock-timeout=60s", f"-out={work}/new"]
            + [f"-var-file={work}/packages/packages.tfvars.json", f"-var-file={self.stage}/dev.tfvars"],
        )
        self.assertIn(f"-backend-config={self.stage}/backend.hcl", init)
        self.assertFalse([argument for argument in init if "key=" in argument])
        variables = json.loads((work / "packages/packages.tfvars.json").read_text())["packages"]
        self.assertEqual(variables, {"folder": "../../../.local/plans/dev/responses-dev/packages", "sha256": hashes})
        self.assertEqual(((work / "plan").stat().st_mode & 0o777, work.stat().st_mode & 0o777), (0o600, 0o700))

        code, printed, (again, apply) = self.deploy("apply", STAGE="dev")
        self.assertEqual(code, 0, printed)
        self.assertEqual(again, init)
        self.assertEqual(apply, ["TF_DATA_DIR=", "-chdir=terraform/stages/dev", "apply", "-input=false", "-lock-timeout=60s", f"{work}/plan"])
        self.assert_refused("there is no plan", "apply", STAGE="dev")

    def test_name_has_its_own_state_and_plan(self):
        self.configure()
        self.packages()
        code, printed, (init, plan, _show) = self.deploy("plan", STAGE="dev", NAME="responses-pr-12")
        self.assertEqual(code, 0, printed)
        work = self.root / ".local/plans/dev/responses-pr-12"
        self.assertIn("-backend-config=key=responses/dev/responses-pr-12.tfstate", init)
        self.assertEqual((init[0], plan[0], plan[-2:]), (f"TF_DATA_DIR={work}/data", f"TF_DATA_DIR={work}/data", ["-var", "name=responses-pr-12"]))
        self.assertTrue((work / "plan").is_file())
        self.assert_refused("there is no plan", "apply", STAGE="dev")

    def test_second_stack_adopts_nothing(self):
        self.configure('adopt = { table = "Chalice.Responses" }\n')
        self.packages()
        self.assert_refused("dev.tfvars sets adopt", "plan", STAGE="dev", NAME="responses-pr-12")

    def test_refused_plan_cannot_be_applied(self):
        self.configure()
        self.packages()
        self.assertEqual(self.deploy("plan", STAGE="dev")[0], 0)
        self.guard(1)
        code, printed, _calls = self.deploy("plan", STAGE="dev")
        self.assertEqual(code, 1)
        self.assertIn("the plan is refused", printed)
        self.assert_refused("there is no plan", "apply", STAGE="dev")

    def test_packages_are_not_needed_in_a_bucket_or_to_destroy(self):
        self.configure('packages = { s3 = { bucket = "releases", prefix = "1.4.0" }, sha256 = {} }\n')
        code, printed, (_init, plan, _show) = self.deploy("plan", STAGE="dev")
        self.assertEqual((code, plan[-1]), (0, f"-var-file={self.stage}/dev.tfvars"), printed)
        self.configure()
        for mode in ["destroy", "refresh-only"]:
            code, printed, (_init, plan, _show) = self.deploy("plan", STAGE="dev", MODE=mode)
            self.assertEqual((code, plan[-2:]), (0, [f"-{mode}", f"-var-file={self.stage}/dev.tfvars"]), printed)

    def test_bootstrap_writes_the_backend_settings(self):
        self.configure()
        (self.stage / "backend.hcl").unlink()
        code, printed, (init, apply, _output) = self.deploy("bootstrap", STAGE="dev")
        self.assertEqual(code, 0, printed)
        self.assertIn(f"-backend-config=path={self.root}/.local/bootstrap/dev/terraform.tfstate", init)
        self.assertEqual(apply[-8:], ["-var", "stage=dev", "-var", "region=eu-central-1", "-var", "account_id=123456789012", "-var", "existing=false"])
        self.assertEqual((self.stage / "backend.hcl").read_text(), 'bucket = "responses-dev-state-123456789012"\nregion = "eu-central-1"\n')


if __name__ == "__main__":
    unittest.main()
