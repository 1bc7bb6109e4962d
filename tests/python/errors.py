"""Lists the errors that botocore's service models define for operations: reads {service: [operation, …]}, prints a
list of {service, operation, code, status}. A model without a status means 500 for the service's faults and 400 for
the caller's, as the protocols AWS JSON and AWS query specify."""

import json
import sys

import botocore.session


def errors(service, operation):
    model = botocore.session.get_session().get_service_model(service)
    for shape in model.operation_model(operation).error_shapes:
        told = shape.metadata.get("error", {})
        status = told.get("httpStatusCode") or (500 if shape.metadata.get("fault") else 400)
        yield {
            "service": service,
            "operation": operation,
            "code": told.get("code", shape.name),
            "status": status,
        }


wanted = json.load(sys.stdin)
json.dump([error for service in wanted for operation in wanted[service] for error in errors(service, operation)], sys.stdout)
