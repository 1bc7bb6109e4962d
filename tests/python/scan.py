"""A scan as `aws dynamodb scan --select COUNT`: prints how many items have an email, and how many of a step have a
video."""

import json
import sys

import boto3


def main():
    wanted = json.load(sys.stdin)
    stack = wanted["stack"]
    table = boto3.client(
        "dynamodb",
        endpoint_url=stack["aws_endpoint_url"],
        region_name=stack["region"],
        aws_access_key_id=stack["access_key_id"],
        aws_secret_access_key=stack["secret_access_key"],
    )

    def count(**filters):
        pages = table.get_paginator("scan").paginate(TableName=stack["table"], Select="COUNT", **filters)
        return sum(page["Count"] for page in pages)

    with_email = count(FilterExpression="Mail = :email", ExpressionAttributeValues={":email": {"S": wanted["email"]}})
    everywhere = count(FilterExpression="attribute_exists(video)")
    of_step = count(
        FilterExpression="attribute_exists(video) AND ProjectStep = :step",
        ExpressionAttributeValues={":step": {"S": wanted["project_step"]}},
    )
    assert count() >= everywhere >= of_step
    print(with_email, of_step)


main()
