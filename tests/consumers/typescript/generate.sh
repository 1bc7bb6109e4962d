#!/usr/bin/env bash
# Generates types from the published documents: generate.sh SCHEMAS OUTPUT
set -euo pipefail
schemas=$1 output=$2

# A type for each JSON Schema, and for each entry of its `$defs`.
npx --package json-schema-to-typescript json2ts --no-additionalProperties --input "$schemas/v1" --output "$output/documents"

# The types of each operation of the API, for openapi-fetch.
npx openapi-typescript "$schemas/openapi.json" --output "$output/api.d.ts"
