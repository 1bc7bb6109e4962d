//! Requests and answers, without a port.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

use super::router;
use crate::config::Arguments;
use crate::job::{Event, Record, Status};
use crate::media_convert::tests::settings;
use crate::service::{Service, StartError};

const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/elastictranscoder/aws4_request, SignedHeaders=host, Signature=0";

fn arguments(state: &Path) -> Arguments {
    Arguments {
        port: 0,
        state: state.to_owned(),
        // Never run here; a program is needed for the service to start.
        ffmpeg: PathBuf::from("/bin/sh"),
        endpoint_url: "http://127.0.0.1:9".into(),
        region: "us-east-1".into(),
        credentials: state.join("credentials.json"),
        max_jobs: 1,
        account: "000000000000".into(),
    }
}

struct Server {
    service: Arc<Service>,
    state: TempDir,
}

impl Server {
    fn new() -> Self {
        let state = tempfile::tempdir().unwrap();
        let service = Arc::new(Service::open(&arguments(state.path())).unwrap());
        Self { service, state }
    }

    async fn raw(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
        authorization: Option<&str>,
    ) -> Response {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        router(Arc::clone(&self.service))
            .oneshot(request.body(body).unwrap())
            .await
            .unwrap()
    }

    async fn send(&self, method: &str, path: &str, body: Value) -> (StatusCode, String, Value) {
        let body = (!body.is_null()).then_some(body);
        let response = self.raw(method, path, body, Some(SIGNED)).await;
        assert!(response.headers().contains_key("x-amzn-requestid"));
        let kind = response
            .headers()
            .get("x-amzn-errortype")
            .map_or("", |value| value.to_str().unwrap())
            .to_owned();
        (response.status(), kind, json_of(response).await)
    }

    async fn pipeline(&self) -> String {
        let (status, _, answer) = self.send("POST", "/2012-09-25/pipelines", pipeline()).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        answer["Pipeline"]["Id"].as_str().unwrap().to_owned()
    }

    async fn job(&self, pipeline: &str) -> String {
        let (status, _, answer) = self.send("POST", "/2012-09-25/jobs", job(pipeline)).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        answer["Job"]["Id"].as_str().unwrap().to_owned()
    }
}

/// The job that begins next.
async fn next(service: &Service) -> String {
    service.next_job().await.0
}

async fn json_of(response: Response) -> Value {
    serde_json::from_slice(&to_bytes(response.into_body(), usize::MAX).await.unwrap()).unwrap()
}

fn pipeline() -> Value {
    json!({
        "Name": "responses",
        "InputBucket": "uploads",
        "Role": "arn:aws:iam::000000000000:role/pipeline",
        "Notifications": { "Progressing": "", "Completed": "arn:aws:sns:us-east-1:000000000000:jobs", "Warning": "", "Error": "" },
        "ContentConfig": { "Bucket": "renditions", "StorageClass": "Standard", "Permissions": [] },
        "ThumbnailConfig": { "Bucket": "renditions", "StorageClass": "Standard", "Permissions": [] },
    })
}

fn job(pipeline: &str) -> Value {
    json!({
        "PipelineId": pipeline,
        "Input": { "Key": "a b+ç.mov", "Container": "auto" },
        "OutputKeyPrefix": "output/",
        "Outputs": [{ "Key": "a.mp4", "PresetId": "1351620000001-100070", "ThumbnailPattern": "a-{count}" }],
        "UserMetadata": { "take": "0" },
    })
}

#[tokio::test]
async fn a_pipeline_is_created_read_updated_paused_listed_and_deleted() {
    let server = Server::new();
    let id = server.pipeline().await;
    let path = format!("/2012-09-25/pipelines/{id}");
    let (_, _, answer) = server.send("GET", &path, Value::Null).await;
    insta::assert_json_snapshot!(answer, { ".Pipeline.Id" => "[id]", ".Pipeline.Arn" => "[arn]" });
    let (status, _, answer) = server
        .send(
            "PUT",
            &path,
            json!({ "Name": "other", "Notifications": { "Error": "arn:aws:sns:us-east-1:000000000000:e" } }),
        )
        .await;
    assert_eq!(
        (status, &answer["Pipeline"]["Name"]),
        (StatusCode::OK, &json!("other"))
    );
    assert_eq!(answer["Pipeline"]["Notifications"]["Completed"], "");
    let topics =
        json!({ "Id": id, "Notifications": { "Completed": "arn:aws:sns:us-east-1:000000000000:c" } });
    let (_, _, answer) = server
        .send("POST", &format!("{path}/notifications"), topics)
        .await;
    assert_eq!(
        answer["Pipeline"]["Notifications"]["Completed"],
        "arn:aws:sns:us-east-1:000000000000:c"
    );
    let (_, _, answer) = server
        .send("POST", &format!("{path}/status"), json!({ "Status": "Paused" }))
        .await;
    assert_eq!(answer["Pipeline"]["Status"], "Paused");
    let (_, _, answer) = server
        .send("GET", "/2012-09-25/pipelines?Ascending=true", Value::Null)
        .await;
    assert_eq!(answer["Pipelines"][0]["Id"], json!(id));
    let (status, _, _) = server.send("DELETE", &path, Value::Null).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let (status, kind, answer) = server.send("GET", &path, Value::Null).await;
    assert_eq!(
        (status, kind.as_str()),
        (StatusCode::NOT_FOUND, "ResourceNotFoundException")
    );
    assert!(answer["message"].as_str().unwrap().contains(&id));
}

#[tokio::test]
async fn a_bucket_for_everything_fills_both_configurations() {
    let server = Server::new();
    let request = json!({ "Name": "p", "InputBucket": "in", "OutputBucket": "out", "Role": "arn:aws:iam::000000000000:role/r" });
    let (_, _, answer) = server.send("POST", "/2012-09-25/pipelines", request).await;
    let pipeline = &answer["Pipeline"];
    assert_eq!(
        (
            &pipeline["OutputBucket"],
            &pipeline["ContentConfig"]["Bucket"],
            &pipeline["ThumbnailConfig"]["Bucket"]
        ),
        (&json!("out"), &json!("out"), &json!("out"))
    );
    assert_eq!(pipeline["Notifications"]["Error"], "");
}

#[tokio::test]
async fn bad_requests_get_the_service_s_error_shape() {
    let server = Server::new();
    let pipeline = server.pipeline().await;
    let mut seen = Vec::new();
    let unknown = "1111111111111-aaaaaa";
    for (method, path, body) in [
        (
            "POST",
            "/2012-09-25/pipelines".to_owned(),
            json!({ "Name": "p", "Role": "r" }),
        ),
        ("POST", "/2012-09-25/pipelines".to_owned(), json!([1])),
        ("GET", "/2012-09-25/pipelines/x".to_owned(), Value::Null),
        ("GET", "/2012-09-25/pipelines?PageToken=x".to_owned(), Value::Null),
        ("GET", format!("/2012-09-25/presets/{unknown}"), Value::Null),
        ("GET", format!("/2012-09-25/jobs/{unknown}"), Value::Null),
        ("GET", "/2012-09-25/jobsByStatus/Done".to_owned(), Value::Null),
        (
            "POST",
            "/2012-09-25/jobs".to_owned(),
            json!({ "PipelineId": pipeline }),
        ),
        ("POST", "/2012-09-25/jobs".to_owned(), job(unknown)),
        ("POST", "/2012-09-25/presets".to_owned(), json!({})),
        (
            "DELETE",
            "/2012-09-25/presets/1351620000001-100070".to_owned(),
            Value::Null,
        ),
        ("PUT", "/2012-09-25/presets".to_owned(), Value::Null),
        ("PATCH", "/2012-09-25/jobs".to_owned(), Value::Null),
        ("GET", "/elsewhere".to_owned(), Value::Null),
    ] {
        let (status, kind, answer) = server.send(method, &path, body).await;
        seen.push(format!("{method} {path}: {status} {kind} {answer}"));
    }
    insta::assert_snapshot!(seen.join("\n").replace(&pipeline, "[pipeline]"));
}

#[tokio::test]
async fn what_is_not_supported_is_refused_and_empty_settings_are_not() {
    let server = Server::new();
    let pipeline = server.pipeline().await;
    let with = |name: &str, value: Value| {
        let mut request = job(&pipeline);
        match name.strip_prefix("Output.") {
            Some(name) => request["Outputs"][0][name] = value,
            None => request[name] = value,
        }
        request
    };
    for (name, value, refused) in [
        ("Playlists", json!([{ "Name": "x" }]), true),
        ("Playlists", json!([]), false),
        ("Output.Watermarks", json!([{ "InputKey": "a.png" }]), true),
        ("Output.Watermarks", json!([]), false),
        ("Output.Rotate", json!("45"), true),
        ("Output.ThumbnailPattern", json!("a"), true),
        ("Output.ThumbnailPattern", json!(""), false),
        ("Output.PresetId", json!("1111111111111-aaaaaa"), true),
        ("Inputs", json!([{ "Key": "a" }, { "Key": "b" }]), true),
    ] {
        let (status, _, answer) = server
            .send("POST", "/2012-09-25/jobs", with(name, value.clone()))
            .await;
        assert_eq!(status.is_client_error(), refused, "{name} {value}: {answer}");
    }
}

#[tokio::test]
async fn a_signature_must_be_there() {
    let server = Server::new();
    let response = server.raw("GET", "/2012-09-25/pipelines", None, None).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_eq!(
        response.headers()["x-amzn-errortype"],
        "MissingAuthenticationTokenException"
    );
    assert_eq!(
        json_of(response).await,
        json!({ "message": "Missing Authentication Token" })
    );
    let response = server
        .raw("GET", "/2012-09-25/pipelines", None, Some("Basic eA=="))
        .await;
    assert_eq!(
        response.headers()["x-amzn-errortype"],
        "IncompleteSignatureException"
    );
    assert_eq!(
        server.raw("GET", "/health", None, None).await.status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_job_is_created_read_listed_and_canceled() {
    let server = Server::new();
    let pipeline = server.pipeline().await;
    let id = server.job(&pipeline).await;
    let newer = server.job(&pipeline).await;
    let (_, _, answer) = server
        .send("GET", &format!("/2012-09-25/jobs/{id}"), Value::Null)
        .await;
    insta::assert_json_snapshot!(answer, { ".Job.Id" => "[id]", ".Job.Arn" => "[arn]", ".Job.PipelineId" => "[pipeline]", ".Job.Timing.SubmitTimeMillis" => "[time]" });
    let (_, _, answer) = server
        .send(
            "GET",
            &format!("/2012-09-25/jobsByPipeline/{pipeline}"),
            Value::Null,
        )
        .await;
    assert_eq!(
        [&answer["Jobs"][0]["Id"], &answer["Jobs"][1]["Id"]],
        [&json!(newer), &json!(id)],
        "newest first"
    );
    let (status, kind, _) = server
        .send(
            "DELETE",
            &format!("/2012-09-25/pipelines/{pipeline}"),
            Value::Null,
        )
        .await;
    assert_eq!(
        (status, kind.as_str()),
        (StatusCode::CONFLICT, "ResourceInUseException")
    );
    let (status, _, answer) = server
        .send("DELETE", &format!("/2012-09-25/jobs/{id}"), Value::Null)
        .await;
    assert_eq!(
        (status, answer),
        (StatusCode::ACCEPTED, json!({ "Success": "true" }))
    );
    let (status, _, _) = server
        .send("DELETE", &format!("/2012-09-25/jobs/{id}"), Value::Null)
        .await;
    assert_eq!(status, StatusCode::CONFLICT);
    let (_, _, answer) = server
        .send("GET", "/2012-09-25/jobsByStatus/Canceled", Value::Null)
        .await;
    assert_eq!(answer["Jobs"][0]["Id"], json!(id));
}

#[tokio::test]
async fn only_a_job_that_has_not_begun_can_be_canceled() {
    let server = Server::new();
    let pipeline = server.pipeline().await;
    let id = server.job(&pipeline).await;
    assert_eq!(next(&server.service).await, id);
    let (status, kind, _) = server
        .send("DELETE", &format!("/2012-09-25/jobs/{id}"), Value::Null)
        .await;
    assert_eq!(
        (status, kind.as_str()),
        (StatusCode::CONFLICT, "ResourceInUseException")
    );
}

#[tokio::test]
async fn a_preset_of_ones_own_is_created_read_listed_used_and_deleted() {
    let server = Server::new();
    let pipeline = server.pipeline().await;
    let (_, _, answer) = server
        .send("GET", "/2012-09-25/presets/1351620000001-100070", Value::Null)
        .await;
    insta::assert_json_snapshot!("the_web_preset", answer);
    let mut preset = answer["Preset"].clone();
    for name in ["Id", "Arn", "Type"] {
        preset.as_object_mut().unwrap().remove(name);
    }
    preset["Name"] = json!("square");
    preset["Video"]["SizingPolicy"] = json!("Fill");
    let (status, _, answer) = server.send("POST", "/2012-09-25/presets", preset.clone()).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    let made = &answer["Preset"];
    assert_eq!(
        (&made["Type"], &made["Video"]),
        (&json!("Custom"), &preset["Video"])
    );
    let path = format!("/2012-09-25/presets/{}", made["Id"].as_str().unwrap());
    let (_, _, answer) = server.send("GET", &path, Value::Null).await;
    assert_eq!(&answer["Preset"], made);
    let (_, _, answer) = server
        .send("GET", "/2012-09-25/presets?Ascending=true", Value::Null)
        .await;
    let names: Vec<&Value> = answer["Presets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|preset| &preset["Name"])
        .collect();
    assert_eq!(names.len(), 5);
    assert_eq!(names[4], "square");

    let mut request = job(&pipeline);
    request["Outputs"][0]["PresetId"] = made["Id"].clone();
    let (status, _, answer) = server.send("POST", "/2012-09-25/jobs", request.clone()).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    let (status, _, _) = server.send("DELETE", &path, Value::Null).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let (status, _, _) = server.send("POST", "/2012-09-25/jobs", request).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn progress_is_told_newest_first_by_input() {
    let server = Server::new();
    let pipeline = server.pipeline().await;
    let (older, newer) = (server.job(&pipeline).await, server.job(&pipeline).await);
    let answer = json_of(
        server
            .raw("GET", "/local/progress?input=a%20b%2B%C3%A7.mov", None, None)
            .await,
    )
    .await;
    let ids: Vec<&Value> = answer["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| &job["id"])
        .collect();
    assert_eq!(ids, [&json!(newer), &json!(older)]);
    assert_eq!(
        (&answer["jobs"][0]["status"], &answer["jobs"][0]["percent"]),
        (&json!("Submitted"), &json!(0.0))
    );
    let answer = json_of(server.raw("GET", "/local/progress?input=other", None, None).await).await;
    assert_eq!(answer, json!({ "jobs": [] }));
}

#[tokio::test]
async fn jobs_are_taken_in_submission_order_and_not_while_paused() {
    let server = Server::new();
    let pipeline = server.pipeline().await;
    let made = [
        server.job(&pipeline).await,
        server.job(&pipeline).await,
        server.job(&pipeline).await,
    ];
    assert_eq!(
        [next(&server.service).await, next(&server.service).await],
        made[..2]
    );
    server
        .send(
            "POST",
            &format!("/2012-09-25/pipelines/{pipeline}/status"),
            json!({ "Status": "Paused" }),
        )
        .await;
    let service = Arc::clone(&server.service);
    let waiting = tokio::spawn(async move { next(&service).await });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    server
        .send(
            "POST",
            &format!("/2012-09-25/pipelines/{pipeline}/status"),
            json!({ "Status": "Active" }),
        )
        .await;
    assert_eq!(waiting.await.unwrap(), made[2]);
}

#[tokio::test]
async fn pipelines_and_unfinished_jobs_survive_a_restart() {
    let server = Server::new();
    let pipeline = server.pipeline().await;
    let (first, second) = (server.job(&pipeline).await, server.job(&pipeline).await);
    server
        .service
        .jobs
        .update(&first, |record| record.job.status = Status::Progressing)
        .unwrap();
    let Server { service, state } = server;
    assert!(
        matches!(Service::open(&arguments(state.path())), Err(StartError::InUse(_))),
        "one service for each folder"
    );
    std::fs::create_dir_all(state.path().join("work/left")).unwrap();
    drop(service);
    let again = Service::open(&arguments(state.path())).unwrap();
    assert!(!state.path().join("work/left").exists());
    assert_eq!(
        [next(&again).await, next(&again).await],
        [first.clone(), second],
        "the interrupted one comes first"
    );
    assert!(again.pipelines.get(&pipeline).is_some());
    assert!(again.identifiers.next() > first);
}

#[tokio::test]
async fn a_disk_that_refuses_is_the_service_s_failure() {
    let server = Server::new();
    let pipeline = server.pipeline().await;
    let folder = server.state.path().join("jobs");
    std::fs::remove_dir_all(&folder).unwrap();
    let (status, kind, answer) = server.send("POST", "/2012-09-25/jobs", job(&pipeline)).await;
    assert_eq!(
        (status, kind.as_str()),
        (StatusCode::INTERNAL_SERVER_ERROR, "InternalServiceException")
    );
    assert!(
        answer["message"].as_str().unwrap().starts_with("cannot write "),
        "{answer}"
    );
    assert!(
        server.service.jobs.ids().is_empty(),
        "nothing is kept in memory that is not on disk"
    );
}

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
async fn a_media_convert_job_is_created_once_got_listed_and_canceled() {
    let server = Server::new();
    server.queue().await;
    let made = server.convert(converted()).await;
    insta::assert_json_snapshot!(made, {
        ".id" => "[id]", ".arn" => "[arn]", ".createdAt" => "[time]", ".timing.submitTime" => "[time]", ".settings" => "[settings]",
    });
    assert_eq!(made["settings"], settings(), "as they were sent");
    assert_eq!(
        server.convert(converted()).await,
        made,
        "a token is good for one job"
    );
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
    let (status, _, _) = server.send("DELETE", &path, Value::Null).await;
    assert_eq!(status, StatusCode::ACCEPTED, "also one that has begun");
    let (_, _, answer) = server.send("GET", &path, Value::Null).await;
    assert_eq!(answer["job"]["status"], "CANCELED");
    let (status, kind, _) = server.send("DELETE", &path, Value::Null).await;
    assert_eq!(
        (status, kind.as_str()),
        (StatusCode::CONFLICT, "ConflictException")
    );
    let owed = server
        .service
        .jobs
        .get(made["id"].as_str().unwrap())
        .unwrap()
        .unsent;
    assert_eq!(owed.len(), 1, "the news waits for EventBridge: {owed:?}");
}

#[tokio::test]
async fn a_token_is_forgotten_after_a_minute() {
    let server = Server::new();
    server.queue().await;
    let made = server.convert(converted()).await;
    let id = made["id"].as_str().unwrap();
    let aged = |record: &mut Record| record.job.timing.submit_time_millis -= 61_000;
    server.service.jobs.update(id, aged).unwrap();
    assert_ne!(server.convert(converted()).await["id"], made["id"]);
}

#[tokio::test]
async fn a_queue_is_created_read_paused_tagged_listed_and_deleted() {
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
    assert_eq!(names, ["Default"], "an account has one always");
}

#[tokio::test]
async fn bad_requests_get_media_converts_error_shape() {
    let server = Server::new();
    server.queue().await;
    let with = |name: &str, value: Value| {
        let mut request = converted();
        request[name] = value;
        request
    };
    let mut seen = Vec::new();
    for (method, path, body) in [
        ("POST", "/jobs", with("role", json!("transcoder"))),
        ("POST", "/jobs", with("queue", json!("elsewhere"))),
        ("POST", "/jobs", with("settings", Value::Null)),
        ("POST", "/jobs", with("settings", json!({ "inputs": [] }))),
        ("POST", "/jobs", with("jobTemplate", json!("t"))),
        ("POST", "/jobs", with("priority", json!(10))),
        ("POST", "/jobs", with("userMetadata", json!({ "take": "a&b" }))),
        ("POST", "/jobs", with("userMetadata", json!({ "take": "ç" }))),
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
    let owing = |record: &mut Record| record.owe(&server.service, Event::Begun);
    let before = server.service.jobs.update(id, owing).unwrap();
    let Server { service, state } = server;
    drop(service);
    let again = Service::open(&arguments(state.path())).unwrap();
    assert_eq!(again.jobs.get(id), Some(before), "with the news that is owed");
    assert_eq!(again.queues.get("responses").unwrap().tags["stage"], "local");
}

#[test]
fn a_missing_ffmpeg_is_named() {
    let state = tempfile::tempdir().unwrap();
    let mut arguments = arguments(state.path());
    arguments.ffmpeg = "/no/such/ffmpeg".into();
    let error = Service::open(&arguments).unwrap_err().to_string();
    assert_eq!(error, "no ffmpeg at /no/such/ffmpeg: name one with --ffmpeg");
}
