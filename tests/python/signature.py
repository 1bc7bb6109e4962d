"""Compares our signed form with boto3's for the same upload, credentials and time: the same fields, the same
conditions, and for our policy the same signature, byte for byte. Prints "the same"."""

import base64
import datetime
import json
import sys
from unittest import mock

import boto3
from botocore.auth import S3SigV4PostAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials


def at(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(datetime.timezone.utc)


def boto3s_form(wanted, now):
    client = boto3.client(
        "s3",
        endpoint_url=wanted["endpoint"],
        region_name=wanted["region"],
        aws_access_key_id=wanted["access_key_id"],
        aws_secret_access_key=wanted["secret_access_key"],
        aws_session_token=wanted["session_token"],
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    fields = dict(wanted["fields"])
    conditions = [{name: value} for name, value in fields.items()]
    frozen = mock.Mock(return_value=now.replace(tzinfo=None))
    with mock.patch("botocore.auth.get_current_datetime", frozen), mock.patch(
        "botocore.signers.get_current_datetime", frozen
    ):
        return client.generate_presigned_post(
            Bucket=wanted["bucket"],
            Key=wanted["key"],
            Fields=fields,
            Conditions=conditions + [["content-length-range", *wanted["size"]]],
            ExpiresIn=wanted["expires_in"],
        )


def taken_apart(form):
    """Returns the normalized fields, expiration and conditions, then the policy as signed and the signature."""
    fields = dict(form["fields"])
    signature, policy = fields.pop("x-amz-signature"), fields.pop("policy")
    document = json.loads(base64.b64decode(policy))
    conditions = sorted(json.dumps(condition) for condition in document["conditions"])
    return fields, at(document["expiration"]), conditions, policy, signature


def botocores_signature(wanted, now, policy):
    credentials = Credentials(wanted["access_key_id"], wanted["secret_access_key"], wanted["session_token"])
    request = AWSRequest()
    request.context["timestamp"] = now.strftime("%Y%m%dT%H%M%SZ")
    return S3SigV4PostAuth(credentials, "s3", wanted["region"]).signature(policy, request)


def main():
    wanted = json.load(sys.stdin)
    now = at(wanted["now"])
    boto3s = boto3s_form(wanted, now)
    assert wanted["form"]["url"] == boto3s["url"], (wanted["form"]["url"], boto3s["url"])
    ours, theirs = taken_apart(wanted["form"]), taken_apart(boto3s)
    for our, their in zip(ours[:3], theirs[:3]):
        assert our == their, (our, their)
    assert botocores_signature(wanted, now, theirs[3]) == theirs[4]
    assert botocores_signature(wanted, now, ours[3]) == ours[4]
    print("the same")


main()
