"""Reads the item of a response from the table with AWS's own SDK, by its published documents."""

import json
from pathlib import Path
from typing import Any

import boto3
from boto3.dynamodb.types import TypeDeserializer
from documents import validate
from models.response_item import ResponseItem
from models.dynamodb_item import DynamodbItem


def read_item(schemas: Path, stack: dict[str, Any], project_step: str, email: str) -> ResponseItem:
    """Returns an item, after a check of both of its documents: DynamoDB's JSON and plain JSON."""
    table = boto3.client(
        "dynamodb",
        endpoint_url=stack["aws_endpoint_url"],
        region_name=stack["region"],
        aws_access_key_id=stack["access_key_id"],
        aws_secret_access_key=stack["secret_access_key"],
    )
    key = {"ProjectStep": {"S": project_step}, "Mail": {"S": email}}
    stored = table.get_item(TableName=stack["table"], Key=key, ConsistentRead=True)["Item"]
    validate(schemas, "dynamodb-item", stored)
    item = json.loads(json.dumps(TypeDeserializer().deserialize({"M": stored}), default=int))
    validate(schemas, "response-item", item)
    assert DynamodbItem.model_validate(stored).project_step.s == project_step, stored
    return ResponseItem.model_validate(item)
