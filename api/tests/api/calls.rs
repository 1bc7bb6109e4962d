//! The calls to AWS that each request makes.

use std::sync::{Arc, Mutex};

use crate::fixture::{GET, Request, UPLOAD_REQUEST, answer, json_of, router_on, start_fake_aws};

#[tokio::test]
async fn request_makes_only_the_necessary_calls() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let aws = start_fake_aws(move |operation| {
        log.lock().unwrap().push(operation.to_owned());
        let body = match operation {
            "GetParameter" => r#"{"Parameter":{"Value":"0123456789abcdef0123456789abcdef"}}"#,
            "Query" => r#"{"Items":[],"Count":0,"ScannedCount":0}"#,
            _ => "{}",
        };
        ("200 OK", body)
    });
    let router = router_on(&aws.await);
    let calls = async |request: Request<'_>, status: i64| {
        let answer = answer(&router, request).await;
        assert_eq!(answer.status_code, status, "{answer:?}");
        (std::mem::take(&mut *seen.lock().unwrap()), json_of(&answer))
    };

    let (first, issued) = calls(UPLOAD_REQUEST, 201).await;
    assert_eq!(
        first,
        ["GetItem", "UpdateItem", "GetParameter"],
        "the secret is read at its first use"
    );
    let (again, _) = calls(UPLOAD_REQUEST, 201).await;
    assert_eq!(again, ["GetItem", "UpdateItem"]);

    let upload = format!(
        "{}/{}",
        "/projects/demo/steps/0/uploads",
        issued["upload"]["take"].as_str().unwrap()
    );
    let token = issued["upload"]["token"].as_str().unwrap();
    let (state, _) = calls(
        Request {
            path: &upload,
            header: ("upload-token", token),
            ..GET
        },
        200,
    )
    .await;
    assert_eq!(state, ["GetItem"]);
    let (refused, _) = calls(
        Request {
            path: &upload,
            header: ("upload-token", "x"),
            ..GET
        },
        403,
    )
    .await;
    assert_eq!(refused, Vec::<String>::new());

    let list = Request {
        path: "/projects/demo/steps/0/responses",
        ..GET
    };
    assert_eq!(calls(list, 200).await.0, ["Query"]);
    let filtered = Request {
        path: "/projects/demo/responses",
        query: "status=ready",
        ..GET
    };
    assert_eq!(calls(filtered, 200).await.0, ["Query"]);
    let of_email = Request {
        path: "/responses",
        query: "email=ann@example.com",
        ..GET
    };
    assert_eq!(calls(of_email, 200).await.0, ["Query"]);
    let one = Request {
        path: "/projects/demo/steps/0/responses/ann@example.com",
        ..GET
    };
    assert_eq!(calls(one, 404).await.0, ["GetItem"]);
    for (path, status) in [
        ("/health", 200),
        ("/openapi.json", 200),
        ("/projects/-/responses", 400),
    ] {
        assert_eq!(
            calls(Request { path, ..GET }, status).await.0,
            Vec::<String>::new(),
            "{path}"
        );
    }
}
