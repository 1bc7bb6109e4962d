//! The operation of a request, and its answer.

use serde_json::{Value, json};

use super::services::{StubService, StubState};
use super::table;
use crate::http::{HttpRequest, HttpResponse};

/// The identifier of every job.
const JOB: &str = "1353713300000-abcdef";

/// Returns the name of a request's operation, as the service's API reference names it.
pub fn operation(service: StubService, request: &HttpRequest) -> String {
    if let Some(target) = request.header("x-amz-target") {
        return target.rsplit('.').next().unwrap_or_default().to_owned();
    }
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let has = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
    let is_bucket = !path.trim_matches('/').contains('/');
    let last = path.rsplit('/').next().unwrap_or_default();
    let name = match (service, request.method.as_str()) {
        (StubService::S3, "HEAD") if is_bucket => "HeadBucket",
        (StubService::S3, "HEAD") => "HeadObject",
        (StubService::S3, "GET") if has("versions") => "ListObjectVersions",
        (StubService::S3, "GET") if has("uploads") => "ListMultipartUploads",
        (StubService::S3, "GET") if is_bucket => "ListObjectsV2",
        (StubService::S3, "GET") if has("tagging") => "GetObjectTagging",
        (StubService::S3, "GET") => "GetObject",
        (StubService::S3, "DELETE") => "DeleteObject",
        (StubService::S3, "POST") if has("delete") => "DeleteObjects",
        (StubService::S3, "POST") if has("uploads") => "CreateMultipartUpload",
        (StubService::ElasticTranscoder | StubService::MediaConvert, "POST") if last == "jobs" => "CreateJob",
        (StubService::MediaConvert, "POST") if last == "probe" => "Probe",
        (StubService::ElasticTranscoder, "GET") => "ReadJob",
        (StubService::MediaConvert, "GET") => "GetJob",
        (StubService::ElasticTranscoder | StubService::MediaConvert, "DELETE") => "CancelJob",
        _ => return format!("{} {path}", request.method),
    };
    name.to_owned()
}

/// Answers a request. An operation that the stub does not know gets 400.
pub fn answer(
    service: StubService,
    operation: &str,
    request: &HttpRequest,
    state: &mut StubState,
) -> HttpResponse {
    let input = || serde_json::from_slice::<Value>(&request.body).unwrap_or_default();
    let known = match service {
        StubService::DynamoDb => table::answer(operation, &input(), state).map(|body| amz_json("1.0", &body)),
        StubService::Ssm => parameter(operation, &input()).map(|body| amz_json("1.1", &body)),
        StubService::Sqs => message(operation).map(|body| amz_json("1.0", &body)),
        StubService::S3 => s3(operation, state),
        StubService::ElasticTranscoder => elastic_transcoder(operation, &input()),
        StubService::MediaConvert => media_convert(operation, &input()),
    };
    known.unwrap_or_else(|| {
        let message = format!("the stub does not know {operation}");
        HttpResponse::json(400, &json!({"__type": "ValidationException", "message": message}))
    })
}

fn amz_json(version: &str, body: &Value) -> HttpResponse {
    let response = HttpResponse {
        status: 200,
        body: body.to_string().into_bytes(),
        ..HttpResponse::default()
    };
    response.with("Content-Type", &format!("application/x-amz-json-{version}"))
}

fn parameter(operation: &str, input: &Value) -> Option<Value> {
    (operation == "GetParameter").then(|| {
        json!({"Parameter": {
            "ARN": "arn:aws:ssm:eu-west-1:123456789012:parameter/bench/secret",
            "DataType": "text",
            "LastModifiedDate": 1_767_225_600.0,
            "Name": input["Name"],
            "Type": "SecureString",
            "Value": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            "Version": 1,
        }})
    })
}

fn message(operation: &str) -> Option<Value> {
    (operation == "SendMessage").then(|| json!({"MessageId": "5fea7756-0ea4-451a-a703-a558b933e274"}))
}

fn s3(operation: &str, state: &StubState) -> Option<HttpResponse> {
    let object = &state.object;
    let mut response = HttpResponse {
        status: 200,
        ..HttpResponse::default()
    };
    match operation {
        "HeadObject" => {
            response.head_length = Some(object.size);
            response = response
                .with("Content-Type", "video/mp4")
                .with("ETag", "\"d41d8cd98f00b204e9800998ecf8427e\"")
                .with("Last-Modified", "Thu, 01 Jan 2026 00:01:00 GMT")
                .with("Accept-Ranges", "bytes")
                .with("x-amz-server-side-encryption", "AES256")
                .with("x-amz-version-id", &object.version);
            for (name, value) in &object.metadata {
                response = response.with(&format!("x-amz-meta-{name}"), value);
            }
        }
        "HeadBucket" => {}
        "DeleteObject" => response.status = 204,
        "ListObjectsV2" => response.body = xml("ListBucketResult"),
        "ListObjectVersions" => response.body = xml("ListVersionsResult"),
        "ListMultipartUploads" => response.body = xml("ListMultipartUploadsResult"),
        _ => return None,
    }
    Some(response)
}

/// Returns an empty list, as S3 writes it.
fn xml(root: &str) -> Vec<u8> {
    let namespace = "http://s3.amazonaws.com/doc/2006-03-01/";
    let text = "<Name>uploads</Name><Prefix></Prefix><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>";
    let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    format!("{declaration}<{root} xmlns=\"{namespace}\">{text}</{root}>").into_bytes()
}

fn elastic_transcoder(operation: &str, input: &Value) -> Option<HttpResponse> {
    let job = json!({"Job": {
        "Id": JOB,
        "Arn": format!("arn:aws:elastictranscoder:eu-west-1:123456789012:job/{JOB}"),
        "Status": "Submitted",
        "PipelineId": input["PipelineId"],
        "Input": input["Input"],
        "OutputKeyPrefix": input["OutputKeyPrefix"],
        "Outputs": input["Outputs"],
        "Playlists": [],
        "UserMetadata": input["UserMetadata"],
    }});
    match operation {
        "CreateJob" => Some(HttpResponse::json(201, &job)),
        "ReadJob" => Some(HttpResponse::json(200, &job)),
        _ => None,
    }
}

fn media_convert(operation: &str, input: &Value) -> Option<HttpResponse> {
    match operation {
        "CreateJob" => {
            let job = json!({"job": {
                "arn": format!("arn:aws:mediaconvert:eu-west-1:123456789012:jobs/{JOB}"),
                "id": JOB,
                "queue": input["queue"],
                "role": input["role"],
                "settings": input["settings"],
                "status": "SUBMITTED",
                "userMetadata": input["userMetadata"],
            }});
            Some(HttpResponse::json(201, &job))
        }
        "Probe" => {
            let video = json!({
                "codec": "H264", "codecMetadata": {"width": 1920, "height": 1080}, "height": 1080, "width": 1920,
                "frameRate": {"numerator": 30, "denominator": 1},
            });
            let tracks = json!([
                {"index": 1, "codec": "H264", "duration": 10.0, "trackType": "video", "videoProperties": video},
                {"index": 2, "codec": "AAC", "duration": 10.0, "trackType": "audio"},
            ]);
            let container = json!({"format": "mp4", "duration": 10.0, "tracks": tracks});
            let body = json!({"probeResults": [{"container": container}]});
            Some(HttpResponse::json(200, &body))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, target: &str, amz_target: Option<&str>) -> HttpRequest {
        let header = amz_target.map(|target| ("x-amz-target".to_owned(), target.to_owned()));
        HttpRequest {
            method: method.into(),
            target: target.into(),
            headers: header.into_iter().collect(),
            body: Vec::new(),
        }
    }

    #[test]
    fn operations_have_their_names() {
        let name = |service, method: &str, path: &str| operation(service, &request(method, path, None));
        for (method, path, expected) in [
            ("HEAD", "/uploads/demo/0/a.mp4?versionId=1", "HeadObject"),
            ("HEAD", "/uploads/", "HeadBucket"),
            ("GET", "/uploads/?list-type=2&prefix=a", "ListObjectsV2"),
            ("GET", "/uploads?versions&prefix=a", "ListObjectVersions"),
            ("POST", "/uploads/?delete", "DeleteObjects"),
            ("PATCH", "/uploads", "PATCH /uploads"),
        ] {
            assert_eq!(name(StubService::S3, method, path), expected, "{method} {path}");
        }
        let engine = StubService::ElasticTranscoder;
        assert_eq!(name(engine, "POST", "/2012-09-25/jobs"), "CreateJob");
        assert_eq!(name(engine, "GET", "/2012-09-25/jobs/1"), "ReadJob");
        let probe = name(StubService::MediaConvert, "POST", "/2017-08-29/probe");
        assert_eq!(probe, "Probe");
        let read = request("POST", "/", Some("DynamoDB_20120810.GetItem"));
        assert_eq!(operation(StubService::DynamoDb, &read), "GetItem");
    }

    #[test]
    fn unknown_operation_is_refused() {
        for service in StubService::ALL {
            let answer = answer(
                service,
                "Unknown",
                &HttpRequest::default(),
                &mut StubState::default(),
            );
            assert_eq!(answer.status, 400, "{service:?}");
        }
    }
}
