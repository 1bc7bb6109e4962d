//! An in-memory fake of the S3, STS, SNS and EventBridge operations that the transcoder calls.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde_json::{Value, json};

/// The key of the user that may assume roles.
pub const USER: &str = "AKIAUSER";
/// The key of the role.
const ROLE: &str = "ASIAROLE";

#[derive(Default)]
struct Content {
    /// By `/bucket/key`, as in a request's path.
    objects: BTreeMap<String, (String, Vec<u8>)>,
    /// The notifications that EventBridge and the topics received; a topic's message also has its `state` as `status`.
    events: Vec<Value>,
    unreachable: bool,
    assumed: usize,
    hold: Option<Hold>,
    held: usize,
}

/// The point at which the cloud delays its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// After it has read a part of an upload.
    MidUpload,
    /// After it has stored an upload.
    AfterUpload,
    /// After it has accepted a notification.
    AfterNotification,
}

/// A fake cloud that a test starts, fills and inspects.
#[derive(Clone)]
pub struct TestCloud {
    pub url: String,
    content: Arc<Mutex<Content>>,
}

impl TestCloud {
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

    /// Returns the media type and the bytes of an object.
    pub fn object(&self, path: &str) -> (String, Vec<u8>) {
        let content = self.content();
        let there: Vec<&String> = content.objects.keys().collect();
        let object = content.objects.get(path).cloned();
        assert!(object.is_some(), "no {path} among {there:?}");
        object.unwrap()
    }

    /// Sets whether EventBridge and SNS refuse notifications.
    pub fn set_unreachable(&self, unreachable: bool) {
        self.content().unreachable = unreachable;
    }

    /// Returns how often a role was assumed.
    pub fn assumed(&self) -> usize {
        self.content().assumed
    }

    /// Sets the point at which answers are delayed; `None` releases the delayed ones.
    pub fn hold(&self, hold: Option<Hold>) {
        self.content().hold = hold;
    }

    /// Waits until an answer is delayed.
    pub async fn until_held(&self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.content().held == 0 {
            assert!(Instant::now() < deadline, "no request reached the hold");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits while answers are delayed at this point.
    async fn pass(&self, point: Hold) {
        let is_held = || self.content().hold == Some(point);
        if is_held() {
            self.content().held += 1;
        }
        while is_held() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Returns the names of the objects with this prefix.
    pub fn names(&self, start: &str) -> Vec<String> {
        let content = self.content();
        let names = content.objects.keys().filter(|name| name.starts_with(start));
        names.cloned().collect()
    }

    /// Returns the details of a job's events so far.
    pub fn events(&self, job: &str) -> Vec<Value> {
        let content = self.content();
        let events = content.events.iter().filter(|event| event["jobId"] == job);
        events.cloned().collect()
    }

    /// Removes the objects with this prefix.
    pub fn remove(&self, start: &str) {
        self.content().objects.retain(|name, _| !name.starts_with(start));
    }

    /// Waits until a job completes or fails. Returns all of its events.
    pub async fn until_ended(&self, job: &str) -> Vec<Value> {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let events = self.events(job);
            let ended = |event: &Value| event["status"] == "COMPLETE" || event["status"] == "ERROR";
            if events.iter().any(ended) {
                return events;
            }
            assert!(Instant::now() < deadline, "not ended: {events:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits for the notification of this status of a job. Returns all of its notifications.
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
        if content.unreachable {
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

/// Stores a message to a topic.
fn take_message(cloud: &TestCloud, body: &[u8]) -> Response {
    // A form has the format of a query.
    let form: Uri = format!("/?{}", std::str::from_utf8(body).unwrap())
        .parse()
        .unwrap();
    let Query(fields) = Query::<BTreeMap<String, String>>::try_from_uri(&form).unwrap();
    let mut content = cloud.content();
    if content.unreachable {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let mut message: Value = serde_json::from_str(&fields["Message"]).unwrap();
    message["status"] = message["state"].clone();
    content.events.push(message);
    "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>"
        .into_response()
}

/// Stores an upload if it is complete.
async fn take_object(cloud: &TestCloud, path: String, headers: &HeaderMap, body: Body) -> Response {
    let mut body = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(chunk) = body.next().await {
        match chunk {
            Ok(chunk) => bytes.extend_from_slice(&chunk),
            Err(_) => return StatusCode::BAD_REQUEST.into_response(),
        }
        cloud.pass(Hold::MidUpload).await;
    }
    assert_eq!(
        headers["content-length"].to_str().unwrap(),
        bytes.len().to_string()
    );
    let kind = headers["content-type"].to_str().unwrap().to_owned();
    cloud.content().objects.insert(path, (kind, bytes));
    cloud.pass(Hold::AfterUpload).await;
    StatusCode::OK.into_response()
}

async fn answer(
    State(cloud): State<TestCloud>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
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
    if uri.path() != "/" {
        // A probe reads with the user's own permissions; all other requests use a role.
        let is_probe = method == Method::GET && header("authorization").contains(USER);
        signed_by(if is_probe { USER } else { ROLE }, "s3");
        return object(&cloud, &method, uri.path(), &headers, body).await;
    }
    let body = to_bytes(body, usize::MAX).await.unwrap();
    if header("x-amz-target") == "AWSEvents.PutEvents" {
        signed_by(USER, "events");
        let taken = cloud.take_events(&body);
        cloud.pass(Hold::AfterNotification).await;
        return taken;
    }
    if body.starts_with(b"Action=Publish") {
        signed_by(ROLE, "sns");
        let taken = take_message(&cloud, &body);
        cloud.pass(Hold::AfterNotification).await;
        return taken;
    }
    signed_by(USER, "sts");
    cloud.content().assumed += 1;
    assumed().into_response()
}

async fn object(cloud: &TestCloud, method: &Method, path: &str, headers: &HeaderMap, body: Body) -> Response {
    if method == Method::PUT {
        return take_object(cloud, path.to_owned(), headers, body).await;
    }
    match cloud.content().objects.get(path) {
        Some((_, bytes)) => bytes.clone().into_response(),
        None => (StatusCode::NOT_FOUND, "<Error><Code>NoSuchKey</Code></Error>").into_response(),
    }
}

fn assumed() -> String {
    format!(
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>{ROLE}</AccessKeyId>\
         <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
         <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
    )
}
