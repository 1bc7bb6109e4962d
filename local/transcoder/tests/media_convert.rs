//! MediaConvert's API, called by the Rust SDK, with the resulting jobs, objects and events.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by a panic")]

mod common;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use aws_sdk_mediaconvert::error::ProvideErrorMetadata;
use aws_sdk_mediaconvert::types::{JobStatus, Order, QueueStatus};
use common::cloud::{Hold, TestCloud};
use common::media_convert::{client, create, get, started};
use common::transcoder::TranscoderProcess;
use common::video;
use python_tools::probe::probe;

/// Returns the statuses of events, in the order in which they were sent.
fn statuses(events: &[serde_json::Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event["status"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn video_and_poster_are_made() {
    let cloud = TestCloud::start().await;
    let transcoder = TranscoderProcess::start(&cloud);
    let client = client(&transcoder.url);
    // Portrait as a phone stores it: a landscape video with rotation metadata.
    let turned = "-noautorotate -display_rotation 90 -f lavfi -i testsrc2=s=640x480:d=1";
    let bytes = video(&format!("{turned} -f lavfi -i sine=440:d=1 -c:a aac"));
    cloud.put("/uploads/raw/a%20b%2B%C3%A7.v1.mov", bytes);
    let location = "s3://uploads/raw/a b+ç.v1.mov";
    let job = started(create(&client, location).client_request_token("once")).await;
    let id = job.id().unwrap();
    let again = started(create(&client, location).client_request_token("once")).await;
    assert_eq!(
        (job.status(), again.id()),
        (Some(&JobStatus::Submitted), Some(id))
    );

    let events = cloud.until(id, "COMPLETE").await;
    assert_eq!(
        statuses(&events),
        ["PROGRESSING", "INPUT_INFORMATION", "COMPLETE"]
    );
    let done = get(&client, id).await;
    assert_eq!(done.status(), Some(&JobStatus::Complete));
    assert_eq!(done.settings(), job.settings(), "settings are returned unchanged");
    assert_eq!(done.user_metadata().unwrap()["take"], "0");
    let sizes = done.output_group_details().iter().map(|group| {
        let video = group.output_details()[0].video_details().unwrap();
        (video.width_in_px().unwrap(), video.height_in_px().unwrap())
    });
    assert_eq!(sizes.collect::<Vec<_>>(), [(480, 640), (480, 640)]);
    let timing = done.timing().unwrap();
    assert!(timing.submit_time() <= timing.start_time() && timing.start_time() <= timing.finish_time());

    let folder = "/renditions/output/web/demo/0/hash/";
    let (kind, poster) = cloud.object(&format!("{folder}take-1-poster.0000000.jpg"));
    assert_eq!(kind, "image/jpeg");
    std::fs::write(transcoder.state.path().join("poster"), poster).unwrap();
    let poster = probe(&transcoder.state.path().join("poster")).video.unwrap();
    assert_eq!(
        (poster.codec.as_str(), poster.width, poster.height),
        ("jpeg", 480, 640)
    );
    let (kind, video) = cloud.object(&format!("{folder}take-1.mp4"));
    assert_eq!(kind, "video/mp4");
    std::fs::write(transcoder.state.path().join("video"), video).unwrap();
    let probe = probe(&transcoder.state.path().join("video"));
    let video = probe.video.unwrap();
    assert_eq!((video.width, video.height, video.rotation), (480, 640, 0));
    assert_eq!((video.profile.as_str(), video.frame_rate), ("Main", Some(30.0)));
    assert_eq!(probe.audio.unwrap().sample_rate, 44_100);
    insta::assert_json_snapshot!(events.last().unwrap(), {
        ".jobId" => "[id]", ".timestamp" => "[time]", ".outputGroupDetails[].outputDetails[].durationInMs" => "[time]",
    });
}

#[tokio::test]
async fn missing_and_unreadable_inputs_fail() {
    let cloud = TestCloud::start().await;
    let transcoder = TranscoderProcess::start(&cloud);
    let client = client(&transcoder.url);
    cloud.put("/uploads/text", b"hello".to_vec());
    for (location, code) in [("s3://uploads/nothing", 1404), ("s3://uploads/text", 1010)] {
        let job = started(create(&client, location)).await;
        let id = job.id().unwrap();
        let events = cloud.until(id, "ERROR").await;
        let event = events.last().unwrap();
        let job = get(&client, id).await;
        assert_eq!(
            (job.status(), job.error_code()),
            (Some(&JobStatus::Error), Some(code))
        );
        assert_eq!(
            (&event["errorCode"], event["errorMessage"].as_str()),
            (&code.into(), job.error_message())
        );
        assert_eq!(event["userMetadata"]["take"], "0");
    }
}

#[tokio::test]
async fn running_job_is_canceled() {
    let cloud = TestCloud::start().await;
    let transcoder = TranscoderProcess::start(&cloud);
    let client = client(&transcoder.url);
    cloud.put("/uploads/long", video("-f lavfi -i testsrc2=s=1920x1080:d=20"));
    cloud.put("/uploads/short", video("-f lavfi -i testsrc2=s=320x240:d=0.2"));
    let long = started(create(&client, "s3://uploads/long")).await;
    let short = started(create(&client, "s3://uploads/short")).await;
    let (long, short) = (long.id().unwrap(), short.id().unwrap());
    cloud.until(long, "INPUT_INFORMATION").await;
    let waits = started(create(&client, "s3://uploads/short")).await;
    let waits = waits.id().unwrap();
    client.cancel_job().id(waits).send().await.unwrap();
    client.cancel_job().id(long).send().await.unwrap();
    // The next job starts at once.
    let begun = Instant::now();
    cloud.until(short, "COMPLETE").await;
    assert!(begun.elapsed() < Duration::from_secs(10));
    let events = cloud.events(long);
    assert_eq!(
        statuses(&events),
        ["PROGRESSING", "INPUT_INFORMATION", "CANCELED"]
    );
    assert_eq!(get(&client, long).await.status(), Some(&JobStatus::Canceled));
    let refused = client.cancel_job().id(long).send().await.unwrap_err();
    assert_eq!(refused.code(), Some("ConflictException"), "the job has ended");
    assert_eq!(get(&client, waits).await.status(), Some(&JobStatus::Canceled));
    assert!(
        cloud.events(waits).is_empty(),
        "a job that has not started has no event"
    );
    let left = std::fs::read_dir(transcoder.state.path().join("work")).unwrap();
    assert_eq!(left.count(), 0, "the work folder is empty");
}

/// Returns an ffmpeg that hangs on an input that begins with HANG.
fn hanging_ffmpeg(folder: &Path) -> PathBuf {
    let path = folder.join("ffmpeg");
    let program = common::ffmpeg();
    let script = format!(
        "#!/bin/sh\ngrep -q ^HANG input 2>/dev/null && exec sleep 1000\nexec '{}' \"$@\"\n",
        program.display()
    );
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    path
}

#[tokio::test]
async fn other_jobs_run_while_one_hangs() {
    let cloud = TestCloud::start().await;
    let folder = tempfile::tempdir().unwrap();
    let transcoder = TranscoderProcess::start_with(&cloud, hanging_ffmpeg(folder.path()), 2);
    let client = client(&transcoder.url);
    cloud.put("/uploads/hangs", b"HANG".to_vec());
    cloud.put("/uploads/short", video("-f lavfi -i testsrc2=s=320x240:d=0.2"));
    let hanging = started(create(&client, "s3://uploads/hangs")).await;
    let hanging = hanging.id().unwrap();
    cloud.until(hanging, "PROGRESSING").await;
    for _ in 0..2 {
        let short = started(create(&client, "s3://uploads/short")).await;
        cloud.until(short.id().unwrap(), "COMPLETE").await;
    }
    assert_eq!(
        get(&client, hanging).await.status(),
        Some(&JobStatus::Progressing)
    );
    client.cancel_job().id(hanging).send().await.unwrap();
    cloud.until(hanging, "CANCELED").await;
}

#[tokio::test]
async fn canceled_job_writes_nothing_more() {
    let cloud = TestCloud::start().await;
    let transcoder = TranscoderProcess::start(&cloud);
    let client = client(&transcoder.url);
    cloud.put("/uploads/short", video("-f lavfi -i testsrc2=s=320x240:d=0.2"));
    cloud.hold(Some(Hold::MidUpload));
    let job = started(create(&client, "s3://uploads/short")).await;
    let id = job.id().unwrap();
    cloud.until_held().await;
    client.cancel_job().id(id).send().await.unwrap();
    assert_eq!(
        get(&client, id).await.status(),
        Some(&JobStatus::Progressing),
        "an upload is in flight"
    );
    cloud.hold(None);
    cloud.until(id, "CANCELED").await;
    let written = cloud.names("/renditions/");
    assert_eq!(
        written.len(),
        1,
        "the upload in flight was completed: {written:?}"
    );
    // The next job runs after the canceled one has ended.
    cloud.remove("/renditions/");
    let next = started(create(&client, "s3://uploads/nothing")).await;
    cloud.until(next.id().unwrap(), "ERROR").await;
    assert_eq!(cloud.names("/renditions/"), [""; 0]);
}

#[tokio::test]
async fn undelivered_notifications_survive_a_kill() {
    let cloud = TestCloud::start().await;
    let mut transcoder = TranscoderProcess::start(&cloud);
    cloud.set_unreachable(true);
    cloud.put("/uploads/short", video("-f lavfi -i testsrc2=s=320x240:d=0.2"));
    let api = client(&transcoder.url);
    let job = started(create(&api, "s3://uploads/short")).await;
    let id = job.id().unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while get(&api, id).await.status() != Some(&JobStatus::Complete) {
        assert!(Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(cloud.events(id).is_empty());
    transcoder.restart();
    cloud.set_unreachable(false);
    let events = cloud.until(id, "COMPLETE").await;
    assert_eq!(
        statuses(&events),
        ["PROGRESSING", "INPUT_INFORMATION", "COMPLETE"]
    );
    assert_eq!(
        get(&client(&transcoder.url), id).await.status(),
        Some(&JobStatus::Complete)
    );
}

#[tokio::test]
async fn queues_tags_lists_and_errors_are_served() {
    let cloud = TestCloud::start().await;
    let transcoder = TranscoderProcess::start(&cloud);
    let client = client(&transcoder.url);
    let create_queue = client.create_queue().name("responses").description("d");
    let made = create_queue
        .tags("stage", "local")
        .send()
        .await
        .unwrap()
        .queue
        .unwrap();
    let arn = made.arn.clone().unwrap();
    let read = client.get_queue().name("responses").send().await.unwrap().queue;
    assert_eq!(read.as_ref(), Some(&made));
    client
        .tag_resource()
        .arn(&arn)
        .tags("owner", "us")
        .send()
        .await
        .unwrap();
    client
        .untag_resource()
        .arn(&arn)
        .tag_keys("stage")
        .send()
        .await
        .unwrap();
    let tags = client.list_tags_for_resource().arn(&arn).send().await.unwrap();
    let tags = tags.resource_tags.unwrap();
    assert_eq!((tags.arn(), tags.tags().unwrap().len()), (Some(arn.as_str()), 1));
    let paused = client
        .update_queue()
        .name("responses")
        .status(QueueStatus::Paused);
    let paused = paused.send().await.unwrap().queue.unwrap();
    assert_eq!(
        (paused.status(), paused.description()),
        (Some(&QueueStatus::Paused), Some("d"))
    );

    let mut made = Vec::new();
    for _ in 0..3 {
        let job = started(create(&client, "s3://uploads/a").queue("responses")).await;
        assert_eq!(job.queue(), Some(arn.as_str()));
        made.push(job.id.unwrap());
    }
    let pages = client
        .list_jobs()
        .queue(&arn)
        .order(Order::Ascending)
        .max_results(2);
    let listed: Vec<_> = pages.into_paginator().items().send().try_collect().await.unwrap();
    let ids: Vec<_> = listed.into_iter().filter_map(|job| job.id).collect();
    assert_eq!(ids, made);
    let busy = client.delete_queue().name("responses").send().await.unwrap_err();
    assert!(busy.into_service_error().is_conflict_exception());
    for id in made {
        client.cancel_job().id(id).send().await.unwrap();
    }
    client.delete_queue().name("responses").send().await.unwrap();
    let gone = client.get_queue().name("responses").send().await.unwrap_err();
    assert!(gone.into_service_error().is_not_found_exception());
    let refused = create(&client, "s3://uploads/a")
        .user_metadata("project", "a&b")
        .send()
        .await;
    let refused = refused.unwrap_err().into_service_error();
    assert!(
        refused.is_bad_request_exception() && refused.to_string().contains("BadRequest"),
        "{refused}"
    );
    assert!(refused.message().unwrap().starts_with("/userMetadata/project: "));
}
