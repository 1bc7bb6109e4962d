"""Checks that the API's published description is OpenAPI 3.1, against the specification's schema. Reads {document}."""

import json
import sys

from openapi_spec_validator import OpenAPIV31SpecValidator

errors = [error.message for error in OpenAPIV31SpecValidator(json.load(sys.stdin)["document"]).iter_errors()]
sys.exit("\n".join(errors) or None)
