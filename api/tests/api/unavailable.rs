//! The API's answers when DynamoDB throttles, fails, rejects a call, or sends an invalid answer.

use crate::fixture::{
    GET, Request, UPLOAD_REQUEST, answer, header, json_of, router_on, start_fake_aws, text,
};

const THROTTLED: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"Rate of table responses-internal exceeded"}"#;
const FAILED: &str =
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"internal stack"}"#;
const DENIED: &str = r#"{"__type":"com.amazon.coral.service#AccessDeniedException","message":"arn:aws:iam::1:role/internal may not"}"#;

#[tokio::test]
async fn failed_service_is_503_without_internal_details() {
    let response = "/projects/demo/steps/0/responses/ann@example.com";
    for (status, body) in [
        ("400 Bad Request", THROTTLED),
        ("500 Internal Server Error", FAILED),
        ("400 Bad Request", DENIED),
        ("200 OK", "<html>internal"),
        ("503 Service Unavailable", ""),
    ] {
        let router = router_on(&start_fake_aws(move |_| (status, body)).await);
        for request in [
            Request {
                path: UPLOAD_REQUEST.path,
                ..GET
            },
            Request {
                path: response,
                ..GET
            },
            UPLOAD_REQUEST,
            Request {
                method: "DELETE",
                path: response,
                scope: "responses/write",
                ..GET
            },
        ] {
            let what = format!("{} {} on {body}", request.method, request.path);
            let answer = answer(&router, request).await;
            let retry_after = header(&answer, "retry-after");
            assert_eq!(
                (answer.status_code, retry_after.as_deref()),
                (503, Some("2")),
                "{what}"
            );
            assert_eq!(
                json_of(&answer)["type"],
                "urn:video-responses:problem:unavailable"
            );
            let said = text(&answer);
            for internal in ["internal", "arn:", "Exception", "dynamodb", "responses-", "Sdk"] {
                assert!(!said.contains(internal), "{internal:?} in {said}");
            }
        }
    }
}
