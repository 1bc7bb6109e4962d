//! Elastic Transcoder's jobs from their creation to their objects and notifications.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by a panic")]

mod common;

use std::time::{Duration, Instant};

use aws_sdk_elastictranscoder::error::ProvideErrorMetadata;
use aws_sdk_elastictranscoder::types::{
    CreateJobOutput, JobInput, Preset, Thumbnails, TimeSpan, VideoParameters,
};
use common::cloud::TestCloud;
use common::elastic::{WEB, client, create, get, pipeline, started};
use common::transcoder::TranscoderProcess;
use common::video;
use python_tools::probe::{MediaProbe, probe};

const FOLDER: &str = "/renditions/output/web/demo/0/hash/";

/// Returns the media type of an object and the properties of its content.
fn probed(cloud: &TestCloud, path: &str) -> (String, MediaProbe) {
    let (kind, bytes) = cloud.object(path);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("made"), bytes).unwrap();
    (kind, probe(&folder.path().join("made")))
}

fn size(probe: &MediaProbe) -> (u32, u32) {
    let video = probe.video.as_ref().unwrap();
    (video.width, video.height)
}

/// The preset "Web", and a custom preset that fills a box.
fn filling(web: &Preset) -> (VideoParameters, Thumbnails) {
    let mut video = web.video.clone().unwrap();
    (video.max_width, video.max_height) = (Some("300".into()), Some("200".into()));
    video.sizing_policy = Some("Fill".into());
    let mut thumbnails = web.thumbnails.clone().unwrap();
    thumbnails.format = Some("jpg".into());
    (thumbnails.max_width, thumbnails.max_height) = (Some("64".into()), Some("64".into()));
    (thumbnails.sizing_policy, thumbnails.padding_policy) = (Some("Fit".into()), Some("Pad".into()));
    (video, thumbnails)
}

#[tokio::test]
async fn custom_preset_sets_the_encoding() {
    let cloud = TestCloud::start().await;
    let transcoder = TranscoderProcess::start(&cloud);
    let client = client(&transcoder.url);
    cloud.put("/uploads/video", video("-f lavfi -i testsrc2=s=640x480:d=0.3"));
    let pipeline = pipeline(&client).await;
    let web = client.read_preset().id(WEB).send().await.unwrap().preset.unwrap();
    let (video, thumbnails) = filling(&web);
    let made = client
        .create_preset()
        .name("filling")
        .container("mp4")
        .video(video.clone())
        .audio(web.audio.clone().unwrap())
        .thumbnails(thumbnails);
    let made = made.send().await.unwrap().preset.unwrap();
    let preset = made.id().unwrap();
    let read = client.read_preset().id(preset).send().await.unwrap().preset;
    assert_eq!(read.as_ref(), Some(&made));
    let listed = client.list_presets().send().await.unwrap().presets.unwrap();
    assert!(listed.contains(&made) && listed.len() == 5, "{listed:?}");

    let id = started(create(&client, &pipeline, "video", preset)).await;
    let events = cloud.until(&id, "COMPLETED").await;
    assert_eq!(events.last().unwrap()["outputs"][0]["width"], 300);
    let (kind, video) = probed(&cloud, &format!("{FOLDER}take-1.mp4"));
    assert_eq!((kind.as_str(), size(&video)), ("video/mp4", (300, 200)));
    let (kind, still) = probed(&cloud, &format!("{FOLDER}take-1-00001.jpg"));
    assert_eq!((kind.as_str(), size(&still)), ("image/jpeg", (64, 64)));

    let used = client.delete_preset().id(preset).send().await.unwrap_err();
    assert_eq!(used.code(), Some("AccessDeniedException"));
}

#[tokio::test]
async fn system_presets_for_sound_and_gif_are_served() {
    let cloud = TestCloud::start().await;
    let transcoder = TranscoderProcess::start(&cloud);
    let client = client(&transcoder.url);
    cloud.put(
        "/uploads/video",
        video("-f lavfi -i testsrc2=s=640x480:d=0.5 -f lavfi -i sine=440:d=0.5 -c:a aac"),
    );
    let pipeline = pipeline(&client).await;
    for (preset, wanted) in [
        ("1351620000001-100110", ("audio/mp4", None, Some("aac"))),
        ("1351620000001-100200", ("image/gif", Some("gif"), None)),
    ] {
        let create = create(&client, &pipeline, "video", preset);
        let id = started(create.output_key_prefix(format!("output/{preset}/"))).await;
        cloud.until(&id, "COMPLETED").await;
        let (kind, made) = probed(&cloud, &format!("/renditions/output/{preset}/take-1.mp4"));
        let video = made.video.as_ref().map(|video| video.codec.as_str());
        let audio = made.audio.as_ref().map(|audio| audio.codec.as_str());
        assert_eq!((kind.as_str(), video, audio), wanted, "{preset}");
        let ends = [
            made.video.as_ref().and_then(|video| video.last_packet),
            made.audio.as_ref().and_then(|audio| audio.last_packet),
        ];
        let end = ends.into_iter().flatten().next().unwrap();
        assert!((0.35..0.55).contains(&end), "{preset}: {end}");
    }
}

#[tokio::test]
async fn role_is_assumed_once_for_many_notifications() {
    let cloud = TestCloud::start().await;
    let transcoder = TranscoderProcess::start(&cloud);
    let client = client(&transcoder.url);
    cloud.put("/uploads/video", video("-f lavfi -i testsrc2=s=64x64:d=0.1"));
    let pipeline = pipeline(&client).await;
    for number in 0..4 {
        let create = create(&client, &pipeline, "video", WEB);
        let id = started(create.output_key_prefix(format!("output/{number}/"))).await;
        cloud.until(&id, "COMPLETED").await;
        assert_eq!(cloud.events(&id).len(), 2);
    }
    assert_eq!(
        cloud.assumed(),
        4 + 1,
        "once for each job, and once for all notifications"
    );
}

#[tokio::test]
async fn canceled_waiting_job_never_runs() {
    let cloud = TestCloud::start().await;
    let transcoder = TranscoderProcess::start(&cloud);
    let client = client(&transcoder.url);
    cloud.put("/uploads/video", video("-f lavfi -i testsrc2=s=640x480:d=0.3"));
    let pipeline = pipeline(&client).await;
    let status = client.update_pipeline_status().id(&pipeline);
    status.status("Paused").send().await.unwrap();
    let waiting = started(create(&client, &pipeline, "video", WEB)).await;
    client.cancel_job().id(&waiting).send().await.unwrap();
    let status = client.update_pipeline_status().id(&pipeline);
    status.status("Active").send().await.unwrap();
    let next = create(&client, &pipeline, "video", WEB).output_key_prefix("output/next/");
    let next = started(next).await;
    cloud.until(&next, "COMPLETED").await;
    assert_eq!(get(&client, &waiting).await.status(), Some("Canceled"));
    assert_eq!(cloud.names(FOLDER), [""; 0]);
    assert_eq!(
        cloud.events(&waiting).len(),
        0,
        "Elastic Transcoder has no such notifications"
    );
    let refused = client.cancel_job().id(&next).send().await.unwrap_err();
    assert_eq!(
        refused.code(),
        Some("ResourceInUseException"),
        "the job has ended"
    );
}

#[tokio::test]
async fn notification_outlives_its_pipeline() {
    let cloud = TestCloud::start().await;
    let transcoder = TranscoderProcess::start(&cloud);
    let client = client(&transcoder.url);
    cloud.put("/uploads/video", video("-f lavfi -i testsrc2=s=64x64:d=0.1"));
    let pipeline = pipeline(&client).await;
    cloud.set_unreachable(true);
    let id = started(create(&client, &pipeline, "video", WEB)).await;
    let deadline = Instant::now() + Duration::from_secs(30);
    while get(&client, &id).await.status() != Some("Complete") {
        assert!(Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    client.delete_pipeline().id(&pipeline).send().await.unwrap();
    cloud.set_unreachable(false);
    cloud.until(&id, "COMPLETED").await;
}

#[tokio::test]
async fn thumbnails_of_a_failed_output_are_discarded() {
    let cloud = TestCloud::start().await;
    let transcoder = TranscoderProcess::start(&cloud);
    let client = client(&transcoder.url);
    let pipeline = pipeline(&client).await;
    let web = client.read_preset().id(WEB).send().await.unwrap().preset.unwrap();
    let mut each_second = web.thumbnails.clone().unwrap();
    each_second.interval = Some("1".into());
    let preset = client
        .create_preset()
        .name("thumbnail each second")
        .container("mp4")
        .video(web.video.clone().unwrap())
        .thumbnails(each_second);
    let preset = preset.send().await.unwrap().preset.unwrap();
    cloud.put("/uploads/video", video("-f lavfi -i testsrc2=s=64x64:d=3"));
    cloud.put(&format!("{FOLDER}first-00003.png"), Vec::new());
    let output = |name: &str, preset: &str| {
        CreateJobOutput::builder()
            .key(format!("{name}.mp4"))
            .preset_id(preset)
            .thumbnail_pattern(format!("{name}-{{count}}"))
            .build()
    };
    let outputs = vec![output("first", preset.id().unwrap()), output("second", WEB)];
    let job = create(&client, &pipeline, "video", WEB).set_outputs(Some(outputs));
    let id = started(job).await;
    cloud.until(&id, "ERROR").await;
    let second = [format!("{FOLDER}second-00001.png"), format!("{FOLDER}second.mp4")];
    assert_eq!(cloud.names(&format!("{FOLDER}second")), second);
}

#[tokio::test]
async fn short_input_is_used_whole_with_a_warning() {
    let cloud = TestCloud::start().await;
    let transcoder = TranscoderProcess::start(&cloud);
    let client = client(&transcoder.url);
    let pipeline = pipeline(&client).await;
    cloud.put("/uploads/video", video("-f lavfi -i testsrc2=s=160x120:r=30:d=2"));
    for (duration, warns, millis) in [("1.000", false, 1_000), ("00:01:00.000", true, 2_000)] {
        let span = TimeSpan::builder().duration(duration).build();
        let input = JobInput::builder().key("video").time_span(span).build();
        cloud.remove(FOLDER);
        let id = started(create(&client, &pipeline, "video", WEB).input(input)).await;
        let events = cloud.until(&id, "COMPLETED").await;
        let states: Vec<_> = events
            .iter()
            .map(|event| event["state"].as_str().unwrap())
            .collect();
        let expected = [
            &["PROGRESSING"][..],
            if warns { &["WARNING"] } else { &[] },
            &["COMPLETED"],
        ];
        assert_eq!(states, expected.concat(), "{duration}");
        let done = get(&client, &id).await;
        assert_eq!(done.outputs()[0].duration_millis(), Some(millis), "{duration}");
        let (_, made) = probed(&cloud, &format!("{FOLDER}take-1.mp4"));
        let length = made.duration.unwrap();
        assert!(
            length.abs_diff(u64::try_from(millis).unwrap()) < 100,
            "{duration}: {length}"
        );
        assert_eq!(
            done.input().unwrap().time_span().unwrap().duration(),
            Some(duration),
            "the request is returned unchanged"
        );
    }
}
