"""The published documents: their schemas, their generated models, and what a document and its model must agree on."""

import importlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from pydantic import BaseModel, TypeAdapter

FORMATS = Draft202012Validator.FORMAT_CHECKER
assert {"date-time", "email", "uri", "uuid"} <= FORMATS.checkers.keys(), "jsonschema must check the used formats"


@dataclass
class Subject:
    """A type of a document: the root or one of its definitions."""

    name: str
    # Whether the system takes such documents: those of AWS have more fields than the schema describes.
    is_taken: bool
    schema: dict[str, Any]
    examples: list[Any]
    model: type[BaseModel] | type[Enum] | None

    def check(self, value: Any) -> None:
        """Raises an error unless a value is valid under the schema, formats included."""
        Draft202012Validator(self.schema, format_checker=FORMATS).validate(value)


def index(schemas: Path) -> dict[str, dict[str, str]]:
    """Returns the entries of the index by the name of their document."""
    entries = json.loads((schemas / "index.json").read_text())["documents"]
    return {entry["name"]: entry for entry in entries}


def validate(schemas: Path, name: str, value: Any) -> None:
    """Raises an error unless a value is valid under a document."""
    schema = json.loads((schemas / index(schemas)[name]["file"]).read_text())
    Draft202012Validator(schema, format_checker=FORMATS).validate(value)


def subjects(schemas: Path) -> Iterator[Subject]:
    """Yields every type of every document in the index."""
    for document, entry in index(schemas).items():
        schema = json.loads((schemas / entry["file"]).read_text())
        Draft202012Validator.check_schema(schema)
        is_taken = entry["direction"] == "taken"
        module = importlib.import_module(f"models.{document.replace('-', '_')}")
        root = model_of(module, schema["title"].replace(" ", ""))
        yield Subject(document, is_taken, schema, schema.get("examples", []), root)
        for name, definition in schema.get("$defs", {}).items():
            part = {"$defs": schema["$defs"], "$ref": f"#/$defs/{name}"}
            # Other types have no class: their fields have a type of Python, such as datetime, a union or a literal.
            has_class = len(definition.get("enum", [])) > 1 or "properties" in definition
            model = model_of(module, name) if has_class else None
            yield Subject(f"{document}#{name}", is_taken, part, definition.get("examples", []), model)


def model_of(module: Any, name: str) -> type[BaseModel] | type[Enum]:
    """Returns the class of a type; the generator may change the case of letters inside a word."""
    found = [value for key, value in vars(module).items() if key.lower() == name.lower()]
    assert len(found) == 1 and issubclass(found[0], BaseModel | Enum), f"{module.__name__} has no class {name}"
    return found[0]  # type: ignore[no-any-return]


def written(value: BaseModel | Enum, **options: bool) -> Any:
    """Writes a value as JSON, with the names of the schema."""
    return json.loads(TypeAdapter(type(value)).dump_json(value, by_alias=True, **options))  # type: ignore[arg-type]


def kept(example: Any, written: Any, *, exactly: bool) -> bool:
    """Returns whether a written document has the content of its example. An instant may be written in another way, and
    fields that the schema does not describe may be missing unless the content must be kept exactly."""
    match example, written:
        case dict(), dict():
            names = written.keys() == example.keys() if exactly else written.keys() <= example.keys()
            return names and all(kept(example[name], written[name], exactly=exactly) for name in written)
        case list(), list():
            pairs = zip(example, written, strict=False)
            return len(example) == len(written) and all(kept(*pair, exactly=exactly) for pair in pairs)
        case str(), str() if example != written:
            return instant(example) is not None and instant(example) == instant(written)
    return bool(example == written)


def instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
