"""Tests of terraform/docs, on a copy of it in a small tree."""
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
SECTION = "<!-- terraform/docs: . -->\n<!-- terraform/docs: end -->\n"

SIZE = """variable "size" {
  description = "Size of a \\"file\\" | at most {5} of <name> and `a*b`, *never* 0."
  type        = number # bytes
  default     = 1

  validation {
    condition     = var.size > 0 && length("${join("}", ["}"])}") > 0
    error_message = "size must be greater than 0: } and { are text."
  }
}
"""

UPLOAD = """variable "upload" {
  description = <<-EOT
    Limits of an upload,
    in bytes and minutes.
  EOT
  type = list(object({
    # At most 5 TiB.
    max_bytes = optional(number, 2147483648)
    minutes   = optional(number, 60)
    condition = map(map(string))
    owner     = object({ name = string })
  }))
}

/* No variable "hidden" {} here. */
variable "tags" {
  description = "Tags."
  type        = map(string)
  default = {
    service = "responses"
    team    = "video"
  }
}
"""


class DocsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = Path(folder.name) / "terraform"
        for each in ("modules/service", "stage"):
            (self.tree / each).mkdir(parents=True)
            self.write(f"{each}/variables.tf", SIZE)
        self.write("modules/service/README.md", "# service\n\n" + SECTION)
        # The tree has none of the exceptions.
        self.write("docs", re.sub(r"^NOT_IN_STAGE = \{.*?^\}", "NOT_IN_STAGE = {}", DOCS.read_text(), flags=re.DOTALL | re.MULTILINE))

    def write(self, path, text):
        (self.tree / path).write_text(text)

    def docs(self, *arguments):
        result = subprocess.run([sys.executable, self.tree / "docs", *arguments], capture_output=True, text=True)
        return result.returncode, result.stdout + result.stderr

    def test_table_shows_each_variable_and_output(self):
        self.write("modules/service/variables.tf", SIZE + UPLOAD)
        self.write("stage/variables.tf", SIZE + UPLOAD)
        self.write("modules/service/outputs.tf", 'output "url" {\n  description = "URL."\n  value       = "https://${var.size}/{x}"\n}\n')
        self.assertEqual(self.docs(), (0, "wrote terraform/modules/service/README.md\n"))
        self.assertEqual(
            (self.tree / "modules/service/README.md").read_text(),
            """# service

<!-- terraform/docs: . -->
| input | description | type | default | required |
|---|---|---|---|---|
| `upload` | Limits of an upload, in bytes and minutes. | `list(object({ max_bytes?, minutes?, condition, owner }))` |  | yes |
| `size` | Size of a "file" \\| at most {5} of &lt;name> and `a*b`, \\*never\\* 0. | `number` | `1` | no |
| `tags` | Tags. | `map(string)` | `{…}` | no |

`?` marks an optional attribute of a long type; the folder's `variables.tf` has the whole type.

| output | description |
|---|---|
| `url` | URL. |
<!-- terraform/docs: end -->
""",
        )
        self.assertEqual(self.docs("--check"), (0, ""))

    def test_stale_table_fails_and_names_the_remedy(self):
        before = (self.tree / "modules/service/README.md").read_text()
        status, text = self.docs("--check")
        self.assertEqual((status, text), (1, "terraform/docs: terraform/modules/service/README.md is stale: run terraform/docs and commit the result\n"))
        self.assertEqual((self.tree / "modules/service/README.md").read_text(), before)

    def test_conflict_between_the_markers_is_resolved(self):
        self.docs()
        good = (self.tree / "modules/service/README.md").read_text()
        self.write("modules/service/README.md", good.replace("| `size`", "<<<<<<< main\n| `size`"))
        self.docs()
        self.assertEqual((self.tree / "modules/service/README.md").read_text(), good)

    def test_readme_without_tables_fails(self):
        self.write("modules/service/README.md", "# service\n")
        status, text = self.docs("--check")
        self.assertEqual(status, 1)
        self.assertIn("terraform/modules/service/README.md has no tables: add the lines", text)

    def test_stage_must_declare_what_the_service_does(self):
        for text, problem in (
            ("", "variable size is not in terraform/stage/variables.tf"),
            (SIZE.replace("default     = 1", "default     = 2"), "default of variable size differs from modules/service: 2 instead of 1"),
            (SIZE.replace("= number", "= string"), "type of variable size differs from modules/service: string instead of number"),
            (SIZE.replace("never", "always"), "description of variable size differs from modules/service"),
            (SIZE.replace("  description", "  nullable = false\n  # description").replace("= number", "= number"), "variable size has no description"),
        ):
            with self.subTest(problem):
                self.write("stage/variables.tf", text)
                status, output = self.docs()
                self.assertEqual(status, 1)
                self.assertIn(problem, output)

    def test_stage_may_leave_the_default_to_the_module(self):
        for default in ("default     = null", ""):
            self.write("stage/variables.tf", SIZE.replace("default     = 1", default))
            self.assertEqual(self.docs()[0], 0)

    def test_unknown_syntax_is_refused(self):
        for text, problem in (('variable "a" {\n  type = @\n}\n', "variables.tf:2: cannot read '@"), ('variable "a" {\n  type = (1\n}\n', "is not closed")):
            self.write("modules/service/variables.tf", text)
            status, output = self.docs()
            self.assertEqual(status, 1)
            self.assertIn(problem, output)


if __name__ == "__main__":
    unittest.main()
