//! The API's answer to a completion whose outcome S3 does not report.

use crate::fixture::{GET, Request, UPLOAD_REQUEST, answer, json_of, router_taking, start_fake_aws};

const SIZE: u64 = 100_000_001;

/// Five parts of 16 MiB, and a sixth with the rest.
const PARTS: &str = "<ListPartsResult>\
    <Part><PartNumber>1</PartNumber><ETag>e</ETag><Size>16777216</Size></Part>\
    <Part><PartNumber>2</PartNumber><ETag>e</ETag><Size>16777216</Size></Part>\
    <Part><PartNumber>3</PartNumber><ETag>e</ETag><Size>16777216</Size></Part>\
    <Part><PartNumber>4</PartNumber><ETag>e</ETag><Size>16777216</Size></Part>\
    <Part><PartNumber>5</PartNumber><ETag>e</ETag><Size>16777216</Size></Part>\
    <Part><PartNumber>6</PartNumber><ETag>e</ETag><Size>16113921</Size></Part>\
    </ListPartsResult>";

const FAILED: &str =
    "<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>";

/// Completes an upload while S3 answers with `status` and `body`. Returns the HTTP status and the upload's status.
async fn complete(status: &'static str, body: &'static str) -> (i64, String) {
    let aws = start_fake_aws(move |operation| match operation {
        "GetParameter" => (
            "200 OK",
            r#"{"Parameter":{"Value":"0123456789abcdef0123456789abcdef"}}"#,
        ),
        "GetItem" | "UpdateItem" => ("200 OK", "{}"),
        line if line.contains("?uploads") => (
            "200 OK",
            "<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>",
        ),
        line if line.starts_with("GET ") => ("200 OK", PARTS),
        _ => (status, body),
    });
    let router = router_taking(&aws.await, &SIZE.to_string());
    let body = format!(
        r#"{{"email":"ann@example.com","content_type":"video/mp4","size":{SIZE},"method":"multipart"}}"#
    );
    let issued = answer(
        &router,
        Request {
            body: &body,
            ..UPLOAD_REQUEST
        },
    )
    .await;
    assert_eq!(issued.status_code, 201, "{issued:?}");
    let upload = json_of(&issued)["upload"].clone();
    let path = format!(
        "/projects/demo/steps/0/uploads/{}/complete",
        upload["take"].as_str().unwrap()
    );
    let completed = Request {
        method: "POST",
        path: &path,
        header: ("upload-token", upload["token"].as_str().unwrap()),
        ..GET
    };
    let completed = answer(&router, completed).await;
    let state = json_of(&completed)["status"].to_string();
    (completed.status_code, state)
}

#[tokio::test]
async fn completion_with_unknown_outcome_is_202() {
    let awaited = (202, r#""awaiting-upload""#.to_owned());
    assert_eq!(complete("200 OK", FAILED).await, awaited);
    assert_eq!(complete("500 Internal Server Error", FAILED).await, awaited);
}

#[tokio::test]
async fn completion_with_known_outcome_is_reported() {
    let done = "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>";
    assert_eq!(complete("200 OK", done).await, (200, r#""uploaded""#.to_owned()));
    let slow = "<Error><Code>SlowDown</Code></Error>";
    assert_eq!(complete("503 Slow Down", slow).await.0, 503);
}
