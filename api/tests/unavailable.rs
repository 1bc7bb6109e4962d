//! What the API answers when DynamoDB throttles, fails, refuses, or says nothing that can be understood.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is not as it should be"
)]

use api::{App, Settings, gateway, router};
use aws::{Clients, Environment, Platform};
use aws_lambda_events::encodings::Body;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Something that answers every request alike, and closes the connection. It stands for AWS on a bad day, which no
/// emulator has on demand.
async fn answering(status: &'static str, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = connection.read(&mut request).await;
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {length}\r\n\
                 connection: close\r\n\r\n{body}"
            );
            let _ = connection.write_all(answer.as_bytes()).await;
        }
    });
    url
}

async fn answer(aws: &str, method: &str, path: &str, body: &str) -> (i64, Option<String>, String) {
    let environment = Environment::from([
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_ENDPOINT_URL", aws),
        ("RESPONSES_TABLE_NAME", "responses"),
        ("UPLOADS_BUCKET", "uploads"),
        ("RENDITIONS_BUCKET", "renditions"),
        ("SECRET_PARAMETER", "/responses/secret"),
        ("ADOPTED_ITEMS", "false"),
        ("OPEN_UPLOADS", "demo"),
        ("UPLOAD_MAX_BYTES", "1000"),
        ("UPLOAD_MINUTES", "60"),
        ("PLAYBACK_MINUTES", "60"),
    ]);
    let clients = Clients::new(Platform::new(&environment).unwrap()).unwrap();
    let app = App::new(Settings::new(&environment).unwrap(), &clients);
    let event = json!({
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json"},
        "requestContext": {
            "requestId": "request-1",
            "http": {"method": method, "path": path},
            "authorizer": {"jwt": {"claims": {"scope": "responses/read responses/write"}, "scopes": null}},
        },
        "body": body,
        "isBase64Encoded": false,
    });
    let answer = gateway::answer(router(app), serde_json::from_value(event).unwrap()).await;
    let retry_after = answer
        .headers
        .get("retry-after")
        .map(|value| value.to_str().unwrap().to_owned());
    let Some(Body::Text(text)) = answer.body else {
        panic!("{answer:?}")
    };
    (answer.status_code, retry_after, text)
}

#[tokio::test]
async fn a_service_that_fails_is_a_503_that_tells_nothing_of_it() {
    let throttled = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"Rate of table responses-internal exceeded"}"#;
    let failed =
        r#"{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"internal stack"}"#;
    let denied = r#"{"__type":"com.amazon.coral.service#AccessDeniedException","message":"arn:aws:iam::1:role/internal may not"}"#;
    for (status, body) in [
        ("400 Bad Request", throttled),
        ("500 Internal Server Error", failed),
        ("400 Bad Request", denied),
        ("200 OK", "<html>internal"),
        ("503 Service Unavailable", ""),
    ] {
        let aws = answering(status, body).await;
        let ask = r#"{"mail":"ann@example.com","content_type":"video/mp4","size":5}"#;
        for (method, path, request) in [
            ("GET", "/projects/demo/steps/0/responses", ""),
            ("GET", "/projects/demo/steps/0/responses/ann@example.com", ""),
            ("POST", "/projects/demo/steps/0/responses", ask),
            ("DELETE", "/projects/demo/steps/0/responses/ann@example.com", ""),
        ] {
            let (answered, retry_after, text) = answer(&aws, method, path, request).await;
            assert_eq!(
                (answered, retry_after.as_deref()),
                (503, Some("2")),
                "{method} {path} on {body}: {text}"
            );
            let problem: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(problem["type"], "urn:video-responses:problem:unavailable");
            for internal in ["internal", "arn:", "Exception", "dynamodb", "responses-", "Sdk"] {
                assert!(!text.contains(internal), "{internal:?} in {text}");
            }
        }
    }
}
