"""Tests of terraform/package, without a build."""
import base64
import hashlib
import importlib.util
import json
import os
import shutil
import tempfile
import unittest
import zipfile
from importlib.machinery import SourceFileLoader
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "package"
package = importlib.util.module_from_spec(importlib.util.spec_from_loader("package", SourceFileLoader("package", str(SCRIPT))))
package.__loader__.exec_module(package)

ARM64 = b"\x7fELF" + bytes(14) + (183).to_bytes(2, "little") + b"the program" * 1000
X86_64 = b"\x7fELF" + bytes(14) + (62).to_bytes(2, "little")


class Pack(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def program(self, name, data, mtime, mode):
        path = self.folder / name
        path.write_bytes(data)
        path.chmod(mode)
        os.utime(path, (mtime, mtime))
        return path

    def test_equal_programs_give_equal_zips(self):
        first = self.program("first", ARM64, 1_000_000_000, 0o755)
        second = self.program("second", ARM64, 1_700_000_000, 0o600)
        package.pack({"api": first}, self.folder / "a")
        package.pack({"api": second}, self.folder / "b")
        self.assertEqual((self.folder / "a/api.zip").read_bytes(), (self.folder / "b/api.zip").read_bytes())

    def test_zip_has_one_executable_bootstrap(self):
        package.pack({"api": self.program("api", ARM64, 1, 0o600)}, self.folder / "out")
        with zipfile.ZipFile(self.folder / "out/api.zip") as archive:
            (entry,) = archive.infolist()
            self.assertEqual((entry.filename, entry.external_attr >> 16, entry.date_time[0]), ("bootstrap", 0o100755, 1980))
            self.assertEqual(archive.read("bootstrap"), ARM64)

    def test_hashes_are_those_of_filebase64sha256(self):
        out = self.folder / "out"
        package.pack({"api": self.program("api", ARM64, 1, 0o755), "on_job": self.program("on_job", ARM64 + b"2", 1, 0o755)}, out)
        expected = {name: base64.b64encode(hashlib.sha256((out / f"{name}.zip").read_bytes()).digest()).decode() for name in ["api", "on_job"]}
        self.assertEqual(json.loads((out / "packages.json").read_text()), expected)

    def test_program_of_another_architecture_is_refused(self):
        with self.assertRaisesRegex(SystemExit, "arm64"):
            package.pack({"api": self.program("api", X86_64, 1, 0o755)}, self.folder / "out")

    def test_copies_are_complete_and_unchanged(self):
        source, copies = self.folder / "source", package.ROOT / ".local/test-package"
        self.addCleanup(shutil.rmtree, copies, ignore_errors=True)
        programs = {name: self.program(name, ARM64 + name.encode(), 1, 0o755) for name in package.FUNCTIONS}
        with self.assertRaisesRegex(SystemExit, "make package"):
            package.copy(source, copies)
        package.pack({"api": programs["api"]}, source)
        with self.assertRaisesRegex(SystemExit, "no package of on_upload, on_job, reconcile: .*make package"):
            package.copy(source, copies)
        hashes = package.pack(programs, source)
        package.copy(source, copies)
        variables = json.loads((copies / "packages.tfvars.json").read_text())["packages"]
        self.assertEqual(variables, {"folder": "../../../.local/test-package", "sha256": hashes})
        self.assertEqual((copies / "on_job.zip").read_bytes(), (source / "on_job.zip").read_bytes())
        (source / "on_job.zip").write_bytes(b"another build")
        with self.assertRaisesRegex(SystemExit, "on_job.zip is not the one"):
            package.copy(source, copies)


if __name__ == "__main__":
    unittest.main()
