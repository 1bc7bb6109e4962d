"""Checks the runbooks' commands against the AWS CLI's grammar. Reads {runbooks}: each runbook's text by its name.

Each `aws SERVICE OPERATION --options` of an `sh` block is checked against botocore's models, which the CLI uses: the
service, the operation, the options and the required ones, the values of enumerations, and the path of `--query` in the
answer. It needs no network and no credentials.
"""

import json
import re
import shlex
import sys

import jmespath
from botocore import xform_name
from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.model import OperationNotFoundError
from botocore.session import get_session

# The CLI's (version 2) global options, and whether each takes a value.
GLOBAL = {
    "--ca-bundle": True,
    "--cli-auto-prompt": False,
    "--cli-binary-format": True,
    "--cli-connect-timeout": True,
    "--cli-read-timeout": True,
    "--color": True,
    "--debug": False,
    "--endpoint-url": True,
    "--no-cli-auto-prompt": False,
    "--no-cli-pager": False,
    "--no-paginate": False,
    "--no-sign-request": False,
    "--no-verify-ssl": False,
    "--output": True,
    "--profile": True,
    "--query": True,
    "--region": True,
}
ALLOWED = {
    "--cli-binary-format": {"base64", "raw-in-base64-out"},
    "--output": {"json", "text", "table", "yaml", "yaml-stream", "off"},
}
# The CLI's options for paginated operations.
PAGES = {"--max-items": True, "--page-size": True, "--starting-token": True}
# Services that have another name in the API, and the number of positional arguments.
SERVICES = {"s3api": "s3"}
POSITIONAL = {("lambda", "invoke"): 1}

# Words that precede a command, as a separator does.
BEFORE = {"!", "do", "elif", "else", "if", "then", "time", "until", "while"}
SEPARATORS = "();|&<>\n"

session = get_session()


def blocks(text):
    """Yields each `sh` block without comments and with continued lines joined."""
    for block in re.findall(r"^ *```sh\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL):
        lines = [line for line in block.splitlines() if not line.lstrip().startswith("#")]
        yield re.sub(r"\\\n\s*", "", "\n".join(lines))


def commands(block):
    """Yields the words of each command of a block, as a shell splits them; variables are not expanded."""
    lexer = shlex.shlex(block, posix=True, punctuation_chars=SEPARATORS)
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t", True, ""
    command = []
    for word in [*lexer, "\n"]:
        if word and set(word) <= set(SEPARATORS):
            yield command
            command = []
        elif command or not (word in BEFORE or re.match(r"\w+=", word)):
            command.append(word)


def problems_of(words):
    """Returns the problems of an `aws` command with these words."""
    if len(words) < 2:
        return ["names no operation"]
    service, operation = words[0], words[1]
    try:
        model = session.get_service_model(SERVICES.get(service, service))
        names = {xform_name(name, "-"): name for name in model.operation_names}
        shape = model.operation_model(names.get(operation, operation))
    except UnknownServiceError:
        return [f"there is no service {service}"]
    except OperationNotFoundError:
        return [f"{service} has no operation {operation}"]
    given, positional, problems = options(words[2:], shape, pages(model, shape))
    if len(positional) != POSITIONAL.get((service, operation), 0):
        problems.append(f"has the wrong positional arguments: {positional}")
    required = [] if shape.input_shape is None else shape.input_shape.required_members
    problems += [f"needs --{xform_name(name, '-')}" for name in required if f"--{xform_name(name, '-')}" not in given]
    if "--query" in given:
        problems += asked(given["--query"], shape.output_shape)
    return problems


def pages(model, shape):
    """Returns the paging options of an operation, if it is paginated."""
    try:
        session.get_paginator_model(model.service_name).get_paginator(shape.name)
    except (DataNotFoundError, ValueError):
        return {}
    return PAGES


def options(words, shape, paging):
    """Returns the options with their values, the positional words, and the problems of both."""
    members = {} if shape.input_shape is None else shape.input_shape.members
    known = {f"--{xform_name(name, '-')}": member for name, member in members.items()}
    given, positional, problems = {}, [], []
    words = list(words)
    while words:
        option = words.pop(0)
        if not option.startswith("--"):
            positional.append(option)
            continue
        bare = re.sub(r"^--no-", "--", option)
        if option in known:
            member, values = known[option], []
            many = member.type_name in ("list", "map", "structure")
            while words and not words[0].startswith("--") and member.type_name != "boolean" and (many or not values):
                values.append(words.pop(0))
            problems += wrong(option, values, member)
        elif bare in known and known[bare].type_name == "boolean":
            option, values = bare, []
        elif option in GLOBAL or option in paging:
            follows = GLOBAL.get(option, True)
            values = [words.pop(0)] if follows and words else []
            if follows and not values or not set(values) <= ALLOWED.get(option, set(values)):
                problems.append(f"{option} cannot be {' '.join(values) or 'without a value'}")
        else:
            problems.append(f"has no option {option}")
            continue
        given[option] = " ".join(values)
    return given, positional, problems


def wrong(option, values, member):
    """Returns the problems of an option's values. Variables may have any value."""
    if member.type_name == "boolean":
        return []
    if not values:
        return [f"{option} needs a value"]
    literal = [value for value in values if "$" not in value]
    inner = member.member if member.type_name == "list" else member
    allowed = getattr(inner, "enum", None)
    problems = [f"{option} cannot be {value}" for value in literal if allowed and value not in allowed]
    if inner.type_name in ("integer", "long"):
        problems += [f"{option} is a number, not {value}" for value in literal if not value.isdecimal()]
    for value in literal:
        if value.startswith(("{", "[")):
            try:
                json.loads(value)
            except ValueError as error:
                problems.append(f"{option} is not JSON: {error}")
    return problems


def asked(query, shape):
    """Returns a problem if a query finds nothing in an answer that has every member."""
    try:
        found = jmespath.search(query, None if shape is None else full(shape))
    except jmespath.exceptions.JMESPathError as error:
        return [f"--query is invalid: {str(error).splitlines()[0]}"]
    missing = found is None or isinstance(found, list) and (not found or "None" in repr(found))
    return [f"--query {query} finds nothing in an answer"] if missing else []


def full(shape, depth=0):
    """Returns an answer that has every member."""
    if depth > 6:
        return "deep"
    if shape.type_name == "structure":
        return {name: full(member, depth + 1) for name, member in shape.members.items()}
    if shape.type_name == "list":
        return [full(shape.member, depth + 1)]
    if shape.type_name == "map":
        keys = getattr(shape.key, "enum", None) or ["key"]
        return {key: full(shape.value, depth + 1) for key in keys}
    return 1 if shape.type_name in ("integer", "long", "float", "double") else shape.type_name


def main():
    problems = []
    for name, text in json.load(sys.stdin)["runbooks"].items():
        read = 0
        for block in blocks(text):
            try:
                ours = [command for command in commands(block) if command and command[0] == "aws"]
            except ValueError as error:
                problems.append(f"{name}: {error}:\n{block}")
                continue
            for command in ours:
                problems += [f"{name}: `{shlex.join(command)}` {problem}" for problem in problems_of(command[1:])]
            # Detects commands that are not parsed: inside a quoted text, or as an argument of another command.
            if len(ours) != len(re.findall(r"(?<![\w/.-])aws(?=\s)", block)):
                problems.append(f"{name}: put each aws command on its own line or into $(…):\n{block}")
            read += len(ours)
        if read == 0:
            problems.append(f"{name}: has no command in an `sh` block")
    sys.exit("\n".join(problems) or None)


if __name__ == "__main__":
    main()
