//! Answers of the API while every call to AWS fails: mostly problems.

use serde_json::{Value, json};

use crate::fixture::{GET, Request, UPLOAD_REQUEST, answer, header, json_of, router_on};

/// An endpoint that refuses every connection: no server listens on port 1.
const UNREACHABLE_AWS: &str = "http://127.0.0.1:1";

async fn rendered(request: Request<'_>) -> Value {
    let answer = answer(&router_on(UNREACHABLE_AWS), request).await;
    assert_eq!(header(&answer, "x-request-id").as_deref(), Some("request-1"));
    assert_eq!(
        header(&answer, "content-length"),
        None,
        "API Gateway sets the content length itself"
    );
    json!({
        "status": answer.status_code,
        "content-type": header(&answer, "content-type"),
        "cache-control": header(&answer, "cache-control"),
        "retry-after": header(&answer, "retry-after"),
        "allow": header(&answer, "allow"),
        "body": json_of(&answer),
    })
}

macro_rules! answers_like_this {
    ($($name:ident: $request:expr;)*) => {$(
        #[tokio::test]
        async fn $name() {
            insta::assert_json_snapshot!(rendered($request).await);
        }
    )*};
}

answers_like_this! {
    health: Request { path: "/health", ..GET };
    no_such_route: Request { path: "/nothing", ..GET };
    no_such_method: Request { method: "PUT", path: "/health", ..GET };
    path_with_dots: Request { path: "/projects/../health", ..GET };
    invalid_project: Request { path: "/projects/-/steps/0/responses", ..GET };
    overflowing_step: Request { path: "/projects/demo/steps/65536/responses", ..GET };
    invalid_email: Request { path: "/projects/demo/steps/0/responses/ann", ..GET };
    limit_too_large: Request { path: "/projects/demo/steps/0/responses", query: "limit=101", ..GET };
    limit_not_a_number: Request { path: "/projects/demo/steps/0/responses", query: "limit=x", ..GET };
    list_without_the_scope: Request { path: "/projects/demo/steps/0/responses", scope: "responses/write", ..GET };
    videos_without_an_email: Request { path: "/videos", ..GET };
    upload_request_in_a_closed_project: Request { path: "/projects/closed/steps/0/responses", ..UPLOAD_REQUEST };
    upload_request_too_large: Request { body: r#"{"email":"ann@example.com","content_type":"video/mp4","size":1001}"#, ..UPLOAD_REQUEST };
    upload_request_with_a_form_variable_in_the_email: Request { body: r#"{"email":"${filename}@example.com","content_type":"video/mp4","size":5}"#, ..UPLOAD_REQUEST };
    upload_request_for_another_media_type: Request { body: r#"{"email":"ann@example.com","content_type":"text/plain","size":5}"#, ..UPLOAD_REQUEST };
    upload_request_with_an_unknown_field: Request { body: r#"{"email":"ann@example.com","acl":"public-read"}"#, ..UPLOAD_REQUEST };
    upload_request_with_broken_json: Request { body: "{", ..UPLOAD_REQUEST };
    upload_request_without_json: Request { header: ("content-type", "text/plain"), ..UPLOAD_REQUEST };
    upload_request_without_a_table: UPLOAD_REQUEST;
}

#[tokio::test]
async fn body_over_64_kib_is_rejected() {
    let body = "x".repeat(64 * 1024 + 1);
    let answer = answer(
        &router_on(UNREACHABLE_AWS),
        Request {
            body: &body,
            ..UPLOAD_REQUEST
        },
    )
    .await;
    assert_eq!(answer.status_code, 413);
}
