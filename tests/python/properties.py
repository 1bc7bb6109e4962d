"""Property test: requests generated from the published description, the same in each run.

A 5xx or an undescribed answer fails. Reads {api_url, token, uploads: [{project, step, take, token}]}. Half of the
requests for an upload use a real upload and its token, because generated ones do not get past the token's check.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

SEED = 20240517
EXAMPLES = 25
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
]


def hooks(uploads):
    """Registers Schemathesis's hook, which runs before each request; Schemathesis imports this file for it."""
    import schemathesis

    turn = iter(range(sys.maxsize))

    @schemathesis.hook
    def before_call(context, case, kwargs):
        parameters = case.path_parameters or {}
        number = next(turn)
        if "take" in parameters and number % 2:
            upload = uploads[number // 2 % len(uploads)]
            for name in ("project", "step", "take"):
                case.path_parameters[name] = upload[name]
            case.headers["upload-token"] = upload["token"]


def main():
    given = json.load(sys.stdin)
    here = pathlib.Path(__file__).resolve()
    command = [
        str(pathlib.Path(sys.executable).with_name("schemathesis")),
        "--no-color",
        "run",
        str(here.parents[2] / "schemas" / "openapi.json"),
        "--url", given["api_url"],
        "--header", f"Authorization: Bearer {given['token']}",
        "--checks", ",".join(CHECKS),
        "--seed", str(SEED),
        "--generation-database", "none",
        "--max-examples", str(EXAMPLES),
        "--phases", "examples,coverage,fuzzing",
        "--request-timeout", "30",
        "--output-truncate", "false",
        "--continue-on-failure",
        "--warnings", "off",
    ]
    environment = os.environ | {"SCHEMATHESIS_HOOKS": here.stem, "UPLOADS": json.dumps(given["uploads"])}
    environment["PYTHONPATH"] = str(here.parent)
    # Schemathesis stores its findings in the working folder and would start the next run with them.
    with tempfile.TemporaryDirectory() as folder:
        ended = subprocess.run(command, env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    text = ended.stdout.decode(errors="replace").replace(given["token"], "…")
    print(text, file=sys.stderr if ended.returncode else sys.stdout)
    sys.exit(ended.returncode)


if __name__ == "__main__":
    main()
elif "UPLOADS" in os.environ:
    hooks(json.loads(os.environ["UPLOADS"]))
