"""A consumer that uses only the published schemas: it reads one response through the HTTP API and from the table,
validates both documents and prints the response's status."""

import json
import pathlib
import sys
import urllib.request

import boto3
import jsonschema
from boto3.dynamodb.types import TypeDeserializer

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "schemas" / "v1"


def validate(document, name):
    schema = json.loads((SCHEMAS / name).read_text())
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    validator.check_schema(schema)
    validator.validate(document)


def plain(value):
    """Converts DynamoDB's decimals to JSON numbers, which the schema describes."""
    if isinstance(value, dict):
        return {name: plain(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    return int(value) if hasattr(value, "as_integer_ratio") else value


def response(stack, project, step, email):
    url = f"{stack['api_url']}/projects/{project}/steps/{step}/responses/{email}"
    request = urllib.request.Request(url, headers={"authorization": f"Bearer {stack['token']}"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request) as answer:
        return json.load(answer)


def item(stack, project, step, email):
    table = boto3.client(
        "dynamodb",
        endpoint_url=stack["aws_endpoint_url"],
        region_name=stack["region"],
        aws_access_key_id=stack["access_key_id"],
        aws_secret_access_key=stack["secret_access_key"],
    )
    key = {"ProjectStep": {"S": f"{project}-{step}"}, "Mail": {"S": email}}
    stored = table.get_item(TableName=stack["table"], Key=key, ConsistentRead=True)["Item"]
    return plain({name: TypeDeserializer().deserialize(value) for name, value in stored.items()})


def main():
    wanted = json.load(sys.stdin)
    of = wanted["stack"], wanted["project"], wanted["step"], wanted["email"]
    shown, stored = response(*of), item(*of)
    validate(shown, "video-response.json")
    validate(stored, "response-item.json")
    assert shown["status"] == stored["Status"] and shown["upload"]["key"] == stored["video"], (shown, stored)
    print(shown["status"])


main()
