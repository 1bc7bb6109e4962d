//! Requests to Elastic Transcoder's API and their responses.

use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use crate::api::harness::{Server, arguments, json_of, next};
use crate::service::{StartError, TranscoderService};
use crate::state_folder::StateFolderError;

impl Server {
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
async fn pipeline_lifecycle() {
    let server = Server::new();
    let id = server.pipeline().await;
    let path = format!("/2012-09-25/pipelines/{id}");
    let (_, _, answer) = server.send("GET", &path, Value::Null).await;
    insta::assert_json_snapshot!(answer, { ".Pipeline.Id" => "[id]", ".Pipeline.Arn" => "[arn]" });
    let (status, _, answer) = server.send("PUT", &path, json!({ "Name": "other" })).await;
    assert_eq!(
        (status, &answer["Pipeline"]["Name"]),
        (StatusCode::OK, &json!("other"))
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
async fn update_keeps_omitted_settings_and_deletes_empty_ones() {
    let server = Server::new();
    let id = server.pipeline().await;
    let path = format!("/2012-09-25/pipelines/{id}");
    let (_, _, before) = server.send("GET", &path, Value::Null).await;
    let change = json!({ "Name": null, "Notifications": { "Error": "arn:aws:sns:us-east-1:000000000000:e" }, "ContentConfig": { "StorageClass": "ReducedRedundancy" } });
    let (_, _, answer) = server.send("PUT", &path, change).await;
    let mut expected = before["Pipeline"].clone();
    expected["Notifications"]["Error"] = json!("arn:aws:sns:us-east-1:000000000000:e");
    expected["ContentConfig"]["StorageClass"] = json!("ReducedRedundancy");
    assert_eq!(answer["Pipeline"], expected);
    let change = json!({ "Notifications": { "Completed": "" } });
    let (_, _, answer) = server.send("PUT", &path, change).await;
    expected["Notifications"]["Completed"] = json!("");
    assert_eq!(answer["Pipeline"], expected);
}

#[tokio::test]
async fn update_of_notifications_returns_the_request() {
    let server = Server::new();
    let id = server.pipeline().await;
    let path = format!("/2012-09-25/pipelines/{id}/notifications");
    // The guide's examples repeat the identifier in the body.
    let topics = json!({ "Progressing": "", "Completed": "", "Warning": "", "Error": "arn:aws:sns:us-east-1:000000000000:e" });
    let request = json!({ "Id": id, "Notifications": topics });
    let (status, _, answer) = server.send("POST", &path, request).await;
    assert_eq!(
        (status, &answer["Pipeline"]["Notifications"]),
        (StatusCode::OK, &topics)
    );
}

#[tokio::test]
async fn output_bucket_sets_both_configurations() {
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
async fn bad_requests_have_the_services_error_format() {
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
async fn unsupported_settings_are_rejected_unless_empty() {
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
async fn job_lifecycle() {
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
async fn started_job_is_not_canceled() {
    let server = Server::new();
    let pipeline = server.pipeline().await;
    let id = server.job(&pipeline).await;
    assert_eq!(next(&server.service).await, id);
    server.service.scheduler.start(&id).await.unwrap();
    let (status, kind, _) = server
        .send("DELETE", &format!("/2012-09-25/jobs/{id}"), Value::Null)
        .await;
    assert_eq!(
        (status, kind.as_str()),
        (StatusCode::CONFLICT, "ResourceInUseException")
    );
}

#[tokio::test]
async fn custom_preset_lifecycle() {
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
    let (status, kind, _) = server.send("DELETE", &path, Value::Null).await;
    assert_eq!(
        (status, kind.as_str()),
        (StatusCode::FORBIDDEN, "AccessDeniedException")
    );

    let (_, _, answer) = server.send("POST", "/2012-09-25/presets", preset).await;
    let unused = answer["Preset"]["Id"].as_str().unwrap();
    let path = format!("/2012-09-25/presets/{unused}");
    let (status, _, _) = server.send("DELETE", &path, Value::Null).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    request["Outputs"][0]["PresetId"] = json!(unused);
    let (status, _, _) = server.send("POST", "/2012-09-25/jobs", request).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn jobs_run_in_submission_order_unless_paused() {
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
    server.service.scheduler.start(&first).await.unwrap();
    let Server { service, state } = server;
    assert!(
        matches!(
            TranscoderService::open(&arguments(state.path())),
            Err(StartError::Folder(StateFolderError::InUse(_)))
        ),
        "each folder has one service"
    );
    std::fs::create_dir_all(state.path().join("work/left")).unwrap();
    drop(service);
    let again = TranscoderService::open(&arguments(state.path())).unwrap();
    assert!(!state.path().join("work/left").exists());
    assert_eq!(
        [next(&again).await, next(&again).await],
        [first.clone(), second],
        "the interrupted job comes first"
    );
    assert!(again.elastic.store.pipelines.get(&pipeline).is_some());
    assert!(again.elastic.identifiers.next() > first);
}

#[tokio::test]
async fn request_without_signature_is_rejected() {
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
        (response.status(), &response.headers()["x-amzn-errortype"]),
        (
            StatusCode::BAD_REQUEST,
            &HeaderValue::from_static("IncompleteSignatureException")
        )
    );
    assert_eq!(
        server.raw("GET", "/health", None, None).await.status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn write_error_is_an_internal_failure() {
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
        server.service.scheduler.ids().is_empty(),
        "memory has only records that are on disk"
    );
}

#[tokio::test]
async fn progress_of_an_input_is_listed_newest_first() {
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
