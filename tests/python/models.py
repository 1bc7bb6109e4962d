"""botocore's service models: the input of an operation, with the names that go over the wire.

A request's members are one object here, whether they go into the address, its query or the body."""

import botocore.loaders


class Model:
    """The model of one service."""

    def __init__(self, service):
        document = botocore.loaders.create_loader().load_service_model(service, "service-2")
        self.operations, self.shapes = document["operations"], document["shapes"]

    def input(self, operation):
        return self.operations[operation]["input"]["shape"]

    def members(self, shape):
        """{name on the wire: name of the shape} of a structure."""
        members = self.shapes[shape]["members"]
        return {member.get("locationName", name): member["shape"] for name, member in members.items()}

    def required(self, shape):
        members = self.shapes[shape]["members"]
        return [members[name].get("locationName", name) for name in self.shapes[shape].get("required", [])]

    def located(self, operation, location):
        """The names of the members that go into "uri" or "querystring"."""
        members = self.shapes[self.input(operation)]["members"]
        return [member["locationName"] for member in members.values() if member.get("location") == location]

    def inner(self, shape, value):
        """(step, name of the shape, value) of what is in a value; a shape that is an example's only counts as such."""
        found = self.shapes[shape]
        if found["type"] == "structure":
            members = self.members(shape)
            return [(name, members[name], inner) for name, inner in value.items()]
        if found["type"] == "list":
            return [(index, found["member"]["shape"], inner) for index, inner in enumerate(value)]
        if found["type"] == "map":
            return [(name, found["value"]["shape"], inner) for name, inner in value.items()]
        return []
