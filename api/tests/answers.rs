//! What the API answers without asking anybody: mostly problems.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is not as it should be"
)]

use api::{App, Settings, gateway, router};
use aws::{Clients, Environment, Platform};
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::encodings::Body;
use serde_json::{Value, json};

/// An application whose every call to AWS is refused at once: nothing listens on port 1.
fn app() -> App {
    let environment = Environment::from([
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("RESPONSES_TABLE_NAME", "responses"),
        ("UPLOADS_BUCKET", "uploads"),
        ("RENDITIONS_BUCKET", "renditions"),
        ("SECRET_PARAMETER", "/responses/secret"),
        ("ADOPTED_ITEMS", "true"),
        ("OPEN_UPLOADS", "demo"),
        ("UPLOAD_MAX_BYTES", "1000"),
        ("UPLOAD_MINUTES", "60"),
        ("PLAYBACK_MINUTES", "60"),
    ]);
    let clients = Clients::new(Platform::new(&environment).unwrap()).unwrap();
    App::new(Settings::new(&environment).unwrap(), &clients)
}

struct Request<'a> {
    method: &'a str,
    path: &'a str,
    query: &'a str,
    content_type: &'a str,
    body: &'a str,
    scope: &'a str,
}

const GET: Request<'_> = Request {
    method: "GET",
    path: "/",
    query: "",
    content_type: "",
    body: "",
    scope: "responses/read",
};
const ASK: Request<'_> = Request {
    method: "POST",
    path: "/projects/demo/steps/0/responses",
    content_type: "application/json",
    body: r#"{"mail":"ann@example.com","content_type":"video/mp4","size":5}"#,
    scope: "",
    ..GET
};

async fn answer(request: Request<'_>) -> ApiGatewayV2httpResponse {
    let event: ApiGatewayV2httpRequest = serde_json::from_value(json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": {"content-type": request.content_type, "host": "api.example.com"},
        "requestContext": {
            "requestId": "request-1",
            "http": {"method": request.method, "path": request.path},
            "authorizer": {"jwt": {"claims": {"scope": request.scope}, "scopes": null}},
        },
        "body": request.body,
        "isBase64Encoded": false,
    }))
    .unwrap();
    gateway::answer(router(app()), event).await
}

async fn shown(request: Request<'_>) -> Value {
    let answer = answer(request).await;
    let header = |name: &str| {
        answer
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let body: Value = match answer.body.as_ref().unwrap() {
        Body::Text(text) => serde_json::from_str(text).unwrap(),
        other => panic!("{other:?}"),
    };
    assert_eq!(header("x-request-id").as_deref(), Some("request-1"));
    assert_eq!(
        header("content-length"),
        None,
        "the body has grown since it was counted"
    );
    json!({
        "status": answer.status_code,
        "content-type": header("content-type"),
        "retry-after": header("retry-after"),
        "allow": header("allow"),
        "body": body,
    })
}

macro_rules! answers_like_this {
    ($($name:ident: $request:expr;)*) => {$(
        #[tokio::test]
        async fn $name() {
            insta::assert_json_snapshot!(shown($request).await);
        }
    )*};
}

answers_like_this! {
    health: Request { path: "/health", ..GET };
    no_such_route: Request { path: "/nothing", ..GET };
    no_such_method: Request { method: "PUT", path: "/health", ..GET };
    a_path_with_dots: Request { path: "/projects/../health", ..GET };
    a_project_that_is_none: Request { path: "/projects/-/steps/0/responses", ..GET };
    a_step_that_overflows: Request { path: "/projects/demo/steps/65536/responses", ..GET };
    a_mail_that_is_none: Request { path: "/projects/demo/steps/0/responses/ann", ..GET };
    a_limit_too_large: Request { path: "/projects/demo/steps/0/responses", query: "limit=101", ..GET };
    a_limit_that_is_no_number: Request { path: "/projects/demo/steps/0/responses", query: "limit=x", ..GET };
    a_list_without_the_scope: Request { path: "/projects/demo/steps/0/responses", scope: "responses/write", ..GET };
    videos_without_a_mail: Request { path: "/videos", ..GET };
    asking_in_a_closed_project: Request { path: "/projects/closed/steps/0/responses", ..ASK };
    asking_for_too_much: Request { body: r#"{"mail":"ann@example.com","content_type":"video/mp4","size":1001}"#, ..ASK };
    asking_for_no_video: Request { body: r#"{"mail":"ann@example.com","content_type":"text/plain","size":5}"#, ..ASK };
    asking_with_an_unknown_field: Request { body: r#"{"mail":"ann@example.com","acl":"public-read"}"#, ..ASK };
    asking_with_broken_json: Request { body: "{", ..ASK };
    asking_in_another_media_type: Request { content_type: "text/plain", ..ASK };
    asking_while_the_table_does_not_answer: ASK;
}

#[tokio::test]
async fn a_body_over_64_kib_is_refused() {
    let body = "x".repeat(64 * 1024 + 1);
    assert_eq!(answer(Request { body: &body, ..ASK }).await.status_code, 413);
}
