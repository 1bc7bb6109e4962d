"""The work of the functions in Python with boto3, as a comparison: the same calls, and the same signatures.

It does less than the functions where the difference is small: it checks fewer errors, and its tokens are signed, not encrypted.
"""
import base64
import hashlib
import hmac
import json
import os
import time
import uuid
from datetime import datetime, timedelta, timezone
from urllib.parse import unquote_plus

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

FUNCTION = os.environ["FUNCTION"]
TABLE = os.environ["RESPONSES_TABLE_NAME"]
UPLOADS = os.environ["UPLOADS_BUCKET"]
RENDITIONS = os.environ["RENDITIONS_BUCKET"]
MAX_BYTES = int(os.environ["UPLOAD_MAX_BYTES"])
WEB = "web"

# A function creates the clients that it needs, while it starts.
SESSION = boto3.Session()
DYNAMODB = SESSION.client("dynamodb")
S3 = SESSION.client("s3") if FUNCTION != "reconcile" else None
SSM = SESSION.client("ssm") if FUNCTION == "api" else None
ENGINE = None
if FUNCTION == "on_upload":
    ENGINE = SESSION.client("mediaconvert" if os.environ["ENGINE"] == "media-convert" else "elastictranscoder")

READ, WRITE = TypeDeserializer(), TypeSerializer()
SECRET = None


def now():
    return datetime.now(timezone.utc)


def text_of(at):
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def hash_of(email):
    return hashlib.blake2b(email.encode(), digest_size=10).hexdigest()


def uuid7():
    number = (int(time.time() * 1000) << 80) | (0x7 << 76) | (int.from_bytes(os.urandom(2)) & 0xFFF) << 64
    return str(uuid.UUID(int=number | (0b10 << 62) | int.from_bytes(os.urandom(8)) >> 2))


def read(project, step, email):
    key = {"ProjectStep": {"S": f"{project}-{step}"}, "Mail": {"S": email}}
    found = DYNAMODB.get_item(TableName=TABLE, Key=key, ConsistentRead=True).get("Item")
    return key, found and {name: READ.deserialize(value) for name, value in found.items()}


def write(key, current, changes):
    """Writes the changed attributes, unless the item has changed since it was read."""
    revision = int(current["Revision"]) if current else 0
    changes = changes | {"Revision": revision + 1, "UpdatedAt": text_of(now()), "WriteId": uuid7()}
    names = {f"#{name}": name for name in changes}
    values = {f":{name}": WRITE.serialize(value) for name, value in changes.items()}
    if current:
        condition = "#Revision = :read"
        values[":read"] = {"N": str(revision)}
    else:
        condition = "attribute_not_exists(#ProjectStep)"
        names["#ProjectStep"] = "ProjectStep"
    DYNAMODB.update_item(
        TableName=TABLE, Key=key, ConditionExpression=condition,
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in changes),
        ExpressionAttributeNames=names, ExpressionAttributeValues=values,
        ReturnValuesOnConditionCheckFailure="ALL_OLD")
    return (current or {}) | changes


def statuses(project, step, status):
    return {"Status": status, "ProjectStatus": f"{project}#{status}", "ProjectStepStatus": f"{project}-{step}#{status}"}


def token(claims):
    global SECRET
    if SECRET is None:
        answer = SSM.get_parameter(Name=os.environ["SECRET_PARAMETER"], WithDecryption=True)
        SECRET = answer["Parameter"]["Value"].encode()
    body = json.dumps(claims).encode()
    return base64.urlsafe_b64encode(hmac.digest(SECRET, body, "sha256") + body).decode()


def view(item):
    """Returns a response as a client sees it, with playback URLs if it is ready."""
    shown = {name: item.get(key) for name, key in [
        ("project", "Project"), ("email", "Mail"), ("status", "Status"), ("created_at", "CreatedAt"),
        ("updated_at", "UpdatedAt")]}
    return shown | {"step": int(item["Step"])}


def playback(item):
    rendition = item["Renditions"][WEB]
    def url(key, media_type):
        parameters = {"Bucket": RENDITIONS, "Key": key, "ResponseContentType": media_type,
                      "ResponseContentDisposition": f"inline; filename=\"{key.rsplit('/')[-1]}\""}
        return S3.generate_presigned_url("get_object", Params=parameters, ExpiresIn=3600)
    return {"url": url(rendition["Key"], "video/mp4"), "poster": url(rendition["Poster"], "image/png"),
            "width": int(rendition["Width"]), "height": int(rendition["Height"])}


def reply(status, body):
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body), "isBase64Encoded": False}


def request_upload(project, step, body):
    email, size = body["email"].strip().lower(), int(body["size"])
    if not 1 <= size <= MAX_BYTES or body["content_type"] != "video/mp4":
        return reply(400, {"title": "invalid request"})
    key, current = read(project, step, email)
    take, until = uuid7(), text_of(now() + timedelta(hours=1))
    item = write(key, current, statuses(project, step, "awaiting-upload") | {
        "Project": project, "Step": step, "CreatedAt": text_of(now()), "LastUploadExpiry": until,
        "PendingUpload": {"Take": take, "Until": until}, "OpenShard": 2, "DueAt": until})
    path = f"{project}/{step}/{hash_of(email)}/{take}.mp4"
    fields = {"Content-Type": "video/mp4", "x-amz-meta-email": email, "x-amz-meta-requested-by": "authorized"}
    conditions = [{name: value} for name, value in fields.items()] + [["content-length-range", size, size]]
    post = S3.generate_presigned_post(UPLOADS, path, fields, conditions, 3600)
    upload = {"method": "post", **post, "max_bytes": size, "take": take, "expires_at": until,
              "token": token({"key": path, "until": until, "response": [project, step, email]})}
    return reply(201, {"response": view(item | {"Mail": email}), "upload": upload})


def show(project, step, email):
    _, item = read(project, step, email)
    if item is None:
        return reply(404, {"title": "no such response"})
    return reply(200, view(item) | {"playback": playback(item)} if item["Status"] == "ready" else view(item))


def list_step(project, step):
    answer = DYNAMODB.query(
        TableName=TABLE, IndexName="ByStep", KeyConditionExpression="#partition = :partition", Limit=50,
        ExpressionAttributeNames={"#partition": "ProjectStep"}, ScanIndexForward=False,
        ExpressionAttributeValues={":partition": {"S": f"{project}-{step}"}})
    items = [{name: READ.deserialize(value) for name, value in item.items()} for item in answer["Items"]]
    return reply(200, {"responses": [view(item) for item in items]})


def api(event):
    method, path = event["requestContext"]["http"]["method"], event["rawPath"].split("/")
    claims = event["requestContext"]["authorizer"]["jwt"]["claims"]
    if not {"responses/read", "responses/write"} <= set(claims["scope"].split()):
        return reply(403, {"title": "missing scope"})
    project, step = path[2], int(path[4])
    if method == "POST":
        return request_upload(project, step, json.loads(event["body"]))
    return show(project, step, path[6]) if len(path) == 7 else list_step(project, step)


def create_job(path, version, item):
    folder, name = path.rsplit("/", 1)
    output = f"{name.split('.')[0]}-{int(item['Job']['Attempt'])}"
    metadata = {"response": folder, "take": name.split(".")[0], "attempt": "1", "version": version, "input": path}
    if os.environ["ENGINE"] == "elastic-transcoder":
        job = ENGINE.create_job(
            PipelineId=os.environ["PIPELINE_ID"], OutputKeyPrefix=f"output/web/{folder}/",
            Input={"Key": path, "TimeSpan": {"Duration": f"{os.environ['MAX_SECONDS']}.000"}}, UserMetadata=metadata,
            Outputs=[{"Key": f"{output}.mp4", "PresetId": os.environ["PRESET_ID"], "Rotate": "auto",
                      "ThumbnailPattern": f"{output}-{{count}}"}])
        return job["Job"]["Id"]
    source = f"s3://{UPLOADS}/{path}"
    ENGINE.probe(InputFiles=[{"FileUrl": source}])
    video = {"Codec": "H_264", "H264Settings": {"RateControlMode": "QVBR", "MaxBitrate": 2_200_000}}
    audio = {"Codec": "AAC", "AacSettings": {"Bitrate": 128_000, "CodingMode": "CODING_MODE_2_0", "SampleRate": 48_000}}
    group = {"OutputGroupSettings": {"Type": "FILE_GROUP_SETTINGS", "FileGroupSettings": {
                 "Destination": f"s3://{RENDITIONS}/output/web/{folder}/{output}"}},
             "Outputs": [{"ContainerSettings": {"Container": "MP4"}, "AudioDescriptions": [{"CodecSettings": audio}],
                          "VideoDescription": {"Width": 1280, "Height": 720, "CodecSettings": video}}]}
    job = ENGINE.create_job(
        Role=os.environ["MEDIA_CONVERT_ROLE_ARN"], Queue=os.environ["MEDIA_CONVERT_QUEUE_ARN"],
        ClientRequestToken=f"{output}", UserMetadata=metadata,
        Settings={"Inputs": [{"FileInput": source}], "OutputGroups": [group]})
    return job["Job"]["Id"]


def uploaded(record):
    path = unquote_plus(record["s3"]["object"]["key"])
    head = S3.head_object(Bucket=UPLOADS, Key=path, VersionId=record["s3"]["object"]["versionId"])
    email = head["Metadata"]["email"]
    project, step, folder, name = path.split("/")
    if folder != hash_of(email):
        raise ValueError("the email does not match the key")
    key, current = read(project, step, email)
    take = {"Id": name.split(".")[0], "Version": head["VersionId"], "Size": head["ContentLength"],
            "Etag": head["ETag"].strip('"'), "UploadedAt": record["eventTime"]}
    lease = text_of(now() + timedelta(seconds=int(os.environ["JOB_LEASE_SECONDS"])))
    write(key, current, statuses(project, step, "transcoding") | {
        "video": path, "Take": take, "Job": {"Attempt": 1, "Take": take["Id"], "LeaseUntil": lease, "Tries": 1},
        "OpenShard": 10, "DueAt": lease})
    _, current = read(project, step, email)
    job = create_job(path, head["VersionId"], current)
    write(key, current, {"Job": current["Job"] | {"Id": job}, "DueAt": text_of(now() + timedelta(hours=2))})


def finished(body):
    report = json.loads(body)
    path = report["input"]["key"]
    head = S3.head_object(Bucket=UPLOADS, Key=path, VersionId=report["userMetadata"]["version"])
    project, step, _, _ = path.split("/")
    key, current = read(project, step, head["Metadata"]["email"])
    if report["userMetadata"]["take"] != current["Take"]["Id"]:
        return
    output, folder = report["outputs"][0], report["outputKeyPrefix"]
    write(key, current, statuses(project, step, "ready") | {"Renditions": {WEB: {
        "Key": folder + output["key"], "Poster": folder + output["thumbnailPattern"].replace("{count}", "00001") + ".png",
        "Width": output["width"], "Height": output["height"], "Duration": output["duration"] * 1000}}})


def batch(event, work):
    failures = []
    for message in event["Records"]:
        try:
            work(message["body"])
            print(json.dumps({"level": "INFO", "messageId": message["messageId"], "message": "record"}))
        except Exception as error:
            print(json.dumps({"level": "ERROR", "messageId": message["messageId"], "message": repr(error)}))
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}


def on_upload(event):
    return batch(event, lambda body: [uploaded(record) for record in json.loads(body)["Records"]])


def on_job(event):
    return batch(event, finished)


def reconcile(_):
    examined = 0
    for shard in range(24):
        answer = DYNAMODB.query(
            TableName=TABLE, IndexName="Open", KeyConditionExpression="OpenShard = :shard AND DueAt <= :now", Limit=100,
            ExpressionAttributeValues={":shard": {"N": str(shard)}, ":now": {"S": text_of(now())}})
        examined += len(answer["Items"])
    print(json.dumps({"level": "INFO", "examined": examined, "message": "reconciled"}))
    return {"examined": examined, "failed": 0}


WORK = {"api": api, "on_upload": on_upload, "on_job": on_job, "reconcile": reconcile}[FUNCTION]


def handler(event, _):
    return WORK(event)
