//! Renditions of MediaConvert's jobs for typical and unusual recordings: sizes, colors, sound, posters and clips.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by a panic")]

mod common;

use std::process::Command;

use aws_sdk_mediaconvert::Client;
use aws_sdk_mediaconvert::error::ProvideErrorMetadata;
use aws_sdk_mediaconvert::types::{
    InputClipping, JobSettings, JobStatus, ProbeInputFile, TrackType, TransferCharacteristics,
};
use common::cloud::TestCloud;
use common::media_convert::{client, create, get, started};
use common::transcoder::TranscoderProcess;
use python_tools::probe::{MediaProbe, Planes, ProbedColor, Video, probe};

const FOLDER: &str = "/renditions/output/web/demo/0/hash/";
const H264: &str = "-c:v libx264 -preset ultrafast";
const HEVC: &str = "-c:v libx265 -preset ultrafast -x265-params log-level=error -tag:v hvc1";

/// A transcoder and its fake cloud, for consecutive jobs.
struct RenditionFixture {
    cloud: TestCloud,
    transcoder: TranscoderProcess,
    client: Client,
}

/// The results of a job: its video, the names of its posters and its last event.
struct Made {
    probe: MediaProbe,
    frames: Vec<String>,
    event: serde_json::Value,
}

impl Made {
    fn video(&self) -> &Video {
        self.probe.video.as_ref().unwrap()
    }

    fn planes(&self) -> Planes {
        self.video().planes.unwrap()
    }

    fn size(&self) -> (u32, u32) {
        (self.video().width, self.video().height)
    }
}

impl RenditionFixture {
    async fn start() -> Self {
        let cloud = TestCloud::start().await;
        let transcoder = TranscoderProcess::start(&cloud);
        let client = client(&transcoder.url);
        Self {
            cloud,
            transcoder,
            client,
        }
    }

    /// Uploads a source that ffmpeg generates with these arguments.
    fn source(&self, name: &str, arguments: &str) -> String {
        let path = self.transcoder.state.path().join(name);
        let made = Command::new(common::ffmpeg())
            .args(["-hide_banner", "-nostdin", "-loglevel", "error", "-y"])
            .args(arguments.split_whitespace())
            .arg(&path)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        self.cloud
            .put(&format!("/uploads/{name}"), std::fs::read(&path).unwrap());
        format!("s3://uploads/{name}")
    }

    async fn make(&self, location: &str) -> Made {
        self.made(create(&self.client, location)).await
    }

    async fn made(
        &self,
        create: aws_sdk_mediaconvert::operation::create_job::builders::CreateJobFluentBuilder,
    ) -> Made {
        self.cloud.remove(FOLDER);
        let job = started(create).await;
        let events = self.cloud.until_ended(job.id().unwrap()).await;
        let event = events.last().unwrap().clone();
        assert_eq!(event["status"], "COMPLETE", "{event}");
        let (_, video) = self.cloud.object(&format!("{FOLDER}take-1.mp4"));
        let state = self.transcoder.state.path();
        std::fs::write(state.join("made"), video).unwrap();
        let probe = probe(&state.join("made"));
        let frames = self.cloud.names(&format!("{FOLDER}take-1-poster."));
        Made { probe, frames, event }
    }

    /// Returns the share of interlaced frames in the last video.
    fn combing(&self) -> f64 {
        let count = |kind: &str| {
            let counts = self.metadata("idet", &format!("lavfi.idet.multiple.{kind}"));
            counts.last().copied().unwrap()
        };
        let interlaced = count("tff") + count("bff");
        interlaced / (interlaced + count("progressive"))
    }

    /// Returns the values that a filter reports for each frame of the last video.
    fn metadata(&self, filter: &str, name: &str) -> Vec<f64> {
        let filters = format!("{filter},metadata=print:file=-");
        let shown = Command::new(common::ffmpeg())
            .current_dir(self.transcoder.state.path())
            .args(["-hide_banner", "-nostdin", "-loglevel", "error", "-i", "made"])
            .args(["-vf", &filters, "-f", "null", "-"])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&shown.stdout).into_owned();
        let lines = text
            .lines()
            .filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        lines.map(|value| value.parse().unwrap()).collect()
    }
}

fn picture(size: &str, seconds: f64) -> String {
    format!("-f lavfi -i testsrc2=s={size}:r=30:d={seconds}")
}

fn assert_rec709(video: &Video) {
    assert_eq!(video.color, ProbedColor::bt709());
}

#[tokio::test]
async fn short_side_is_at_most_720_and_long_side_at_most_1280() {
    let fixture = RenditionFixture::start().await;
    for (name, source, size) in [
        ("landscape.mp4", picture("1920x1080", 0.2), (1280, 720)),
        ("portrait.mp4", picture("1080x1920", 0.2), (720, 1280)),
        (
            "turned.mp4",
            format!("-noautorotate -display_rotation 90 {}", picture("1920x1080", 0.2)),
            (720, 1280),
        ),
        ("small.mp4", picture("320x240", 0.2), (320, 240)),
    ] {
        let location = fixture.source(name, &format!("{source} {H264}"));
        let made = fixture.make(&location).await;
        assert_eq!((made.size(), made.video().rotation), (size, 0), "{name}");
        assert_rec709(made.video());
        assert_eq!(made.probe.audio, None, "{name} is silent");
    }
}

#[tokio::test]
async fn picture_beyond_its_level_fails() {
    let fixture = RenditionFixture::start().await;
    // 4:3 in a box of 1280x1280 has 4,800 macroblocks; level 3.1 allows 3,600.
    let location = fixture.source("wide.mp4", &format!("{} {H264}", picture("1440x1080", 0.1)));
    let job = started(create(&fixture.client, &location)).await;
    let events = fixture.cloud.until(job.id().unwrap(), "ERROR").await;
    let message = events.last().unwrap()["errorMessage"].as_str().unwrap();
    assert!(message.contains("level"), "{message}");
}

#[tokio::test]
async fn high_dynamic_range_becomes_standard() {
    let fixture = RenditionFixture::start().await;
    let red = "-f lavfi -i color=c=0xc00000:s=320x180:r=30:d=0.2";
    for (name, transfer) in [("hlg.mov", "arib-std-b67"), ("pq.mov", "smpte2084")] {
        let to_hdr = format!(
            "-vf scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,zscale=pin=709:tin=709:min=709:rin=tv:p=2020:t={transfer}:m=2020_ncl:r=tv:npl=203,format=yuv420p10le"
        );
        let location = fixture.source(name, &format!("{red} {to_hdr} {HEVC}"));
        let made = fixture.make(&location).await;
        assert_rec709(made.video());
        assert_eq!(made.video().codec, "h264");
        // The same red in BT.709 has V = 211; what is only relabelled has 165 (HLG) or 150 (PQ).
        let Planes(_, _, v) = made.planes();
        assert!((190.0..215.0).contains(&v), "{name}: {v}");
    }
}

#[tokio::test]
async fn other_color_spaces_become_bt709_in_limited_range() {
    let fixture = RenditionFixture::start().await;
    // White is 235 in limited range, 255 in full range.
    let white = "-f lavfi -i color=c=white:s=320x180:r=30:d=0.2";
    let location = fixture.source("full.mp4", &format!("{white} -vf format=yuvj420p {H264}"));
    let made = fixture.make(&location).await;
    assert_rec709(made.video());
    let Planes(y, _, _) = made.planes();
    assert!((y - 235.0).abs() < 2.0, "{y}");
    // Green in BT.709 has Y = 173 (8 bits, limited); BT.601's is 145.
    let green = "-f lavfi -i color=c=lime:s=320x180:r=30:d=0.2";
    for (name, tags) in [
        ("unnamed.mp4", ""),
        (
            "bt601.mp4",
            "-colorspace smpte170m -color_primaries smpte170m -color_trc smpte170m",
        ),
        (
            "pal.mp4",
            "-colorspace bt470bg -color_primaries bt470bg -color_trc bt709",
        ),
    ] {
        let filter =
            "-vf scale=out_color_matrix=bt601:out_range=tv,format=yuv420p,setparams=colorspace=unknown";
        let location = fixture.source(name, &format!("{green} {filter} {H264} {tags}"));
        let made = fixture.make(&location).await;
        assert_rec709(made.video());
        let Planes(y, _, _) = made.planes();
        assert!((y - 173.0).abs() < 3.0, "{name}: {y}");
    }
    let p3 = "-vf setparams=color_primaries=smpte432:color_trc=bt709:colorspace=bt709:range=tv";
    let location = fixture.source("p3.mp4", &format!("{green} {p3} {H264}"));
    assert_rec709(fixture.make(&location).await.video());
}

#[tokio::test]
async fn sound_of_any_layout_becomes_stereo() {
    let fixture = RenditionFixture::start().await;
    let channels = |count: usize| {
        let copies: Vec<String> = (0..count).map(|channel| format!("c{channel}=c0")).collect();
        copies.join("|")
    };
    for (name, layout, count) in [
        ("mono.mov", "mono", 1),
        ("three.mov", "3.0", 3),
        ("bass.mov", "2.1", 3),
        ("surround.mov", "5.1", 6),
        ("eight.mov", "7.1", 8),
    ] {
        let sound = format!("-f lavfi -i sine=d=0.2 -af pan={layout}|{}", channels(count));
        let location = fixture.source(
            name,
            &format!("{} {sound} {H264} -c:a pcm_s16le", picture("160x120", 0.2)),
        );
        let made = fixture.make(&location).await;
        let audio = made.probe.audio.unwrap();
        assert_eq!(
            (audio.layout.as_deref(), audio.sample_rate),
            (Some("L R"), 44_100),
            "{name}"
        );
    }
}

#[tokio::test]
async fn nine_channels_without_a_layout_become_stereo() {
    let fixture = RenditionFixture::start().await;
    let sound = format!("-f lavfi -i aevalsrc={}:d=0.2", ["0.1"; 9].join("|"));
    let location = fixture.source(
        "nine.mov",
        &format!("{} {sound} {H264} -c:a pcm_s16le", picture("160x120", 0.2)),
    );
    let audio = fixture.make(&location).await.probe.audio.unwrap();
    assert_eq!(audio.layout.as_deref(), Some("L R"));
}

#[tokio::test]
async fn interlaced_transport_stream_becomes_progressive() {
    let fixture = RenditionFixture::start().await;
    // As AVCHD has it: fields in H.264, AC-3, MPEG-TS. Upright bars move to the left: fields of two moments differ.
    let bars = "-vf geq=lum=255*gt(mod(X+8*N\\,80)\\,40):cb=128:cr=128,tinterlace=interleave_top,fieldorder=tff,format=yuv420p";
    let source = format!(
        "-f lavfi -i color=s=320x240:r=50:d=0.6 -f lavfi -i sine=d=0.6 {bars} {H264} -flags +ilme+ildct -c:a ac3 -f mpegts"
    );
    let made = fixture.make(&fixture.source("camera.mts", &source)).await;
    assert_eq!(made.video().scan.as_deref(), Some("Progressive"));
    assert_eq!(made.size(), (320, 240));
    assert_eq!(made.probe.audio.unwrap().codec, "aac");
    let combing = fixture.combing();
    assert!(combing < 0.1, "frames contain two fields: {combing}");
}

#[tokio::test]
async fn joined_recording_ends_with_a_warning() {
    let fixture = RenditionFixture::start().await;
    let location = fixture.source(
        "recording.webm",
        &format!("{} -c:v libvpx", picture("160x120", 0.5)),
    );
    let (_, once) = fixture.cloud.object("/uploads/recording.webm");
    fixture.cloud.put("/uploads/recording.webm", once.repeat(2));
    let made = fixture.make(&location).await;
    assert_eq!(made.event["warnings"][0]["count"], 2, "one for each output");
    let events = fixture.cloud.events(made.event["jobId"].as_str().unwrap());
    let warning = events.iter().find(|event| event["status"] == "NEW_WARNING");
    let warning = warning.unwrap()["warningMessage"].as_str().unwrap();
    assert!(warning.contains("several files joined end to end"), "{warning}");
}

#[tokio::test]
async fn poster_is_the_frame_after_one_second_if_present() {
    let fixture = RenditionFixture::start().await;
    for (name, seconds, count) in [
        ("short.mp4", 0.5, 1),
        ("second.mp4", 1.0, 1),
        ("long.mp4", 1.5, 2),
    ] {
        let location = fixture.source(name, &format!("{} {H264}", picture("1080x1920", seconds)));
        let made = fixture.make(&location).await;
        let frames: Vec<String> = (0..count)
            .map(|index| format!("{FOLDER}take-1-poster.{index:07}.jpg"))
            .collect();
        assert_eq!(made.frames, frames, "{name}");
        let poster = &made.event["outputGroupDetails"][1]["outputDetails"][0];
        let file = format!("s3:/{}", made.frames.last().unwrap());
        assert_eq!(
            poster["outputFilePaths"][0], file,
            "the event names the last frame"
        );
        assert_eq!(
            (
                &poster["videoDetails"]["widthInPx"],
                &poster["videoDetails"]["heightInPx"]
            ),
            (&360.into(), &640.into()),
            "{name}"
        );
    }
}

#[tokio::test]
async fn clip_ends_with_the_frame_of_its_timecode() {
    let fixture = RenditionFixture::start().await;
    let source = format!("{} -f lavfi -i sine=d=2 {H264} -c:a aac", picture("160x120", 2.0));
    let location = fixture.source("two-seconds.mp4", &source);
    let clipped = |end: &str| {
        let create = create(&fixture.client, &location);
        let mut settings: JobSettings = create.get_settings().clone().unwrap();
        let clipping = InputClipping::builder().end_timecode(end).build();
        let inputs = settings.inputs.as_mut().unwrap();
        inputs[0].input_clippings = Some(vec![clipping]);
        create.settings(settings)
    };
    let made = fixture.made(clipped("00:00:01:00")).await;
    let length = made.probe.duration.unwrap();
    assert!(
        (1030..=1100).contains(&length),
        "31 frames of 30 a second: {length}"
    );
    // The effect of a clip that ends after its source is not documented.
    let job = started(clipped("00:00:02:00")).await;
    fixture.cloud.until(job.id().unwrap(), "ERROR").await;
    assert_eq!(
        get(&fixture.client, job.id().unwrap()).await.status(),
        Some(&JobStatus::Error)
    );
}

#[tokio::test]
async fn probe_returns_size_color_and_duration() {
    let fixture = RenditionFixture::start().await;
    let probed = async |location: &str| {
        let file = ProbeInputFile::builder().file_url(location).build();
        fixture.client.probe().input_files(file).send().await
    };
    let turned = format!("-noautorotate -display_rotation 90 {}", picture("640x480", 1.0));
    let location = fixture.source("turned.mp4", &format!("{turned} {H264}"));
    let answer = probed(&location).await.unwrap();
    let container = answer.probe_results()[0].container().unwrap();
    assert_eq!(container.duration(), Some(1.0));
    let track = &container.tracks()[0];
    assert_eq!(track.track_type(), Some(&TrackType::Video));
    let video = track.video_properties().unwrap();
    // `-display_rotation 90` is counter-clockwise.
    assert_eq!(
        (video.width(), video.height(), video.rotation()),
        (Some(640), Some(480), Some(270))
    );
    assert_eq!(
        video.transfer_characteristics(),
        Some(&TransferCharacteristics::Unspecified)
    );
    let live = format!(
        "{} -c:v libvpx -deadline realtime -live 1",
        picture("320x240", 0.5)
    );
    let location = fixture.source("recorder.webm", &live);
    let answer = probed(&location).await.unwrap();
    let container = answer.probe_results()[0].container().unwrap();
    assert_eq!(container.duration(), None, "a browser's recording has none");

    fixture.cloud.put("/uploads/text", b"hello".to_vec());
    for (location, code) in [
        ("s3://uploads/nothing", "NotFoundException"),
        ("s3://uploads/text", "BadRequestException"),
        ("https://example.com/a.mp4", "BadRequestException"),
    ] {
        let refused = probed(location).await.unwrap_err();
        assert_eq!(refused.code(), Some(code), "{location}");
    }
    let left = std::fs::read_dir(fixture.transcoder.state.path().join("work")).unwrap();
    assert_eq!(left.count(), 0, "the work folder is empty");
}
