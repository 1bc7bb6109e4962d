"""The service model's constraints on the requests that the transcoder serves, in the format of its `src/model`.

`constraints.py SERVICE` prints them: the operations and members of `examples.py`, with the model's own names."""

import json
import sys

from examples import EXAMPLES
from models import Model

KEPT = ("type", "min", "max", "pattern", "enum")


class Constraints:
    """The shapes that the examples use, directly or indirectly."""

    def __init__(self, service):
        self.model, self.shapes = Model(service), {}
        operations = {name: self.operation(name, examples) for name, examples in EXAMPLES[service].items()}
        self.document = {"operations": dict(sorted(operations.items())), "shapes": dict(sorted(self.shapes.items()))}

    def operation(self, name, examples):
        shape, http = self.model.input(name), self.model.operations[name]["http"]
        for example in examples:
            self.reach(shape, example)
        return {
            "route": f"{http['method']} {http['requestUri']}",
            "input": shape,
            "uri": self.model.located(name, "uri"),
            "query": self.model.located(name, "querystring"),
        }

    def reach(self, shape, value):
        model = self.model.shapes[shape]
        kept = self.shapes.setdefault(shape, {name: model[name] for name in KEPT if name in model})
        if model["type"] == "structure":
            members, required = self.model.members(shape), self.model.required(shape)
            kept.setdefault("members", {}).update({name: members[name] for name in value})
            kept["members"] = dict(sorted(kept["members"].items()))
            kept["required"] = required
        elif model["type"] == "list":
            kept["member"] = model["member"]["shape"]
        elif model["type"] == "map":
            kept["key"], kept["value"] = model["key"]["shape"], model["value"]["shape"]
            self.reach(kept["key"], None)
        for _, inner, there in self.model.inner(shape, value):
            self.reach(inner, there)


def written(document):
    """Returns the document with one operation or shape per line."""
    parts = [
        f'"{part}": {{\n' + ",\n".join(f"{json.dumps(name)}: {json.dumps(there)}" for name, there in document[part].items()) + "\n}"
        for part in document
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


print(written(Constraints(sys.argv[1]).document), end="")
