//! What the API answers without asking anybody: mostly problems.

use serde_json::{Value, json};

use crate::world::{ASK, GET, Request, answer, header, json_of, router_on};

/// Every call to AWS is refused at once: nothing listens on port 1.
const NOBODY: &str = "http://127.0.0.1:1";

async fn shown(request: Request<'_>) -> Value {
    let answer = answer(&router_on(NOBODY), request).await;
    assert_eq!(header(&answer, "x-request-id").as_deref(), Some("request-1"));
    assert_eq!(
        header(&answer, "content-length"),
        None,
        "the body has grown since it was counted"
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
    an_email_that_is_none: Request { path: "/projects/demo/steps/0/responses/ann", ..GET };
    a_limit_too_large: Request { path: "/projects/demo/steps/0/responses", query: "limit=101", ..GET };
    a_limit_that_is_no_number: Request { path: "/projects/demo/steps/0/responses", query: "limit=x", ..GET };
    a_list_without_the_scope: Request { path: "/projects/demo/steps/0/responses", scope: "responses/write", ..GET };
    videos_without_an_email: Request { path: "/videos", ..GET };
    asking_in_a_closed_project: Request { path: "/projects/closed/steps/0/responses", ..ASK };
    asking_for_too_much: Request { body: r#"{"email":"ann@example.com","content_type":"video/mp4","size":1001}"#, ..ASK };
    request_with_a_form_variable_in_the_email: Request { body: r#"{"email":"${filename}@example.com","content_type":"video/mp4","size":5}"#, ..ASK };
    asking_for_no_video: Request { body: r#"{"email":"ann@example.com","content_type":"text/plain","size":5}"#, ..ASK };
    asking_with_an_unknown_field: Request { body: r#"{"email":"ann@example.com","acl":"public-read"}"#, ..ASK };
    asking_with_broken_json: Request { body: "{", ..ASK };
    asking_in_another_media_type: Request { header: ("content-type", "text/plain"), ..ASK };
    asking_while_the_table_does_not_answer: ASK;
}

#[tokio::test]
async fn a_body_over_64_kib_is_refused() {
    let body = "x".repeat(64 * 1024 + 1);
    let answer = answer(&router_on(NOBODY), Request { body: &body, ..ASK }).await;
    assert_eq!(answer.status_code, 413);
}
