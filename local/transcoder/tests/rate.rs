//! The rate limit of CreateJob, with the Rust SDK's clients.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by a panic")]

mod common;

use std::path::Path;
use std::sync::Arc;

use aws_sdk_elastictranscoder::error::{ProvideErrorMetadata, SdkError};
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use common::elastic::WEB;
use common::{elastic, media_convert};
use serde_json::{Value, json};
use tower::ServiceExt;
use transcoder::config::TranscoderArguments;
use transcoder::{api, service::TranscoderService};

/// A service that accepts two jobs and then none for the duration of a test.
fn service(state: &Path) -> Arc<TranscoderService> {
    let arguments = TranscoderArguments {
        port: 0,
        state: state.to_owned(),
        ffmpeg: "/bin/sh".into(),
        endpoint_url: "http://127.0.0.1:9".into(),
        region: "us-east-1".into(),
        credentials: state.join("credentials.json"),
        max_jobs: 1,
        jobs_per_second: 1e-6,
        burst: 2,
        account: "000000000000".into(),
    };
    Arc::new(TranscoderService::open(&arguments).unwrap())
}

async fn serve(service: &Arc<TranscoderService>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, api::router(Arc::clone(service))).into_future());
    url
}

async fn rate(service: &Arc<TranscoderService>, method: &str, body: &str) -> (StatusCode, Value) {
    let request = Request::builder().method(method).uri("/local/rate");
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let response = api::router(Arc::clone(service)).oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap())
}

#[tokio::test]
async fn elastic_transcoder_throttles_create_job_alone() {
    let state = tempfile::tempdir().unwrap();
    let service = service(state.path());
    let client = elastic::client(&serve(&service).await);
    let pipeline = elastic::pipeline(&client).await;
    let create = || elastic::create(&client, &pipeline, "a.mov", WEB);
    let first = elastic::started(create()).await;
    let refused = client.create_job().pipeline_id("x").send().await.unwrap_err();
    assert_eq!(
        refused.code(),
        Some("ValidationException"),
        "a rejected call counts too"
    );

    let throttled = create().send().await.unwrap_err();
    let status = throttled
        .raw_response()
        .map(|response| response.status().as_u16());
    assert!(matches!(throttled, SdkError::ServiceError(_)), "{throttled:?}");
    assert_eq!(
        (status, throttled.code(), throttled.message()),
        (Some(400), Some("ThrottlingException"), Some("Rate exceeded"))
    );
    let list = client.list_jobs_by_pipeline().pipeline_id(&pipeline);
    let jobs = list.send().await.unwrap().jobs.unwrap();
    let ids: Vec<_> = jobs.iter().filter_map(|job| job.id()).collect();
    assert_eq!(ids, [first], "nothing was created, and other calls go on");

    let (_, set) = rate(&service, "PUT", r#"{"jobs_per_second": 2, "burst": 1}"#).await;
    assert_eq!(set, json!({ "jobs_per_second": 2.0, "burst": 1 }));
    elastic::started(create()).await;
}

#[tokio::test]
async fn media_convert_throttles_create_job_alone() {
    let state = tempfile::tempdir().unwrap();
    let service = service(state.path());
    let client = media_convert::client(&serve(&service).await);
    let create = || media_convert::create(&client, "s3://uploads/a").client_request_token("once");
    let first = media_convert::started(create()).await;
    let again = media_convert::started(create()).await;
    assert_eq!(first.id(), again.id());

    let throttled = create().send().await.unwrap_err();
    let status = throttled
        .raw_response()
        .map(|response| response.status().as_u16());
    assert_eq!(
        (status, throttled.code(), throttled.message()),
        (Some(429), Some("TooManyRequestsException"), Some("Rate exceeded"))
    );
    let throttled = throttled.into_service_error();
    assert!(
        throttled.is_too_many_requests_exception(),
        "a known token counts too: {throttled:?}"
    );
    let jobs = client.list_jobs().send().await.unwrap().jobs.unwrap();
    assert_eq!(jobs.len(), 1, "nothing was created, and other calls go on");
}

#[tokio::test]
async fn each_service_has_a_rate_of_its_own() {
    let state = tempfile::tempdir().unwrap();
    let service = service(state.path());
    let url = serve(&service).await;
    let media_convert = media_convert::client(&url);
    for _ in 0..2 {
        media_convert::started(media_convert::create(&media_convert, "s3://uploads/a")).await;
    }
    let refused = media_convert::create(&media_convert, "s3://uploads/a")
        .send()
        .await;
    assert!(refused.is_err());
    let elastic = elastic::client(&url);
    let pipeline = elastic::pipeline(&elastic).await;
    elastic::started(elastic::create(&elastic, &pipeline, "a.mov", WEB)).await;
}

#[tokio::test]
async fn rate_can_be_read_and_set() {
    let state = tempfile::tempdir().unwrap();
    let service = service(state.path());
    let before = json!({ "jobs_per_second": 1e-6, "burst": 2 });
    for (body, problem) in [
        ("", "EOF while parsing a value"),
        ("[2, 2]", "the body is no object"),
        (r#"{"burst": 2}"#, "missing field `jobs_per_second`"),
        (r#"{"jobs_per_second": 2}"#, "missing field `burst`"),
        (
            r#"{"jobs_per_second": 0, "burst": 2}"#,
            "jobs_per_second must be a positive number",
        ),
        (
            r#"{"jobs_per_second": -1, "burst": 2}"#,
            "jobs_per_second must be a positive number",
        ),
        (
            r#"{"jobs_per_second": "2", "burst": 2}"#,
            "jobs_per_second: invalid type",
        ),
        (r#"{"jobs_per_second": 2, "burst": 0}"#, "burst must be 1 or more"),
        (r#"{"jobs_per_second": 2, "burst": 1.5}"#, "burst: invalid type"),
        (
            r#"{"jobs_per_second": 2, "burst": 2, "brust": 3}"#,
            "unknown field `brust`",
        ),
    ] {
        let (status, answer) = rate(&service, "PUT", body).await;
        let message = answer["message"].as_str().unwrap();
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert!(
            message.starts_with("this is no rate: ") && message.contains(problem),
            "{message}"
        );
    }
    assert_eq!(rate(&service, "GET", "").await, (StatusCode::OK, before));
    let slow = json!({ "jobs_per_second": 0.25, "burst": 7 });
    let set = rate(&service, "PUT", &slow.to_string()).await;
    assert_eq!(set, (StatusCode::OK, slow.clone()));
    assert_eq!(rate(&service, "GET", "").await, (StatusCode::OK, slow));
}
