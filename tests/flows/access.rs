//! Authorization: who may call which route.

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use serde_json::json;
use tests::Stack;
use tests::http::Answer;
use tests::media::Sample;
use tests::respondent::Respondent;
use tests::wait::{SOON, TRANSCODED};

/// Returns the same token with another claim set, and with another signature.
fn tampered(token: &str) -> [String; 2] {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else {
        panic!("a token has three parts")
    };
    let other = if signature.starts_with('A') { "B" } else { "A" };
    [
        format!("{header}.{}x.{signature}", &claims[..claims.len() - 1]),
        format!("{header}.{claims}.{other}{}", &signature[1..]),
    ]
}

/// Checks that the gateway answered: the function's answers always have `x-request-id`.
fn assert_refused_by_the_gateway(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert!(answer.json()["message"].is_string(), "{}", answer.text());
    assert_eq!(answer.header("x-request-id"), None);
}

#[test]
fn invalid_token_is_rejected_by_the_gateway() {
    let stack = Stack::shared();
    let ann = stack.respondent_in_closed_project();
    let info = &stack.info;
    let scopes = "responses/read responses/write";
    let wrong_audience = stack.token_of(
        &info.wrong_audience_client_id,
        &info.wrong_audience_client_secret,
        scopes,
    );
    let short_lived = stack.short_lived_token(scopes);
    assert_eq!(stack.api_get(Some(&short_lived), &ann.responses()).status, 200);
    tests::eventually(SOON, "the token has expired", || {
        (stack.api_get(Some(&short_lived), &ann.responses()).status == 401).then_some(())
    });
    let mut bad = tampered(&info.token).to_vec();
    bad.extend([wrong_audience, short_lived, String::new(), "x".to_owned()]);
    let [read_only, write_only] = ["responses/read", "responses/write"].map(|scope| stack.token(scope));
    let email = format!("/responses?email={}", ann.email);
    let (retry, project) = (
        format!("{}/retry", ann.path()),
        format!("/projects/{}/responses", ann.project),
    );
    let presigned = format!("/presignedurl/{}/0?mail={}", ann.project, ann.email);
    let videos = format!("/videos?mail={}", ann.email);
    for (method, path, other_scope) in [
        ("GET", &ann.responses(), &write_only),
        ("HEAD", &ann.responses(), &write_only),
        ("GET", &ann.path(), &write_only),
        ("GET", &project, &write_only),
        ("GET", &email, &write_only),
        ("GET", &videos, &write_only),
        ("POST", &ann.responses(), &read_only),
        ("POST", &retry, &read_only),
        ("DELETE", &ann.path(), &read_only),
        ("DELETE", &email, &read_only),
        ("GET", &presigned, &read_only),
    ] {
        let refused = |token: Option<&str>, status| {
            let answer = stack.api_call(method, token, path);
            if method == "HEAD" {
                assert_eq!(
                    (answer.status, answer.header("x-request-id")),
                    (status, None),
                    "{method} {path}"
                );
            } else {
                assert_refused_by_the_gateway(&answer, status);
            }
        };
        refused(None, 401);
        for token in &bad {
            refused(Some(token), 401);
        }
        refused(Some(other_scope), 403);
    }
    assert_eq!(ann.item(), None);
}

#[test]
fn upload_request_needs_no_token_in_an_open_project() {
    let stack = Stack::shared();
    let clip = stack.sample(Sample::Clip);
    let closed = stack.respondent_in_closed_project();
    let presigned =
        |who: &Respondent<'_>| format!("/presignedurl/{}/{}?mail={}", who.project, who.step, who.email);
    let read_only = stack.token("responses/read");
    assert_eq!(closed.request_upload(None, &clip).status, 401);
    assert_eq!(closed.request_upload(Some(&read_only), &clip).status, 403);
    assert_eq!(stack.api_get(None, &presigned(&closed)).status, 401);
    assert_eq!(closed.item(), None);

    let form = closed.form(&clip);
    form.post(&clip).expect(204);
    closed.until("ready");

    let open = stack.respondent();
    open.request_upload(None, &clip).expect(201);
    stack.api_get(None, &presigned(&open)).expect(200);
}

#[test]
fn finished_response_of_an_open_project_is_not_replaced() {
    let stack = Stack::shared();
    let ann = stack.respondent();
    let clip = stack.sample(Sample::Clip);
    let early = ann.form(&clip);
    ann.submit(&clip);
    ann.until("ready");
    let item = ann.item();

    // In an open project a token changes nothing: docs/adr/0006-open-projects-have-routes-of-their-own.md.
    for token in [None, Some(stack.info.token.as_str())] {
        let problem = ann.request_upload(token, &clip).expect_problem(409);
        let key = item.as_ref().unwrap()["video"].as_str().unwrap();
        assert!(
            !problem.to_string().contains(key),
            "the problem must not contain the key: {problem}"
        );
    }
    // A form that was issued before has no effect either.
    early.post(&clip).expect(204);
    stack.until_idle(&stack.info.uploads_queue_url, TRANSCODED);
    assert_eq!(ann.item(), item);
    assert!(stack.job_states(early.key()).is_empty());
}

#[test]
fn upload_request_keeps_a_ready_response() {
    let stack = Stack::shared();
    let ann = stack.respondent_in_closed_project();
    let clip = stack.sample(Sample::Clip);
    ann.submit(&clip);
    let ready = ann.until("ready");
    let again = ann
        .request_upload(Some(&stack.info.token), &clip)
        .expect(201)
        .json();
    assert_eq!(
        (&again["response"]["status"], &again["response"]["upload"]),
        (&"ready".into(), &ready["upload"])
    );
    let response = ann.response();
    assert_eq!(
        (&response["status"], &response["upload"]),
        (&"ready".into(), &ready["upload"])
    );
    assert_eq!(response["playback"]["width"], 320);
}

#[test]
fn gateway_and_function_errors_have_their_own_shapes() {
    let stack = Stack::shared();
    assert_eq!(
        stack.api_get(None, "/health").expect(200).json(),
        json!({"status": "ok"})
    );
    assert_eq!(
        stack.owner_get(&stack.respondent().path()).expect_problem(404)["title"],
        "The response does not exist"
    );
    let unknown = json!({"email": "ann@example.com", "content_type": "video/mp4", "size": 1, "more": 1});
    stack
        .api_post(None, "/projects/demo/steps/0/responses", &unknown)
        .expect_problem(400);
    let text = json!({"email": "ann@example.com", "content_type": "text/plain", "size": 1});
    let problem = stack
        .api_post(None, "/projects/demo/steps/0/responses", &text)
        .expect_problem(400);
    assert_eq!(problem["field"], "content_type");
    assert!(stack.api_get(None, "/nothing").json()["message"].is_string());
}

#[test]
fn operator_is_limited_to_its_policy() {
    let stack = Stack::shared();
    let denied = |answer: tests::http::Answer| {
        assert_eq!(answer.status, 403, "{}", answer.text());
        assert!(answer.text().contains("AccessDenied"), "{}", answer.text());
    };
    denied(stack.iam(&[("Action", "CreateUser"), ("UserName", "anybody")]));
    denied(stack.iam(&[("Action", "ListUsers")]));
    let pipelines_role = stack.info.engine_role_arn.rsplit('/').next().unwrap();
    denied(stack.iam(&[("Action", "ListRolePolicies"), ("RoleName", pipelines_role)]));

    let refused = stack
        .run(
            stack
                .s3()
                .create_bucket()
                .bucket(tests::unique("anybodys"))
                .send(),
        )
        .unwrap_err();
    assert_eq!(refused.code(), Some("AccessDenied"));
    let refused = stack
        .run(
            stack
                .s3()
                .delete_bucket()
                .bucket(&stack.info.uploads_bucket)
                .send(),
        )
        .unwrap_err();
    assert_eq!(refused.code(), Some("AccessDenied"));
    let refused = stack
        .run(
            stack
                .dynamodb()
                .delete_table()
                .table_name(&stack.info.table)
                .send(),
        )
        .unwrap_err();
    assert_eq!(refused.code(), Some("AccessDeniedException"));
}
