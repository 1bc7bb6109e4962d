//! MediaConvert's API as the Rust SDK speaks it, and the jobs, objects and events that come of it.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is not as it should be"
)]

mod common;

use std::process::Command;
use std::time::{Duration, Instant};

use aws_sdk_mediaconvert::Client;
use aws_sdk_mediaconvert::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_mediaconvert::error::ProvideErrorMetadata;
use aws_sdk_mediaconvert::operation::create_job::builders::CreateJobFluentBuilder;
use aws_sdk_mediaconvert::types::{
    AacCodecProfile, AacCodingMode, AacSettings, AudioCodec, AudioCodecSettings, AudioDefaultSelection,
    AudioDescription, AudioSelector, ContainerSettings, ContainerType, FileGroupSettings,
    FrameCaptureSettings, H264CodecLevel, H264CodecProfile, H264FramerateControl, H264GopSizeUnits,
    H264RateControlMode, H264Settings, Input, InputRotate, InputTimecodeSource, Job, JobSettings, JobStatus,
    Mp4Settings, Order, Output, OutputGroup, OutputGroupSettings, OutputGroupType, QueueStatus,
    ScalingBehavior, TimecodeConfig, TimecodeSource, VideoCodec, VideoCodecSettings, VideoDescription,
    VideoSelector,
};
use common::cloud::Cloud;
use common::transcoder::Transcoder;
use transcoder::ffmpeg::run::Ffmpeg;

const ROLE: &str = "arn:aws:iam::000000000000:role/transcoder";

fn client(transcoder: &Transcoder) -> Client {
    let config = aws_sdk_mediaconvert::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .endpoint_url(&transcoder.url)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("k", "s", None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    Client::from_conf(config.build())
}

/// A film that ffmpeg makes with these arguments.
fn film(arguments: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film");
    let made = Command::new(common::ffmpeg())
        .args(["-hide_banner", "-nostdin", "-loglevel", "error"])
        .args(arguments.split_whitespace())
        .args(["-c:v", "libx264", "-preset", "ultrafast", "-f", "mp4"])
        .arg(&path)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    std::fs::read(path).unwrap()
}

fn input(location: &str) -> Input {
    let sound = AudioSelector::builder().default_selection(AudioDefaultSelection::Default);
    Input::builder()
        .file_input(location)
        .timecode_source(InputTimecodeSource::Zerobased)
        .video_selector(VideoSelector::builder().rotate(InputRotate::Auto).build())
        .audio_selectors("Audio Selector 1", sound.build())
        .build()
}

fn web() -> Output {
    let h264 = H264Settings::builder()
        .rate_control_mode(H264RateControlMode::Cbr)
        .bitrate(2_200_000)
        .codec_profile(H264CodecProfile::Main)
        .codec_level(H264CodecLevel::Level31)
        .framerate_control(H264FramerateControl::Specified)
        .framerate_numerator(30)
        .framerate_denominator(1)
        .number_reference_frames(3)
        .gop_size(90.0)
        .gop_size_units(H264GopSizeUnits::Frames);
    let codec = VideoCodecSettings::builder()
        .codec(VideoCodec::H264)
        .h264_settings(h264.build());
    let aac = AacSettings::builder()
        .bitrate(160_000)
        .sample_rate(44_100)
        .codec_profile(AacCodecProfile::Lc)
        .coding_mode(AacCodingMode::CodingMode20);
    let sound = AudioCodecSettings::builder()
        .codec(AudioCodec::Aac)
        .aac_settings(aac.build());
    let sound = AudioDescription::builder()
        .audio_source_name("Audio Selector 1")
        .codec_settings(sound.build());
    Output::builder()
        .container_settings(
            ContainerSettings::builder()
                .container(ContainerType::Mp4)
                .mp4_settings(Mp4Settings::builder().build())
                .build(),
        )
        .video_description(within(1280, 720, codec.build()))
        .audio_descriptions(sound.build())
        .build()
}

fn poster() -> Output {
    let stills = FrameCaptureSettings::builder()
        .framerate_numerator(1)
        .framerate_denominator(60)
        .max_captures(1)
        .quality(80);
    let codec = VideoCodecSettings::builder()
        .codec(VideoCodec::FrameCapture)
        .frame_capture_settings(stills.build());
    Output::builder()
        .container_settings(ContainerSettings::builder().container(ContainerType::Raw).build())
        .name_modifier("-poster")
        .video_description(within(192, 108, codec.build()))
        .build()
}

fn within(width: i32, height: i32, codec: VideoCodecSettings) -> VideoDescription {
    VideoDescription::builder()
        .width(width)
        .height(height)
        .scaling_behavior(ScalingBehavior::FitNoUpscale)
        .codec_settings(codec)
        .build()
}

fn group(destination: &str, output: Output) -> OutputGroup {
    let settings = OutputGroupSettings::builder()
        .r#type(OutputGroupType::FileGroupSettings)
        .file_group_settings(FileGroupSettings::builder().destination(destination).build());
    OutputGroup::builder()
        .output_group_settings(settings.build())
        .outputs(output)
        .build()
}

/// A film for the web, and a group of its own for the poster, so that the film's name needs no modifier.
fn create(client: &Client, input_location: &str) -> CreateJobFluentBuilder {
    let destination = "s3://renditions/output/web/demo/0/hash/take-1";
    let settings = JobSettings::builder()
        .timecode_config(
            TimecodeConfig::builder()
                .source(TimecodeSource::Zerobased)
                .build(),
        )
        .inputs(input(input_location))
        .output_groups(group(destination, web()))
        .output_groups(group(destination, poster()));
    client
        .create_job()
        .role(ROLE)
        .settings(settings.build())
        .user_metadata("take", "0")
}

async fn started(create: CreateJobFluentBuilder) -> Job {
    create.send().await.unwrap().job.unwrap()
}

async fn get(client: &Client, id: &str) -> Job {
    client.get_job().id(id).send().await.unwrap().job.unwrap()
}

/// What happened, in the order in which it was told.
fn statuses(events: &[serde_json::Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event["status"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_film_and_its_poster() {
    let cloud = Cloud::start().await;
    let transcoder = Transcoder::start(&cloud);
    let client = client(&transcoder);
    // Portrait, as a phone stores it: a landscape that is to be turned.
    let turned = "-noautorotate -display_rotation 90 -f lavfi -i testsrc2=s=640x480:d=1";
    let bytes = film(&format!("{turned} -f lavfi -i sine=440:d=1 -c:a aac"));
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
    assert_eq!(done.settings(), job.settings(), "as they were sent");
    assert_eq!(done.user_metadata().unwrap()["take"], "0");
    let sizes = done.output_group_details().iter().map(|group| {
        let video = group.output_details()[0].video_details().unwrap();
        (video.width_in_px().unwrap(), video.height_in_px().unwrap())
    });
    assert_eq!(sizes.collect::<Vec<_>>(), [(480, 640), (80, 108)]);
    let timing = done.timing().unwrap();
    assert!(timing.submit_time() <= timing.start_time() && timing.start_time() <= timing.finish_time());

    let folder = "/renditions/output/web/demo/0/hash/";
    let (kind, poster) = cloud.object(&format!("{folder}take-1-poster.0000000.jpg"));
    assert_eq!((kind.as_str(), &poster[..2]), ("image/jpeg", &[0xFF, 0xD8][..]));
    let (kind, film) = cloud.object(&format!("{folder}take-1.mp4"));
    assert_eq!(kind, "video/mp4");
    std::fs::write(transcoder.state.path().join("film"), film).unwrap();
    let probe = Ffmpeg::new(common::ffmpeg())
        .probe(transcoder.state.path(), "film")
        .await;
    let probe = probe.unwrap();
    let video = probe.video.unwrap();
    assert_eq!(
        (video.profile.as_deref(), video.frames_per_second),
        (Some("Main"), Some(30.0))
    );
    assert_eq!(probe.audio.unwrap().sample_rate, Some(44_100));
    insta::assert_json_snapshot!(events.last().unwrap(), {
        ".jobId" => "[id]", ".timestamp" => "[time]", ".outputGroupDetails[].outputDetails[].durationInMs" => "[time]",
    });
}

#[tokio::test]
async fn an_input_that_is_not_there_or_no_film() {
    let cloud = Cloud::start().await;
    let transcoder = Transcoder::start(&cloud);
    let client = client(&transcoder);
    cloud.put("/uploads/text", b"hello".to_vec());
    for (location, code) in [("s3://uploads/nothing", 1404), ("s3://uploads/text", 1010)] {
        let job = started(create(&client, location)).await;
        let id = job.id().unwrap();
        let events = cloud.until(id, "ERROR").await;
        let told = events.last().unwrap();
        let job = get(&client, id).await;
        assert_eq!(
            (job.status(), job.error_code()),
            (Some(&JobStatus::Error), Some(code))
        );
        assert_eq!(
            (&told["errorCode"], told["errorMessage"].as_str()),
            (&code.into(), job.error_message())
        );
        assert_eq!(told["userMetadata"]["take"], "0");
    }
}

#[tokio::test]
async fn a_job_is_canceled_while_it_runs() {
    let cloud = Cloud::start().await;
    let transcoder = Transcoder::start(&cloud);
    let client = client(&transcoder);
    cloud.put("/uploads/long", film("-f lavfi -i testsrc2=s=1920x1080:d=20"));
    cloud.put("/uploads/short", film("-f lavfi -i testsrc2=s=320x240:d=0.2"));
    let long = started(create(&client, "s3://uploads/long")).await;
    let short = started(create(&client, "s3://uploads/short")).await;
    let (long, short) = (long.id().unwrap(), short.id().unwrap());
    cloud.until(long, "INPUT_INFORMATION").await;
    client.cancel_job().id(long).send().await.unwrap();
    let refused = client.cancel_job().id(long).send().await.unwrap_err();
    assert_eq!(refused.code(), Some("ConflictException"));
    // The place is free for the next one at once.
    let begun = Instant::now();
    cloud.until(short, "COMPLETE").await;
    assert!(begun.elapsed() < Duration::from_secs(10));
    let told = cloud.events(long);
    assert_eq!(statuses(&told), ["PROGRESSING", "INPUT_INFORMATION", "CANCELED"]);
    assert_eq!(get(&client, long).await.status(), Some(&JobStatus::Canceled));
    let left = std::fs::read_dir(transcoder.state.path().join("work")).unwrap();
    assert_eq!(left.count(), 0, "nothing is left in the work folder");
}

#[tokio::test]
async fn news_that_nobody_took_goes_out_after_a_kill() {
    let cloud = Cloud::start().await;
    let mut transcoder = Transcoder::start(&cloud);
    cloud.deaf(true);
    cloud.put("/uploads/short", film("-f lavfi -i testsrc2=s=320x240:d=0.2"));
    let api = client(&transcoder);
    let job = started(create(&api, "s3://uploads/short")).await;
    let id = job.id().unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while get(&api, id).await.status() != Some(&JobStatus::Complete) {
        assert!(Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(cloud.events(id).is_empty());
    transcoder.restart();
    cloud.deaf(false);
    let events = cloud.until(id, "COMPLETE").await;
    assert_eq!(
        statuses(&events),
        ["PROGRESSING", "INPUT_INFORMATION", "COMPLETE"]
    );
    assert_eq!(
        get(&client(&transcoder), id).await.status(),
        Some(&JobStatus::Complete)
    );
}

#[tokio::test]
async fn queues_tags_lists_and_errors() {
    let cloud = Cloud::start().await;
    let transcoder = Transcoder::start(&cloud);
    let client = client(&transcoder);
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
