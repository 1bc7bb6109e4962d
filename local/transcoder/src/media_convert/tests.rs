//! Requests to MediaConvert's API and their responses.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::example::settings;
use crate::api::harness::{Server, arguments, next};
use crate::service::TranscoderService;

fn converted() -> Value {
    json!({
        "role": "arn:aws:iam::000000000000:role/transcoder",
        "settings": settings(),
        "userMetadata": { "take": "0" },
        "clientRequestToken": "demo-0-hash-take-1",
        "queue": "responses",
    })
}

impl Server {
    async fn queue(&self) {
        let request = json!({ "name": "responses", "tags": { "stage": "local" } });
        let (status, _, answer) = self.send("POST", "/2017-08-29/queues", request).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
    }

    async fn convert(&self, request: Value) -> Value {
        let (status, _, mut answer) = self.send("POST", "/2017-08-29/jobs", request).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        answer["job"].take()
    }
}

#[tokio::test]
async fn job_lifecycle() {
    let server = Server::new();
    server.queue().await;
    let made = server.convert(converted()).await;
    insta::assert_json_snapshot!(made, {
        ".id" => "[id]", ".arn" => "[arn]", ".createdAt" => "[time]", ".timing.submitTime" => "[time]", ".settings" => "[settings]",
    });
    assert_eq!(made["settings"], settings(), "settings are returned unchanged");
    assert_eq!(server.convert(converted()).await, made, "a token creates one job");
    let mut request = converted();
    request["clientRequestToken"] = json!("another");
    let newer = server.convert(request).await;
    let path = format!("/2017-08-29/jobs/{}", made["id"].as_str().unwrap());
    let (_, _, answer) = server.send("GET", &path, Value::Null).await;
    assert_eq!(answer["job"], made);
    let list = "/2017-08-29/jobs?queue=responses&status=SUBMITTED&maxResults=1";
    let (_, _, answer) = server.send("GET", list, Value::Null).await;
    assert_eq!(answer["jobs"], json!([newer]), "newest first");
    let (_, _, answer) = server
        .send(
            "GET",
            &format!("{list}&nextToken={}", answer["nextToken"].as_str().unwrap()),
            Value::Null,
        )
        .await;
    assert_eq!(answer, json!({ "jobs": [made] }));

    assert_eq!(next(&server.service).await, made["id"]);
    let id = made["id"].as_str().unwrap();
    server.service.scheduler.start(id).await.unwrap();
    let (status, _, _) = server.send("DELETE", &path, Value::Null).await;
    assert_eq!(status, StatusCode::ACCEPTED, "a running job can be canceled");
    let (_, _, answer) = server.send("GET", &path, Value::Null).await;
    assert_eq!(answer["job"]["status"], "PROGRESSING", "the run may still write");
    server.service.scheduler.finish_canceled(id).await;
    let (_, _, answer) = server.send("GET", &path, Value::Null).await;
    assert_eq!(answer["job"]["status"], "CANCELED");
    let (status, kind, _) = server.send("DELETE", &path, Value::Null).await;
    assert_eq!(
        (status, kind.as_str()),
        (StatusCode::CONFLICT, "ConflictException")
    );
    let path = format!("/2017-08-29/jobs/{}", newer["id"].as_str().unwrap());
    let (status, _, _) = server.send("DELETE", &path, Value::Null).await;
    assert_eq!(status, StatusCode::ACCEPTED, "a waiting job can be canceled");
}

#[tokio::test]
async fn token_expires_after_a_minute() {
    let server = Server::new();
    server.queue().await;
    let made = server.convert(converted()).await;
    let id = made["id"].as_str().unwrap();
    let aged = server
        .service
        .scheduler
        .record(id, None, |record| record.job.timing.submit_time_millis -= 61_000);
    aged.await.unwrap();
    assert_ne!(server.convert(converted()).await["id"], made["id"]);
}

#[tokio::test]
async fn queue_lifecycle() {
    let server = Server::new();
    server.queue().await;
    let path = "/2017-08-29/queues/responses";
    let (_, _, answer) = server.send("GET", path, Value::Null).await;
    insta::assert_json_snapshot!(answer, { ".queue.createdAt" => "[time]", ".queue.lastUpdated" => "[time]" });
    let arn = answer["queue"]["arn"]
        .as_str()
        .unwrap()
        .replace(':', "%3A")
        .replace('/', "%2F");
    let tags = format!("/2017-08-29/tags/{arn}");
    let more = json!({ "arn": answer["queue"]["arn"], "tags": { "owner": "us" } });
    server.send("POST", "/2017-08-29/tags", more).await;
    server.send("PUT", &tags, json!({ "tagKeys": ["stage"] })).await;
    let (_, _, answer) = server.send("GET", &tags, Value::Null).await;
    assert_eq!(answer["resourceTags"]["tags"], json!({ "owner": "us" }));

    let made = server.convert(converted()).await;
    let (_, _, answer) = server
        .send("PUT", path, json!({ "status": "PAUSED", "description": "d" }))
        .await;
    assert_eq!(
        (&answer["queue"]["status"], &answer["queue"]["submittedJobsCount"]),
        (&json!("PAUSED"), &json!(1))
    );
    let (status, kind, _) = server.send("DELETE", path, Value::Null).await;
    assert_eq!(
        (status, kind.as_str()),
        (StatusCode::CONFLICT, "ConflictException")
    );
    let service = Arc::clone(&server.service);
    let waiting = tokio::spawn(async move { next(&service).await });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished(), "a paused queue's jobs wait");
    server.send("PUT", path, json!({ "status": "ACTIVE" })).await;
    assert_eq!(waiting.await.unwrap(), made["id"]);
    let id = made["id"].as_str().unwrap();
    server
        .send("DELETE", &format!("/2017-08-29/jobs/{id}"), Value::Null)
        .await;

    let (status, _, _) = server.send("DELETE", path, Value::Null).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let (_, _, answer) = server
        .send("GET", "/2017-08-29/queues?order=ASCENDING", Value::Null)
        .await;
    let names: Vec<&Value> = answer["queues"]
        .as_array()
        .unwrap()
        .iter()
        .map(|queue| &queue["name"])
        .collect();
    assert_eq!(names, ["Default"], "the default queue always exists");
}

#[tokio::test]
async fn bad_requests_have_the_services_error_format() {
    let server = Server::new();
    server.queue().await;
    let with = |name: &str, value: Value| {
        let mut request = converted();
        request[name] = value;
        request
    };
    let arn = "arn:aws:mediaconvert:us-east-1:000000000000:queues/responses";
    // In addition to the tag that the queue has.
    let tags: BTreeMap<String, &str> = (0..50).map(|number| (number.to_string(), "")).collect();
    let mut seen = Vec::new();
    for (method, path, body) in [
        ("POST", "/jobs", with("role", json!("transcoder"))),
        ("POST", "/jobs", with("queue", json!("elsewhere"))),
        ("POST", "/jobs", with("settings", Value::Null)),
        ("POST", "/jobs", with("settings", json!({ "inputs": [] }))),
        ("POST", "/jobs", with("jobTemplate", json!("t"))),
        ("POST", "/jobs", with("priority", json!(10))),
        ("POST", "/jobs", with("userMetadata", json!({ "take": "a&b" }))),
        (
            "POST",
            "/jobs",
            with("userMetadata", json!({ "input": "demo%2F0%2Fa%2Emp4" })),
        ),
        (
            "POST",
            "/jobs",
            with("userMetadata", json!({ "a".repeat(129): "v" })),
        ),
        ("POST", "/jobs", with("tags", json!({ "aws:stage": "local" }))),
        (
            "POST",
            "/queues",
            json!({ "name": "q", "tags": { "stage": "a&b" } }),
        ),
        ("POST", "/tags", json!({ "arn": arn, "tags": tags })),
        ("POST", "/jobs", with("clientRequestToken", json!("x".repeat(65)))),
        ("POST", "/jobs", with("statusUpdateInterval", json!("SECONDS_61"))),
        ("POST", "/jobs", json!([1])),
        ("GET", "/jobs?status=DONE", Value::Null),
        ("GET", "/jobs?maxResults=21", Value::Null),
        ("GET", "/jobs/1111111111111-aaaaaa", Value::Null),
        ("POST", "/queues", json!({ "name": "responses" })),
        ("POST", "/queues", json!({ "name": "../q" })),
        (
            "POST",
            "/queues",
            json!({ "name": "q", "pricingPlan": "RESERVED" }),
        ),
        ("POST", "/queues", json!({ "name": "q", "concurrentJobs": 3 })),
        ("GET", "/queues/elsewhere", Value::Null),
        ("DELETE", "/queues/Default", Value::Null),
        ("GET", "/tags/elsewhere", Value::Null),
        ("GET", "/presets", Value::Null),
    ] {
        let (status, kind, answer) = server.send(method, &format!("/2017-08-29{path}"), body).await;
        seen.push(format!("{method} {path}: {status} {kind} {answer}"));
    }
    insta::assert_snapshot!(seen.join("\n"));
}

#[tokio::test]
async fn queues_and_their_jobs_survive_a_restart() {
    let server = Server::new();
    server.queue().await;
    let made = server.convert(converted()).await;
    let id = made["id"].as_str().unwrap();
    let before = server.service.scheduler.get(id);
    let Server { service, state } = server;
    drop(service);
    let again = TranscoderService::open(&arguments(state.path())).unwrap();
    assert_eq!(again.scheduler.get(id), before);
    let queue = again.media_convert.store.find("responses").unwrap();
    assert_eq!(queue.tags["stage"], "local");
}
