//! The cases: a function, an event, and what the services hold before it.

use serde_json::{Map, Value, json};

use crate::stub::{StoredFile, StubState};

/// A function's event.
#[derive(Clone, Debug, PartialEq)]
pub struct BenchCase {
    /// The function.
    pub function: &'static str,
    /// The work, in words.
    pub work: &'static str,
    /// The event.
    pub event: Value,
    /// What the services hold before it.
    pub state: StubState,
    /// The settings that differ from those of the other cases.
    pub settings: &'static [(&'static str, &'static str)],
    /// A text in a correct response.
    pub expected: &'static str,
}

const EMAIL: &str = "ann@example.com";
/// A take of 2026-01-01.
const TAKE: &str = "019b76da-a800-7000-8000-000000000000";
/// The key of the upload, with BLAKE2b of the email.
const FOLDER: &str = "demo/0/bdc9b4b08dfec1038783";
const VERSION: &str = "096fKKXTRTtl3on89fVO.nfljtsv6qko";

/// Returns every case.
pub fn all() -> Vec<BenchCase> {
    let media_convert = &[("ENGINE", "media-convert")];
    let none = &[];
    vec![
        BenchCase {
            function: "api",
            work: "request an upload",
            event: http(
                "POST",
                "/projects/demo/steps/0/responses",
                Some(json!({"email": EMAIL, "content_type": "video/mp4", "size": 1_048_576})),
            ),
            state: StubState::default(),
            settings: none,
            expected: "\"statusCode\":201",
        },
        BenchCase {
            function: "api",
            work: "show a response",
            event: http("GET", "/projects/demo/steps/0/responses/ann@example.com", None),
            state: holding(ready()),
            settings: none,
            expected: "\"statusCode\":200",
        },
        BenchCase {
            function: "api",
            work: "list 20 responses",
            event: http("GET", "/projects/demo/steps/0/responses", None),
            state: StubState {
                listed: 20,
                ..holding(ready())
            },
            settings: none,
            expected: "respondent19@example.com",
        },
        BenchCase {
            function: "on_upload",
            work: "an upload (Elastic Transcoder)",
            event: queued(&upload_event()),
            state: holding(awaiting_upload()),
            settings: none,
            expected: "\"batchItemFailures\":[]",
        },
        BenchCase {
            function: "on_upload",
            work: "an upload (MediaConvert)",
            event: queued(&upload_event()),
            state: holding(awaiting_upload()),
            settings: media_convert,
            expected: "\"batchItemFailures\":[]",
        },
        BenchCase {
            function: "on_job",
            work: "a finished job",
            event: queued(&job_event()),
            state: holding(transcoding()),
            settings: none,
            expected: "\"batchItemFailures\":[]",
        },
        BenchCase {
            function: "reconcile",
            work: "a run without work",
            event: json!({}),
            state: StubState::default(),
            settings: none,
            expected: "\"examined\":0",
        },
    ]
}

impl BenchCase {
    /// Returns the name: function and work.
    pub fn name(&self) -> String {
        format!("{}: {}", self.function, self.work)
    }
}

/// An event of an HTTP API, payload format 2.0, with the token of an owner.
fn http(method: &str, path: &str, body: Option<Value>) -> Value {
    let mut event = json!({
        "version": "2.0",
        "routeKey": format!("{method} {path}"),
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "accept": "application/json",
            "authorization": "Bearer eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.e30.c2lnbmF0dXJl",
            "content-type": "application/json",
            "host": "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com",
            "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "x-amzn-trace-id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
            "x-forwarded-for": "198.51.100.7",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "authorizer": {"jwt": {
                "claims": {"scope": "responses/read responses/write", "sub": "owner"},
                "scopes": null,
            }},
            "domainName": "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com",
            "domainPrefix": "a1b2c3d4e5",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "198.51.100.7",
                "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": format!("{method} {path}"),
            "stage": "$default",
            "time": "01/Jan/2026:00:02:00 +0000",
            "timeEpoch": 1_767_225_720_000_u64,
        },
        "isBase64Encoded": false,
    });
    if let Some(body) = body {
        event["body"] = body.to_string().into();
    }
    event
}

/// A batch with one message of an SQS queue.
fn queued(message: &Value) -> Value {
    json!({"Records": [{
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": message.to_string(),
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1767225661000",
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": "1767225661010",
        },
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:uploads",
        "awsRegion": "eu-west-1",
    }]})
}

/// S3's notification of the upload.
fn upload_event() -> Value {
    json!({"Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "eu-west-1",
        "eventTime": "2026-01-01T00:01:00.123Z",
        "eventName": "ObjectCreated:Post",
        "userIdentity": {"principalId": "AWS:AROAEXAMPLE:responses-api"},
        "requestParameters": {"sourceIPAddress": "198.51.100.7"},
        "responseElements": {"x-amz-request-id": "C3D13FE58DE4C810", "x-amz-id-2": "FMyUVURIY8IgAtTv8xRj"},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "uploads",
            "bucket": {
                "name": "uploads",
                "ownerIdentity": {"principalId": "A3NL1KOZZKEXAMPLE"},
                "arn": "arn:aws:s3:::uploads",
            },
            "object": {
                "key": format!("{FOLDER}/{TAKE}.mp4"),
                "size": 20_000_000,
                "eTag": "d41d8cd98f00b204e9800998ecf8427e",
                "versionId": VERSION,
                "sequencer": "0055AED6DCD90281E5",
            },
        },
    }]})
}

/// Elastic Transcoder's notification of a finished job, delivered raw.
fn job_event() -> Value {
    json!({
        "state": "COMPLETED",
        "version": "2012-09-25",
        "jobId": "1353713300000-abcdef",
        "pipelineId": "1111111111111-abcde1",
        "input": {"key": format!("{FOLDER}/{TAKE}.mp4"), "frameRate": "auto", "resolution": "auto",
                  "aspectRatio": "auto", "interlaced": "auto", "container": "auto"},
        "inputCount": 1,
        "outputKeyPrefix": format!("output/web/{FOLDER}/"),
        "outputs": [{
            "id": "1", "presetId": "1351620000001-100070", "key": format!("{TAKE}-1.mp4"),
            "thumbnailPattern": format!("{TAKE}-1-{{count}}"), "rotate": "auto", "status": "Complete",
            "statusDetail": "The transcoding completed.", "duration": 10, "width": 1280, "height": 720,
        }],
        "userMetadata": {
            "response": FOLDER, "input": format!("{FOLDER}/{TAKE}.mp4"), "take": TAKE, "attempt": "1",
            "version": VERSION,
        },
    })
}

/// A table with this item, and the upload in the bucket.
fn holding(item: Value) -> StubState {
    StubState {
        item: attributes(&item),
        listed: 0,
        object: StoredFile {
            size: 20_000_000,
            version: VERSION.to_owned(),
            metadata: [("email", EMAIL), ("requested-by", "authorized")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
        },
    }
}

fn awaiting_upload() -> Value {
    json!({
        "ProjectStep": "demo-0", "Mail": EMAIL, "Project": "demo", "Step": 0, "Status": "awaiting-upload",
        "ProjectStatus": "demo#awaiting-upload", "ProjectStepStatus": "demo-0#awaiting-upload",
        "PendingUpload": {"Take": TAKE, "Until": "2026-01-01T01:00:00.000Z"},
        "LastUploadExpiry": "2026-01-01T01:00:00.000Z", "CreatedAt": "2026-01-01T00:00:00.000Z",
        "UpdatedAt": "2026-01-01T00:00:00.000Z", "Revision": 1,
        "WriteId": "019b76da-a801-7000-8000-000000000000", "OpenShard": 2, "DueAt": "2026-01-01T01:00:00.000Z",
    })
}

fn transcoding() -> Value {
    let mut item = ready();
    if let Some(members) = item.as_object_mut() {
        members.remove("Renditions");
        let changes = json!({
            "Status": "transcoding", "ProjectStatus": "demo#transcoding",
            "ProjectStepStatus": "demo-0#transcoding", "Revision": 3, "OpenShard": 10,
            "DueAt": "2026-01-01T02:01:01.000Z",
        });
        members.extend(changes.as_object().cloned().unwrap_or_default());
    }
    item
}

fn ready() -> Value {
    json!({
        "ProjectStep": "demo-0", "Mail": EMAIL, "video": format!("{FOLDER}/{TAKE}.mp4"), "Project": "demo",
        "Step": 0, "Status": "ready", "ProjectStatus": "demo#ready", "ProjectStepStatus": "demo-0#ready",
        "LastUploadExpiry": "2026-01-01T01:00:00.000Z",
        "Take": {
            "Id": TAKE, "Version": VERSION, "Size": 20_000_000, "Etag": "d41d8cd98f00b204e9800998ecf8427e",
            "UploadedAt": "2026-01-01T00:01:00.123Z",
        },
        "Job": {
            "Attempt": 1, "Take": TAKE, "LeaseUntil": "2026-01-01T02:01:01.000Z",
            "Id": "1353713300000-abcdef", "Tries": 1,
        },
        "Renditions": {"web": {
            "Key": format!("output/web/{FOLDER}/{TAKE}-1.mp4"),
            "Poster": format!("output/web/{FOLDER}/{TAKE}-1-00001.png"),
            "Width": 1280, "Height": 720, "Duration": 10_000,
        }},
        "CreatedAt": "2026-01-01T00:00:00.000Z", "UpdatedAt": "2026-01-01T00:01:10.000Z", "Revision": 4,
        "WriteId": "019b76da-a801-7000-8000-000000000000",
    })
}

/// Converts plain JSON into DynamoDB's; `None` unless it is an object.
fn attributes(plain: &Value) -> Option<Map<String, Value>> {
    let item: serde_dynamo::Item = serde_dynamo::to_item(plain).ok()?;
    serde_json::to_value(item).ok()?.as_object().cloned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn cases_have_different_names() {
        let names: BTreeSet<String> = all().iter().map(BenchCase::name).collect();
        assert_eq!(names.len(), all().len());
    }

    #[test]
    fn items_are_in_dynamodbs_form() {
        let state = holding(awaiting_upload());
        let item = state.item.unwrap();
        assert_eq!(item["Revision"], json!({"N": "1"}));
        assert_eq!(item["PendingUpload"]["M"]["Take"], json!({"S": TAKE}));
    }
}
