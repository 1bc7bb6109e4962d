"""botocore's service models: the inputs of operations, with the names on the wire.

A request's members form one object here, whether they belong to the path, the query or the body."""

import botocore.loaders


class Model:
    """The model of one service."""

    def __init__(self, service):
        document = botocore.loaders.create_loader().load_service_model(service, "service-2")
        self.operations, self.shapes = document["operations"], document["shapes"]

    def input(self, operation):
        return self.operations[operation]["input"]["shape"]

    def members(self, shape):
        """Returns {name on the wire: name of the shape} for a structure."""
        members = self.shapes[shape]["members"]
        return {member.get("locationName", name): member["shape"] for name, member in members.items()}

    def required(self, shape):
        members = self.shapes[shape]["members"]
        return [members[name].get("locationName", name) for name in self.shapes[shape].get("required", [])]

    def located(self, operation, location):
        """Returns the names of the members in the "uri" or the "querystring"."""
        members = self.shapes[self.input(operation)]["members"]
        return [member["locationName"] for member in members.values() if member.get("location") == location]

    def inner(self, shape, value):
        """Returns (step, name of the shape, value) for each inner value; follows only members that the value has."""
        found = self.shapes[shape]
        if found["type"] == "structure":
            members = self.members(shape)
            return [(name, members[name], inner) for name, inner in value.items()]
        if found["type"] == "list":
            return [(index, found["member"]["shape"], inner) for index, inner in enumerate(value)]
        if found["type"] == "map":
            return [(name, found["value"]["shape"], inner) for name, inner in value.items()]
        return []
