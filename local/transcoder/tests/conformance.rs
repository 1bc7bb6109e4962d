//! Satisfies and breaks each constraint of the service models once. botocore's models determine the expected results.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by a panic"
)]

mod common;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use common::cloud::{TestCloud, USER};
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;
use transcoder::config::TranscoderArguments;
use transcoder::{api, service::TranscoderService};

const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// A service whose model determines the expected results.
struct Subject {
    /// Its name in botocore.
    name: &'static str,
    /// The Python environment that contains the model.
    environment: &'static str,
    /// The error of a request that breaks the model.
    error: &'static str,
    /// The transcoder's table of the model.
    table: &'static str,
}

const ELASTIC_TRANSCODER: Subject = Subject {
    name: "elastictranscoder",
    environment: python_tools::TESTS,
    error: "ValidationException",
    table: "elastic_transcoder.json",
};

const MEDIA_CONVERT: Subject = Subject {
    name: "mediaconvert",
    environment: python_tools::MODELS,
    error: "BadRequestException",
    table: "media_convert.json",
};

impl Subject {
    /// Returns the output of a program of `tests/python` for this service.
    fn python(&self, program: &str) -> String {
        python_tools::run_in(self.environment, program, &[self.name], &Value::Null)
    }
}

/// The output of `conformance.py`.
#[derive(Deserialize)]
struct Suite {
    fixtures: BTreeMap<String, ConformanceFixture>,
    cases: Vec<Case>,
}

/// A request that creates a resource, and the place of the resource's name in the answer.
#[derive(Deserialize)]
struct ConformanceFixture {
    request: Wire,
    id: String,
}

/// A request and the model's verdict on it.
#[derive(Deserialize)]
struct Case {
    name: String,
    request: Wire,
    valid: bool,
}

/// A request, with `$name` for values that are known only when it is sent.
#[derive(Deserialize)]
struct Wire {
    method: String,
    path: String,
    body: Value,
}

/// The answer to a request.
struct ServiceAnswer {
    status: StatusCode,
    error: String,
    body: Value,
}

/// A transcoder without a worker and without a rate limit.
struct ConformanceTranscoder {
    service: Arc<TranscoderService>,
    names: AtomicUsize,
    _state: TempDir,
}

impl ConformanceTranscoder {
    async fn start() -> Self {
        let cloud = TestCloud::start().await;
        let video = common::video("-f lavfi -i testsrc=size=64x64:rate=5:duration=1");
        cloud.put("/uploads/video.mp4", video);
        let state = tempfile::tempdir().unwrap();
        let credentials = state.path().join("credentials.json");
        let keys = json!({ "access_key_id": USER, "secret_access_key": "s" });
        std::fs::write(&credentials, keys.to_string()).unwrap();
        let arguments = TranscoderArguments {
            port: 0,
            state: state.path().join("state"),
            ffmpeg: common::ffmpeg(),
            endpoint_url: cloud.url,
            region: "us-east-1".into(),
            credentials,
            max_jobs: 1,
            jobs_per_second: 1.0,
            burst: u32::MAX,
            account: "000000000000".into(),
        };
        Self {
            service: Arc::new(TranscoderService::open(&arguments).unwrap()),
            names: AtomicUsize::new(0),
            _state: state,
        }
    }

    /// Creates the resources that a request needs, then sends the request.
    async fn send(&self, suite: &Suite, request: &Wire) -> ServiceAnswer {
        let mut path = request.path.clone();
        let mut body = if request.body.is_null() {
            String::new()
        } else {
            request.body.to_string()
        };
        let unique = format!("name-{}", self.names.fetch_add(1, Ordering::Relaxed));
        for text in [&mut path, &mut body] {
            *text = text.replace("$unique", &unique);
        }
        for (name, fixture) in &suite.fixtures {
            let place = format!("${name}");
            if path.contains(&place) || body.contains(&place) {
                let made = Box::pin(self.send(suite, &fixture.request)).await;
                let id = made.body.pointer(&fixture.id).and_then(Value::as_str);
                let id = id.unwrap_or_else(|| panic!("{name} is not made: {}", made.body));
                path = path.replace(&place, id);
                body = body.replace(&place, id);
            }
        }
        let request = Request::builder()
            .method(request.method.as_str())
            .uri(path)
            .header("authorization", "AWS4-HMAC-SHA256 Credential=k")
            .body(Body::from(body))
            .unwrap();
        let response = api::router(Arc::clone(&self.service))
            .oneshot(request)
            .await
            .unwrap();
        let error = response.headers().get("x-amzn-errortype");
        ServiceAnswer {
            status: response.status(),
            error: error.map_or("", |error| error.to_str().unwrap()).to_owned(),
            body: serde_json::from_slice(&to_bytes(response.into_body(), usize::MAX).await.unwrap()).unwrap(),
        }
    }
}

impl ServiceAnswer {
    /// Returns whether the answer matches the verdict.
    fn fits(&self, valid: bool, error: &str) -> bool {
        if valid {
            return self.status.is_success();
        }
        let has_message = self.body["message"]
            .as_str()
            .is_some_and(|message| !message.is_empty());
        self.status == StatusCode::BAD_REQUEST && self.error == error && has_message
    }
}

/// Sends every case. Reports all wrong verdicts in one failure.
async fn check(subject: &Subject) {
    let suite: Suite = serde_json::from_str(&subject.python("conformance.py")).unwrap();
    let (valid, broken): (Vec<&Case>, Vec<&Case>) = suite.cases.iter().partition(|case| case.valid);
    assert!(
        valid.len() >= 100 && broken.len() >= 300,
        "{} valid, {} broken",
        valid.len(),
        broken.len()
    );
    let transcoder = ConformanceTranscoder::start().await;
    let mut wrong = String::new();
    for Case { name, request, valid } in &suite.cases {
        let answer = transcoder.send(&suite, request).await;
        if !answer.fits(*valid, subject.error) {
            let ServiceAnswer { status, error, body } = answer;
            let verdict = if *valid { "valid" } else { "broken" };
            let Wire {
                method,
                path,
                body: sent,
            } = request;
            writeln!(
                wrong,
                "{verdict} {name}: {status} {error} {body}\n  {method} {path} {sent}"
            )
            .unwrap();
        }
    }
    let count = wrong.lines().count() / 2;
    assert!(
        wrong.is_empty(),
        "{count} of {} verdicts are wrong:\n{wrong}",
        suite.cases.len()
    );
}

#[tokio::test]
async fn elastic_transcoder_conforms_to_its_model() {
    check(&ELASTIC_TRANSCODER).await;
}

#[tokio::test]
async fn media_convert_conforms_to_its_model() {
    check(&MEDIA_CONVERT).await;
}

#[test]
fn constraint_tables_are_up_to_date() {
    for subject in [ELASTIC_TRANSCODER, MEDIA_CONVERT] {
        let file = Path::new("local/transcoder/src/model").join(subject.table);
        let kept = std::fs::read_to_string(Path::new(REPOSITORY).join(&file)).unwrap();
        let Subject {
            name, environment, ..
        } = subject;
        assert!(
            kept == subject.python("constraints.py"),
            "{} is outdated: `.local/{environment}/bin/python tests/python/constraints.py {name}` prints it",
            file.display()
        );
    }
}
