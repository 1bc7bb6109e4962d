//! Elastic Transcoder's API, called by the Rust SDK over a port.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by a panic")]

mod common;

use std::sync::Arc;

use aws_sdk_elastictranscoder::error::ProvideErrorMetadata;
use aws_sdk_elastictranscoder::types::{CreateJobOutput, JobInput, Notifications, PipelineOutputConfig};
use common::elastic::client;
use transcoder::config::TranscoderArguments;
use transcoder::{api, service::TranscoderService};

async fn serve(state: &std::path::Path) -> String {
    let arguments = TranscoderArguments {
        port: 0,
        state: state.to_owned(),
        ffmpeg: "/bin/sh".into(),
        endpoint_url: "http://127.0.0.1:9".into(),
        region: "us-east-1".into(),
        credentials: state.join("credentials.json"),
        max_jobs: 1,
        jobs_per_second: 2.0,
        burst: 100,
        account: "000000000000".into(),
    };
    let service = Arc::new(TranscoderService::open(&arguments).unwrap());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, api::router(service)).into_future());
    format!("http://{address}")
}

#[tokio::test]
async fn pipelines_presets_jobs_and_errors() {
    let state = tempfile::tempdir().unwrap();
    let client = client(&serve(state.path()).await);
    let place = PipelineOutputConfig::builder()
        .bucket("renditions")
        .storage_class("Standard")
        .build();
    let topics = Notifications::builder()
        .completed("arn:aws:sns:us-east-1:000000000000:jobs")
        .build();
    let made = client
        .create_pipeline()
        .name("p")
        .input_bucket("uploads")
        .role("arn:aws:iam::000000000000:role/p");
    let made = made
        .content_config(place.clone())
        .thumbnail_config(place)
        .notifications(topics)
        .send()
        .await
        .unwrap();
    let pipeline = made.pipeline.unwrap();
    let id = pipeline.id.clone().unwrap();
    assert_eq!(
        client
            .read_pipeline()
            .id(&id)
            .send()
            .await
            .unwrap()
            .pipeline
            .unwrap(),
        pipeline
    );
    assert_eq!(
        client.list_pipelines().send().await.unwrap().pipelines.unwrap(),
        [pipeline]
    );

    let web = client
        .read_preset()
        .id("1351620000001-100070")
        .send()
        .await
        .unwrap()
        .preset
        .unwrap();
    assert_eq!(web.video.unwrap().bit_rate.as_deref(), Some("2200"));

    let output = CreateJobOutput::builder()
        .key("a.mp4")
        .preset_id("1351620000001-100070")
        .build();
    let input = JobInput::builder().key("a b+ç.mov").build();
    let job = client
        .create_job()
        .pipeline_id(&id)
        .input(input)
        .outputs(output)
        .user_metadata("take", "0")
        .send()
        .await
        .unwrap()
        .job
        .unwrap();
    assert_eq!(job.status.as_deref(), Some("Submitted"));
    assert_eq!(
        client
            .read_job()
            .id(job.id.as_deref().unwrap())
            .send()
            .await
            .unwrap()
            .job
            .unwrap(),
        job
    );
    assert_eq!(
        client
            .list_jobs_by_pipeline()
            .pipeline_id(&id)
            .send()
            .await
            .unwrap()
            .jobs
            .unwrap(),
        std::slice::from_ref(&job)
    );
    assert_eq!(
        client
            .list_jobs_by_status()
            .status("Submitted")
            .send()
            .await
            .unwrap()
            .jobs
            .unwrap(),
        std::slice::from_ref(&job)
    );

    let busy = client.delete_pipeline().id(&id).send().await.unwrap_err();
    assert_eq!(busy.code(), Some("ResourceInUseException"));
    client
        .cancel_job()
        .id(job.id.as_deref().unwrap())
        .send()
        .await
        .unwrap();
    client.delete_pipeline().id(&id).send().await.unwrap();
    let gone = client
        .read_pipeline()
        .id(&id)
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(gone.is_resource_not_found_exception(), "{gone:?}");
    let bad = client
        .create_job()
        .pipeline_id("x")
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(bad.is_validation_exception(), "{bad:?}");
}
