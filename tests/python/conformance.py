"""Requests to the transcoder with the expected verdict, derived from the service's model.

`conformance.py SERVICE` prints {"fixtures": {name: {"request", "id"}}, "cases": [{"name", "request", "valid"}]}. A
request is {"method", "path", "body"}. In a request `$name` stands for the value at the pointer `id` in a fixture's
answer, and `$unique` for a unique name. The examples are valid, also without each optional member and with each other
served value; further cases violate each constraint of each member once."""

import copy
import json
import re
import sys
from urllib.parse import quote

from examples import EXAMPLES, FIXTURES, NEEDED, SERVED
from models import Model

# A JSON value of each kind, used as a valid or an invalid value of a member.
KINDS = {"structure": {}, "list": [], "string": "text", "integer": 1, "double": 1.5, "boolean": True}
ALTERNATIVES = re.compile(r"\(\^[\w.:\\-]*\$\)(\|\(\^[\w.:\\-]*\$\))*")
OUT = object()


def changed(example, path, value):
    """Returns a copy of an example with another value at a path, or without the path."""
    if not path:
        return value
    copied = place = copy.deepcopy(example)
    for step in path[:-1]:
        place = place[step]
    if value is OUT:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return copied


def lookup(table, path):
    """Returns a table's entry for a member, by the last one or two names of its path."""
    names = [step for step in path if isinstance(step, str)]
    return table.get(".".join(names[-2:]), table.get(names[-1] if names else ""))


def broken_texts(pattern, value):
    """Returns at most two texts that a pattern does not match."""
    texts = ["!", value + "!", value[:-1], "", value.swapcase()]
    broken = [text for text in texts if not re.search(pattern, text, re.ASCII)][:2]
    assert broken, f"no text breaks {pattern}"
    return broken


class Cases:
    """The cases of one service."""

    def __init__(self, service):
        self.model, self.served, self.needed = Model(service), SERVED[service], NEEDED[service]
        self.cases = []
        for operation, examples in EXAMPLES[service].items():
            for number, example in enumerate(examples, 1):
                self.operation, self.example = operation, example
                self.name = operation if len(examples) == 1 else f"{operation} {number}"
                self.uri, query = (self.model.located(operation, place) for place in ("uri", "querystring"))
                self.elsewhere = {*self.uri, *query}
                self.of_example()

    def of_example(self):
        shape = self.model.input(self.operation)
        self.add((), "is the example", self.example, True)
        has_body = not self.elsewhere.issuperset(self.model.members(shape))
        for path, inner, value in self.walk(shape, self.example):
            found = self.model.shapes[inner]
            if path and path[0] in self.elsewhere:
                self.parameter(path, found)
            elif path or has_body:
                self.types(path, found)
            getattr(self, found["type"])(path, inner, value)

    def walk(self, shape, value, path=()):
        yield path, shape, value
        for step, inner, there in self.model.inner(shape, value):
            yield from self.walk(inner, there, (*path, step))

    def add(self, path, what, value, valid=False):
        place = ".".join(map(str, path)) or "the request"
        members = changed(self.example, path, value)
        request = request_of(self.model, self.operation, self.example, members)
        self.cases.append({"name": f"{self.name}: {place} {what}", "request": request, "valid": valid})

    def types(self, path, found):
        kind = "structure" if found["type"] == "map" else found["type"]
        for other, value in KINDS.items():
            if other != kind and (kind, other) != ("double", "integer"):
                self.add(path, f"is of the type {other}", value)

    def parameter(self, path, found):
        if found["type"] == "integer":
            self.add(path, "is no number", "many")

    def structure(self, path, shape, value):
        if path or not self.elsewhere.issuperset(self.model.members(shape)):
            self.add((*path, "Unknown"), "is there", "text")
        required = self.model.required(shape)
        for name in value:
            inner = (*path, name)
            if inner[0] not in self.uri and (name in required or name not in self.needed):
                self.add(inner, "is left out", OUT, name not in required)

    def list(self, path, shape, value):
        most = self.model.shapes[shape].get("max")
        if most and value:
            self.add(path, f"has more than {most} items", value[:1] * (most + 1))

    def map(self, path, shape, value):
        most = self.model.shapes[shape].get("max")
        if most:
            self.add(path, f"has more than {most} pairs", {f"key-{number}": "value" for number in range(most + 1)})

    def string(self, path, shape, value):
        found = self.model.shapes[shape]
        if found.get("min"):
            self.add(path, "is too short", "x" * (found["min"] - 1))
        if "max" in found:
            self.add(path, "is too long", value + "x" * (found["max"] + 1 - len(value)))
            if lookup(self.served, path) is None and "pattern" not in found:
                self.add(path, "is as long as it may be", value + "x" * (found["max"] - len(value)), True)
        if "enum" in found:
            self.add(path, "is no value of the enumeration", "ELSE")
            self.add(path, "is in small letters", value.lower())
            self.values(path, value, found["enum"])
        if "pattern" in found:
            for text in broken_texts(found["pattern"], value):
                if text or path[0] not in self.uri:
                    self.add(path, f"breaks its pattern as {text!r}", text)
            if ALTERNATIVES.fullmatch(found["pattern"]):
                texts = re.findall(r"\^([^$]*)\$", found["pattern"])
                self.values(path, value, [text.replace("\\", "") for text in texts])

    def values(self, path, value, others):
        served = lookup(self.served, path)
        for other in others:
            if other != value:
                self.add(path, f"is {other}", other, served is None or other in served)

    def integer(self, path, shape, value):
        found = self.model.shapes[shape]
        for bound, beyond in (("min", -1), ("max", 1)):
            if bound in found:
                self.values(path, value, [found[bound]])
                self.add(path, f"is beyond its {bound}", found[bound] + beyond)

    def double(self, path, shape, value):
        """Adds no case: the model has no bounds for doubles."""


def request_of(model, operation, example, members):
    """Returns a request with these members, some of which are in the path or the query; uses the example's members if
    these are not an object."""
    http, named = model.operations[operation]["http"], members if isinstance(members, dict) else example
    path, parameters = http["requestUri"], []
    uri, query = model.located(operation, "uri"), model.located(operation, "querystring")
    for name in uri:
        path = path.replace("{" + name + "}", quote(named[name], safe="$"))
    for name in query:
        if name in named:
            parameters.append(f"{name}={quote(str(named[name]), safe='$')}")
    if isinstance(members, dict):
        members = {name: value for name, value in members.items() if name not in {*uri, *query}}
    body = members if http["method"] in ("POST", "PUT") else None
    return {"method": http["method"], "path": "?".join([path, *filter(None, ["&".join(parameters)])]), "body": body}


def fixture(model, service, operation, pointer):
    example = EXAMPLES[service][operation][0]
    return {"request": request_of(model, operation, example, example), "id": pointer}


SERVICE = sys.argv[1]
CASES = Cases(SERVICE)
MADE = {name: fixture(CASES.model, SERVICE, *made) for name, made in FIXTURES[SERVICE].items()}
json.dump({"fixtures": MADE, "cases": CASES.cases}, sys.stdout)
