//! As much of S3, STS and EventBridge as the transcoder calls, in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The key of the user that may assume roles.
pub const USER: &str = "AKIAUSER";
/// The key of the role.
const ROLE: &str = "ASIAROLE";

#[derive(Default)]
struct Content {
    /// By `/bucket/key`, as they come in a path.
    objects: BTreeMap<String, (String, Vec<u8>)>,
    events: Vec<Value>,
    deaf: bool,
}

/// A cloud that a test starts, fills and looks into.
#[derive(Clone)]
pub struct Cloud {
    pub url: String,
    content: Arc<Mutex<Content>>,
}

impl Cloud {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let cloud = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            content: Arc::default(),
        };
        let router = Router::new().fallback(answer).with_state(cloud.clone());
        tokio::spawn(axum::serve(listener, router).into_future());
        cloud
    }

    pub fn put(&self, path: &str, bytes: Vec<u8>) {
        let object = (String::new(), bytes);
        self.content().objects.insert(path.to_owned(), object);
    }

    /// The media type and the bytes of an object.
    pub fn object(&self, path: &str) -> (String, Vec<u8>) {
        let content = self.content();
        let there: Vec<&String> = content.objects.keys().collect();
        let object = content.objects.get(path).cloned();
        assert!(object.is_some(), "no {path} among {there:?}");
        object.unwrap()
    }

    /// From now on, whether EventBridge fails.
    pub fn deaf(&self, deaf: bool) {
        self.content().deaf = deaf;
    }

    /// The details of a job's events so far.
    pub fn events(&self, job: &str) -> Vec<Value> {
        let content = self.content();
        let events = content.events.iter().filter(|event| event["jobId"] == job);
        events.cloned().collect()
    }

    /// Waits for the news that a job is so far; answers all of its news.
    pub async fn until(&self, job: &str, status: &str) -> Vec<Value> {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let events = self.events(job);
            if events.iter().any(|event| event["status"] == status) {
                return events;
            }
            assert!(Instant::now() < deadline, "not {status}: {events:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap()
    }

    fn take_events(&self, body: &Bytes) -> Response {
        let request: Value = serde_json::from_slice(body).unwrap();
        let entries = request["Entries"].as_array().unwrap();
        let mut content = self.content();
        if content.deaf {
            return StatusCode::BAD_REQUEST.into_response();
        }
        for entry in entries {
            assert_eq!(
                [&entry["Source"], &entry["DetailType"]],
                ["local.mediaconvert", "MediaConvert Job State Change"]
            );
            let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
            let arn = entry["Resources"][0].as_str().unwrap();
            assert!(arn.ends_with(detail["jobId"].as_str().unwrap()), "{entry}");
            content.events.push(detail);
        }
        let taken: Vec<Value> = entries.iter().map(|_| json!({ "EventId": "1" })).collect();
        let answer = json!({ "FailedEntryCount": 0, "Entries": taken });
        (
            [("content-type", "application/x-amz-json-1.1")],
            answer.to_string(),
        )
            .into_response()
    }
}

async fn answer(
    State(cloud): State<Cloud>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap());
    let signed_by = |key: &str, service: &str| {
        let authorization = header("authorization");
        assert!(
            authorization.contains(&format!("Credential={key}/")),
            "{authorization}"
        );
        assert!(
            authorization.contains(&format!("/{service}/aws4_request")),
            "{authorization}"
        );
    };
    if header("x-amz-target") == "AWSEvents.PutEvents" {
        signed_by(USER, "events");
        return cloud.take_events(&body);
    }
    if uri.path() == "/" {
        signed_by(USER, "sts");
        return assumed().into_response();
    }
    signed_by(ROLE, "s3");
    let path = uri.path().to_owned();
    match method {
        Method::PUT => {
            let object = (header("content-type").to_owned(), body.to_vec());
            cloud.content().objects.insert(path, object);
            StatusCode::OK.into_response()
        }
        _ => match cloud.content().objects.get(&path) {
            Some((_, bytes)) => bytes.clone().into_response(),
            None => (StatusCode::NOT_FOUND, "<Error><Code>NoSuchKey</Code></Error>").into_response(),
        },
    }
}

fn assumed() -> String {
    format!(
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>{ROLE}</AccessKeyId>\
         <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
         <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
    )
}
