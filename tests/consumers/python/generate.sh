#!/bin/sh
# Generates Python types: generate.sh SCHEMAS OUTPUT
set -eu
schemas=$1 output=$2

# pip install datamodel-code-generator "pydantic[email]" openapi-python-client

# Pydantic models, one module for each document: models/video_response.py, models/upload_request.py, …
# model_dump_json(by_alias=True) writes the names of the document.
datamodel-codegen --input "$schemas/v1" --input-file-type jsonschema \
    --output "$output/models" --preset standard-py311-20261027

# A client of the API, with one function for each operation.
openapi-python-client generate --path "$schemas/openapi.json" --meta none \
    --output-path "$output/client" --fail-on-warning
