//! Runs of ffmpeg: the outputs of typical and unusual recordings.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by a panic")]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use python_tools::probe::{MediaProbe, probe};
use transcoder::encoding::{
    ColorConversion, Encoding, ImageFormat, PaddingPolicy, RateControl, Rotate, Sizing, SizingPolicy,
    ThumbnailEncoding, VideoEncoding,
};
use transcoder::failure::{Code, JobFailure};
use transcoder::ffmpeg::arguments::{FfmpegCommand, INPUT, OUTPUT, thumbnail_file};
use transcoder::ffmpeg::inspect::{Inspection, inspect};
use transcoder::ffmpeg::run::Ffmpeg;
use transcoder::system_encodings;

/// Returns the encodings of a system preset.
fn system(id: &str) -> (Encoding, Option<ThumbnailEncoding>) {
    system_encodings(&format!("1351620000001-{id}")).unwrap()
}

/// Returns the encoding of "Web" with other video settings.
fn web_with(change: impl Fn(&mut VideoEncoding)) -> Encoding {
    let (mut web, _) = system("100070");
    if let Encoding::Mp4 {
        video: Some(video), ..
    } = &mut web
    {
        change(video);
    }
    web
}

/// A job's work folder, with the ffmpeg that runs in it.
struct WorkFolder {
    folder: tempfile::TempDir,
    program: PathBuf,
}

impl WorkFolder {
    /// Returns a work folder whose input ffmpeg generates with these arguments.
    fn new(arguments: &str) -> Self {
        let work = Self::empty();
        work.ffmpeg(&format!("{arguments} {INPUT}"));
        work
    }

    fn empty() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            program: common::ffmpeg(),
        }
    }

    fn ffmpeg(&self, arguments: &str) {
        let made = Command::new(&self.program)
            .current_dir(self.folder.path())
            .args(["-hide_banner", "-nostdin", "-loglevel", "error", "-y"])
            .args(arguments.split_whitespace())
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn inspect(&self) -> Result<Inspection, JobFailure> {
        let ffmpeg = Ffmpeg::new(self.program.clone());
        inspect(&ffmpeg, self.folder.path(), INPUT).await
    }

    /// Replaces each of these names in the input by an unknown one.
    fn hide(&self, names: &[&str], times: usize) {
        let mut bytes = std::fs::read(self.path(INPUT)).unwrap();
        for name in names {
            for _ in 0..times {
                let at = bytes.windows(4).position(|found| found == name.as_bytes());
                let at = at.unwrap();
                bytes[at..at + 4].copy_from_slice(b"zzzz");
            }
        }
        std::fs::write(self.path(INPUT), bytes).unwrap();
    }

    /// Creates the input by joining two files end to end.
    fn join(&self, first: &str, second: &str) {
        let mut bytes = std::fs::read(self.path(first)).unwrap();
        bytes.extend(std::fs::read(self.path(second)).unwrap());
        std::fs::write(self.path(INPUT), bytes).unwrap();
    }

    /// Returns the average brightness of a part of the video's last frames.
    fn brightness(&self, crop: &str) -> f64 {
        self.ffmpeg(&format!(
            "-sseof -0.2 -i {OUTPUT} -filter:v crop={crop},scale=1:1,format=gray -frames:v 1 -f rawvideo gray"
        ));
        f64::from(std::fs::read(self.path("gray")).unwrap()[0])
    }

    /// Returns the properties that the transcoder reads from a file.
    async fn read(&self, file: &str) -> media::Probe {
        Ffmpeg::new(self.program.clone())
            .probe(self.folder.path(), file)
            .await
            .unwrap()
    }

    /// Creates a video, thumbnails or both. Returns the video's properties.
    async fn make(
        &self,
        video: Option<&Encoding>,
        thumbnails: Option<&ThumbnailEncoding>,
        rotate: Rotate,
    ) -> Option<MediaProbe> {
        let ffmpeg = Ffmpeg::new(self.program.clone());
        let inspection = inspect(&ffmpeg, self.folder.path(), INPUT).await.unwrap();
        let input = inspection.probe;
        let plan = FfmpegCommand::new(&input, video, thumbnails, rotate).unwrap();
        let plan = plan.using(&inspection.selection);
        let complaint = ffmpeg
            .run(
                self.folder.path(),
                &plan.arguments(),
                input.duration_millis,
                &|_| {},
            )
            .await
            .unwrap();
        assert_eq!(complaint, None);
        video?;
        Some(probe(&self.path(OUTPUT)))
    }

    async fn video(&self, video: &Encoding, rotate: Rotate) -> MediaProbe {
        self.make(Some(video), None, rotate).await.unwrap()
    }

    async fn web(&self) -> MediaProbe {
        let (video, thumbnails) = system("100070");
        self.make(Some(&video), thumbnails.as_ref(), Rotate::Auto)
            .await
            .unwrap()
    }

    /// Returns ffmpeg's arguments for "Web" without thumbnails.
    async fn arguments(&self) -> Vec<String> {
        let input = self.read(INPUT).await;
        let (video, _) = system("100070");
        FfmpegCommand::new(&input, Some(&video), None, Rotate::Auto)
            .unwrap()
            .arguments()
    }
}

fn size(probe: &MediaProbe) -> (u32, u32) {
    let video = probe.video.as_ref().unwrap();
    (video.width, video.height)
}

fn codec(probe: &MediaProbe) -> &str {
    &probe.video.as_ref().unwrap().codec
}

fn assert_web(probe: &MediaProbe, sound: bool) {
    let video = probe.video.as_ref().unwrap();
    assert_eq!((video.codec.as_str(), video.profile.as_str()), ("h264", "Main"));
    assert_eq!(
        (video.rotation, video.pixel_aspect, video.frame_rate),
        (0, Some(1.0), Some(30.0))
    );
    assert_eq!(video.scan.as_deref(), Some("Progressive"));
    assert_eq!(probe.audio.is_some(), sound);
    if let Some(audio) = &probe.audio {
        assert_eq!(
            (
                audio.codec.as_str(),
                audio.profile.as_str(),
                audio.sample_rate,
                audio.layout.as_deref()
            ),
            ("aac", "LC", 44_100, Some("L R"))
        );
    }
}

#[tokio::test]
async fn full_hd_with_sound_becomes_720p() {
    let work = WorkFolder::new(
        "-f lavfi -i testsrc2=s=1920x1080:r=25:d=2 -f lavfi -i sine=440:d=2 -c:v libx264 -preset ultrafast -c:a aac -f mp4",
    );
    let made = work.web().await;
    assert_web(&made, true);
    assert_eq!(size(&made), (1280, 720));
    assert!(made.duration.unwrap().abs_diff(2_000) < 100);
    let start = std::fs::read(work.path(OUTPUT)).unwrap();
    let at = |name: &[u8]| start.windows(4).position(|bytes| bytes == name).unwrap();
    assert!(at(b"moov") < at(b"mdat"), "playable during the download");
    assert!(!work.path(&thumbnail_file(1, ImageFormat::Png)).exists());
    let thumbnail = probe(&work.path(&thumbnail_file(0, ImageFormat::Png)));
    assert_eq!((codec(&thumbnail), size(&thumbnail)), ("png", (192, 108)));
}

#[tokio::test]
async fn rotation_is_applied_or_replaced() {
    let work = WorkFolder::empty();
    work.ffmpeg("-f lavfi -i testsrc2=s=1280x720:d=1 -c:v libx264 -preset ultrafast plain.mp4");
    work.ffmpeg(&format!(
        "-display_rotation 90 -i plain.mp4 -c copy -f mov {INPUT}"
    ));
    let made = work.web().await;
    assert_web(&made, false);
    assert_eq!(size(&made), (404, 720));
    let turned = work.video(&system("100070").0, Rotate::Degrees(0)).await;
    assert_eq!(
        size(&turned),
        (1280, 720),
        "the job's own rotation replaces the file's"
    );
    assert_web(&turned, false);
}

#[tokio::test]
async fn small_hevc_is_not_enlarged() {
    let work = WorkFolder::new(
        "-f lavfi -i testsrc2=s=640x480:r=24000/1001:d=1 -c:v libx265 -tag:v hvc1 -x265-params log-level=error -pix_fmt yuv420p10le -f mov",
    );
    let made = work.web().await;
    assert_web(&made, false);
    assert_eq!(size(&made), (640, 480), "never enlarged");
}

#[tokio::test]
async fn recording_without_duration_is_transcoded() {
    let work = WorkFolder::empty();
    let arguments = "-f lavfi -i testsrc2=s=641x481:r=30:d=2 -f lavfi -i sine=440:d=2 -c:v libvpx -deadline realtime -c:a libopus -f webm -live 1 pipe:1";
    let recorded = Command::new(&work.program)
        .args(["-hide_banner", "-nostdin", "-loglevel", "error"])
        .args(arguments.split(' '))
        .output()
        .unwrap();
    std::fs::write(work.path(INPUT), recorded.stdout).unwrap();
    assert_eq!(work.read(INPUT).await.duration_millis, None);
    let made = work.web().await;
    assert_web(&made, true);
    assert_eq!(size(&made), (640, 480));
    assert!(made.duration.unwrap().abs_diff(2_000) < 150, "{made:?}");
}

#[tokio::test]
async fn variable_frame_rate_becomes_constant() {
    let work = WorkFolder::new(
        "-f lavfi -i testsrc2=s=320x240:r=60:d=2 -filter:v select='lt(mod(n\\,7)\\,3)' -fps_mode vfr -c:v libx264 -preset ultrafast -f mp4",
    );
    let made = work.web().await;
    assert_web(&made, false);
    assert!(made.duration.unwrap().abs_diff(2_000) < 100, "{made:?}");
}

#[tokio::test]
async fn each_sizing_policy_is_applied() {
    let work = WorkFolder::new("-f lavfi -i testsrc2=s=320x240:d=0.2 -c:v libx264 -preset ultrafast -f mp4");
    for (policy, plain, padded) in [
        (SizingPolicy::Fit, (266, 200), (300, 200)),
        (SizingPolicy::Fill, (300, 200), (300, 200)),
        (SizingPolicy::Stretch, (300, 200), (300, 200)),
        (SizingPolicy::Keep, (300, 200), (300, 200)),
        (SizingPolicy::ShrinkToFit, (266, 200), (300, 200)),
        (SizingPolicy::ShrinkToFill, (300, 224), (300, 224)),
    ] {
        for (padding, wanted) in [(PaddingPolicy::NoPad, plain), (PaddingPolicy::Pad, padded)] {
            let sizing = Sizing {
                max_width: 300,
                max_height: 200,
                policy,
                padding,
            };
            let video = web_with(|video| video.sizing = sizing);
            let made = work.video(&video, Rotate::Auto).await;
            assert_eq!(size(&made), wanted, "{policy:?} {padding:?}");
        }
    }
}

#[tokio::test]
async fn constant_quality_needs_no_level() {
    let work = WorkFolder::new("-f lavfi -i testsrc2=s=640x360:d=0.5 -c:v libx264 -preset ultrafast -f mp4");
    let video = web_with(|video| {
        (video.rate, video.max_bit_rate, video.level) = (RateControl::Quality(23), Some(2_200_000), None);
    });
    assert_web(&work.video(&video, Rotate::Auto).await, false);
}

#[tokio::test]
async fn audio_only_output() {
    let work = WorkFolder::new(
        "-f lavfi -i testsrc2=s=320x240:d=1 -f lavfi -i sine=440:d=1 -c:v libx264 -preset ultrafast -c:a aac -f mp4",
    );
    let made = work.video(&system("100110").0, Rotate::Auto).await;
    assert_eq!(made.video, None);
    let audio = made.audio.unwrap();
    assert_eq!(
        (audio.codec.as_str(), audio.sample_rate, audio.layout.as_deref()),
        ("aac", 44_100, Some("L R"))
    );
}

#[tokio::test]
async fn animated_gif_repeats() {
    let work = WorkFolder::new("-f lavfi -i testsrc2=s=640x480:d=1 -c:v libx264 -preset ultrafast -f mp4");
    let (video, thumbnails) = system("100200");
    let made = work
        .make(Some(&video), thumbnails.as_ref(), Rotate::Auto)
        .await
        .unwrap();
    let video = made.video.as_ref().unwrap();
    assert_eq!(
        (video.codec.as_str(), size(&made), video.frame_rate),
        ("gif", (320, 240), Some(10.0))
    );
    let bytes = std::fs::read(work.path(OUTPUT)).unwrap();
    assert!(
        bytes.windows(11).any(|bytes| bytes == b"NETSCAPE2.0"),
        "it repeats endlessly"
    );
    assert!(work.path(&thumbnail_file(0, ImageFormat::Png)).is_file());
}

#[tokio::test]
async fn thumbnails_alone_stop_at_their_maximum_number() {
    let work = WorkFolder::new("-f lavfi -i testsrc2=s=640x360:d=3 -c:v libx264 -preset ultrafast -f mp4");
    let sizing = Sizing {
        max_width: 192,
        max_height: 108,
        policy: SizingPolicy::ShrinkToFit,
        padding: PaddingPolicy::NoPad,
    };
    let thumbnails = |most| ThumbnailEncoding {
        format: ImageFormat::Jpg(80),
        interval: 1.0,
        max_count: most,
        sizing,
        color: ColorConversion::NONE,
        deinterlace: true,
    };
    assert_eq!(
        work.make(None, Some(&thumbnails(Some(1))), Rotate::Auto).await,
        None
    );
    let thumbnail = probe(&work.path("thumbnail-00001.jpg"));
    assert_eq!((codec(&thumbnail), size(&thumbnail)), ("jpeg", (192, 108)));
    assert!(!work.path("thumbnail-00002.jpg").exists() && !work.path(OUTPUT).exists());
    work.make(None, Some(&thumbnails(None)), Rotate::Auto).await;
    assert!(work.path("thumbnail-00003.jpg").exists() && !work.path("thumbnail-00004.jpg").exists());
}

#[tokio::test]
async fn progress_reaches_the_end() {
    let work = WorkFolder::new("-f lavfi -i testsrc2=s=640x360:d=3 -c:v libx264 -preset ultrafast -f mp4");
    let arguments = work.arguments().await;
    let seen = std::sync::Mutex::new(Vec::new());
    let tell =
        |progress: transcoder::progress::Progress| seen.lock().unwrap().push(progress.percent.unwrap());
    Ffmpeg::new(work.program.clone())
        .run(work.folder.path(), &arguments, Some(3_000), &tell)
        .await
        .unwrap();
    let seen = seen.into_inner().unwrap();
    assert!(seen.is_sorted() && *seen.last().unwrap() > 90.0, "{seen:?}");
}

#[tokio::test]
async fn file_that_is_not_a_video_is_rejected() {
    let work = WorkFolder::empty();
    let playlist = b"ffconcat version 1.0\nfile /etc/hostname\n".as_slice();
    for bytes in [
        b"".as_slice(),
        b"hello, no video",
        &[0; 4096],
        playlist,
        b"#EXTM3U\n#EXTINF:1,\n/etc/hostname\n",
    ] {
        std::fs::write(work.path(INPUT), bytes).unwrap();
        let failure = Ffmpeg::new(work.program.clone())
            .probe(work.folder.path(), INPUT)
            .await
            .unwrap_err();
        assert_eq!(failure.code, Code::BadInput, "{failure}");
    }
    work.ffmpeg("-f lavfi -i testsrc2=s=64x64 -frames:v 1 still.png");
    let failure = Ffmpeg::new(work.program.clone())
        .probe(work.folder.path(), "still.png")
        .await
        .unwrap_err();
    assert_eq!(
        failure.code,
        Code::BadInput,
        "a picture is not a video: {failure}"
    );
}

#[tokio::test]
async fn audio_only_input_has_no_video() {
    let work = WorkFolder::new("-f lavfi -i sine=440:d=1 -c:a aac -f mp4");
    assert_eq!(work.read(INPUT).await.video, None);
}

#[tokio::test]
async fn video_without_a_decodable_frame_fails() {
    let work = WorkFolder::new(
        "-f lavfi -i testsrc2=s=320x240:d=1 -c:v libx264 -preset ultrafast -movflags +faststart -f mp4",
    );
    let mut bytes = std::fs::read(work.path(INPUT)).unwrap();
    let media = bytes.windows(4).position(|bytes| bytes == b"mdat").unwrap() + 4;
    bytes[media..].fill(0xA5);
    std::fs::write(work.path(INPUT), bytes).unwrap();
    let arguments = work.arguments().await;
    let ffmpeg = Ffmpeg::new(work.program.clone());
    match ffmpeg.run(work.folder.path(), &arguments, None, &|_| {}).await {
        Err(failure) => assert_eq!(failure.code, Code::CannotTranscode, "{failure}"),
        Ok(_) => assert_eq!(
            probe(&work.path(OUTPUT)).video,
            None,
            "the output is not playable"
        ),
    }
}

#[tokio::test]
async fn ffmpeg_ends_when_its_run_is_dropped() {
    let work = WorkFolder::new("-f lavfi -i testsrc2=s=1920x1080:d=20 -c:v libx264 -preset ultrafast -f mp4");
    let arguments = work.arguments().await;
    let (ffmpeg, folder) = (Ffmpeg::new(work.program.clone()), work.folder.path().to_owned());
    let (started, begun) = tokio::sync::oneshot::channel();
    let started = std::sync::Mutex::new(Some(started));
    let run = tokio::spawn(async move {
        let tell = |_| {
            if let Some(started) = started.lock().unwrap().take() {
                started.send(()).unwrap();
            }
        };
        ffmpeg.run(&folder, &arguments, None, &tell).await
    });
    begun.await.unwrap();
    assert!(!children(&work).is_empty());
    run.abort();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(5);
    while !children(&work).is_empty() {
        assert!(
            std::time::Instant::now() < deadline,
            "still running: {:?}",
            children(&work)
        );
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// Returns the processes whose current folder is the work folder (on Linux).
fn children(work: &WorkFolder) -> Vec<PathBuf> {
    let processes = Path::new("/proc").read_dir().into_iter().flatten().flatten();
    let folder = work.folder.path().canonicalize().unwrap();
    processes
        .map(|process| process.path())
        .filter(|process| process.join("cwd").read_link().is_ok_and(|cwd| cwd == folder))
        .collect()
}

/// The bit stream filter that delays the packets after the first half second by two hours.
const PAUSE: &str = "setts=ts=TS+gte(TS*TB\\,0.5)*7200/TB";

#[tokio::test]
async fn pause_of_two_hours_is_shortened_and_sound_stays_in_sync() {
    let work = WorkFolder::new(&format!(
        "-f lavfi -i testsrc2=s=160x120:r=30:d=1 -f lavfi -i sine=440:d=1 -c:v libvpx -deadline realtime -c:a libopus -bsf:v {PAUSE} -bsf:a {PAUSE} -f webm -live 1"
    ));
    let began = std::time::Instant::now();
    let made = work.web().await;
    assert_web(&made, true);
    let length = made.duration.unwrap();
    assert!(
        (1_900..=2_200).contains(&length),
        "one second, and one remaining second of the gap: {length}"
    );
    assert!(began.elapsed() < std::time::Duration::from_secs(30));
    let (video, audio) = (made.video.unwrap(), made.audio.unwrap());
    let sound = audio.last_packet.unwrap() - video.last_packet.unwrap();
    assert!(sound.abs() < 0.1, "picture and sound end together: {sound}");
    let inspection = work.inspect().await.unwrap();
    assert_eq!(inspection.warnings.len(), 1, "{inspection:?}");
}

#[tokio::test]
async fn still_screen_with_sound_is_not_cut() {
    let work = WorkFolder::new(
        "-f lavfi -i testsrc2=s=160x120:r=1/20:d=40 -f lavfi -i anullsrc=r=8000:cl=mono -t 40 -c:v libvpx -deadline realtime -c:a libopus -f webm",
    );
    let ffmpeg = Ffmpeg::new(work.program.clone());
    let inspection = inspect(&ffmpeg, work.folder.path(), INPUT).await.unwrap();
    assert_eq!(inspection.selection.cuts, []);
    assert_eq!(inspection.warnings, [""; 0]);
}

#[tokio::test]
async fn ffmpeg_without_progress_is_ended() {
    let work = WorkFolder::empty();
    let script = "#!/bin/sh\nwhile :; do echo out_time_us=0; sleep 0.05; done\n";
    std::fs::write(work.path("hangs"), script).unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(work.path("hangs"), executable).unwrap();
    let ffmpeg = Ffmpeg::new(work.path("hangs")).with_stall_limit(std::time::Duration::from_millis(300));
    let folder = work.folder.path();
    let failure = ffmpeg.run(folder, &[], None, &|_| {}).await.unwrap_err();
    assert_eq!(failure.code, Code::CannotTranscode);
    assert_eq!(failure.detail, "ffmpeg made no progress for 0.3 s");
}

/// ffmpeg's arguments for a video with two audio tracks.
const TWO_SOUNDS: &str = "-f lavfi -i testsrc2=s=160x120:r=30:d=0.5 -f lavfi -i sine=440:d=0.5 -f lavfi -i sine=880:d=0.5 -map 0 -map 1 -map 2 -c:v libx264 -preset ultrafast -c:a aac -f mp4";

#[tokio::test]
async fn first_decodable_audio_is_used() {
    let work = WorkFolder::new(TWO_SOUNDS);
    work.hide(&["mp4a", "esds"], 1);
    let inspection = work.inspect().await.unwrap();
    assert_eq!(
        (inspection.selection.audio, inspection.warnings.len()),
        (Some(2), 0)
    );
    assert_web(&work.web().await, true);
}

#[tokio::test]
async fn video_without_decodable_audio_is_silent_with_a_warning() {
    let work = WorkFolder::new(TWO_SOUNDS);
    work.hide(&["mp4a", "esds"], 2);
    let inspection = work.inspect().await.unwrap();
    assert_eq!(
        inspection.warnings,
        ["no audio track can be decoded: the output is silent"]
    );
    assert_web(&work.web().await, false);
}

#[tokio::test]
async fn still_picture_in_a_video_container_is_rejected() {
    for made in [
        "-c:v libaom-av1 -cpu-used 8 -f avif",
        "-c:v mjpeg -f mov",
        "-c:v libx265 -x265-params log-level=error -f mp4",
    ] {
        let work = WorkFolder::new(&format!("-f lavfi -i testsrc2=s=64x64 -frames:v 1 {made}"));
        let failure = work.inspect().await.unwrap_err();
        assert_eq!(failure.code, Code::BadInput, "{made}");
        assert!(failure.detail.contains("still picture"), "{failure}");
    }
}

#[tokio::test]
async fn video_beside_a_still_picture_is_used() {
    let work = WorkFolder::empty();
    work.ffmpeg("-f lavfi -i testsrc2=s=64x64 -frames:v 1 -f image2 still.jpg");
    work.ffmpeg(&format!(
        "-i still.jpg -f lavfi -i testsrc2=s=160x120:r=30:d=0.5 -map 0 -map 1 -c:v:0 copy -c:v:1 libx264 -preset ultrafast -disposition 0 -f mov {INPUT}"
    ));
    let made = work.web().await;
    assert_eq!(size(&made), (160, 120));
    let turned = work.video(&system("100070").0, Rotate::Degrees(90)).await;
    assert_eq!(size(&turned), (120, 160));
}

#[tokio::test]
async fn encrypted_recording_is_rejected() {
    let key = "-encryption_scheme cenc-aes-ctr -encryption_key 76a6c65c5ea762046bd749a2e632ccbb -encryption_kid a7e61c373e219033c21091fa607bf3b8";
    let work = WorkFolder::new(&format!(
        "-f lavfi -i testsrc2=s=160x120:r=30:d=0.5 -f lavfi -i sine=440:d=0.5 -c:v libx264 -preset ultrafast -c:a aac {key} -f mp4"
    ));
    let failure = work.inspect().await.unwrap_err();
    assert_eq!(failure.detail, "the input is encrypted");
}

#[tokio::test]
async fn picture_of_another_size_is_fitted_and_padded() {
    for (first, second, is_padded) in [
        ("160x90", "90x160", true),
        ("90x160", "160x90", false),
        ("161x91", "320x182", false),
    ] {
        let work = WorkFolder::empty();
        for (name, size) in [("first", first), ("second", second)] {
            work.ffmpeg(&format!(
                "-f lavfi -i color=white:s={size}:r=30:d=0.5 -c:v libvpx -deadline realtime -f webm {name}"
            ));
        }
        std::fs::write(work.path("list"), "file first\nfile second\n").unwrap();
        work.ffmpeg(&format!("-f concat -i list -c copy -f webm {INPUT}"));
        let before = work.read(INPUT).await.video.unwrap();
        let made = work.web().await;
        assert_eq!(size(&made), (before.width & !1, before.height & !1));
        assert!(
            !work.path(&thumbnail_file(1, ImageFormat::Png)).exists(),
            "one thumbnail a minute"
        );
        assert_eq!(
            work.brightness("16:16:0:(ih-16)/2") < 50.0,
            is_padded,
            "{first}, {second}: left"
        );
        let is_wide = first == "90x160";
        assert_eq!(
            work.brightness("16:16:(iw-16)/2:0") < 50.0,
            is_wide,
            "{first}, {second}: top"
        );
        assert!(
            work.brightness("16:16:(iw-16)/2:(ih-16)/2") > 200.0,
            "{first}, {second}: middle"
        );
    }
}

#[tokio::test]
async fn joined_files_cause_a_warning() {
    for format in [
        "-c:v libvpx -deadline realtime -f webm",
        "-c:v libvpx -deadline realtime -live 1 -f webm",
        "-c:v libx264 -f mp4",
    ] {
        let work = WorkFolder::empty();
        work.ffmpeg(&format!(
            "-f lavfi -i testsrc2=s=160x120:r=30:d=0.5 {format} video"
        ));
        std::fs::copy(work.path("video"), work.path(INPUT)).unwrap();
        assert_eq!(work.inspect().await.unwrap().warnings, [""; 0], "{format}");
        work.join("video", "video");
        let warnings = work.inspect().await.unwrap().warnings;
        assert_eq!(warnings.len(), 1, "{format}: {warnings:?}");
        assert!(warnings[0].contains("joined end to end"), "{warnings:?}");
    }
}

#[tokio::test]
async fn input_with_thousands_of_chapters_is_read() {
    let work = WorkFolder::empty();
    let chapter = |at: u32| {
        format!(
            "[CHAPTER]\nTIMEBASE=1/10000\nSTART={at}\nEND={}\ntitle=Chapter number {at}\n",
            at + 1
        )
    };
    let chapters: String = (0..2_000).map(chapter).collect();
    std::fs::write(work.path("chapters"), format!(";FFMETADATA1\n{chapters}")).unwrap();
    work.ffmpeg(&format!(
        "-f lavfi -i testsrc2=s=160x120:r=30:d=0.5 -f ffmetadata -i chapters -map_chapters 1 -c:v libx264 -preset ultrafast -f matroska {INPUT}"
    ));
    assert_eq!(size(&work.web().await), (160, 120));
}

#[tokio::test]
async fn fields_in_swapped_order_are_interlaced() {
    let work = WorkFolder::new(
        "-f lavfi -i testsrc2=s=320x240:r=50:d=0.5 -filter:v tinterlace=interleave_top,fieldorder=tff -c:v mpeg2video -flags +ildct+ilme -f mov",
    );
    let inspection = work.inspect().await.unwrap();
    assert!(inspection.probe.video.unwrap().interlaced);
    assert_web(&work.web().await, false);
}

#[tokio::test]
async fn pixel_aspect_of_the_container_wins() {
    let work = WorkFolder::empty();
    work.ffmpeg("-f lavfi -i testsrc2=s=160x120:r=30:d=0.5 -filter:v setsar=1 -c:v libx264 -preset ultrafast -f mp4 square");
    work.ffmpeg(&format!("-i square -c copy -aspect 16:9 -f mp4 {INPUT}"));
    assert_eq!(size(&work.web().await), (212, 120));
}

#[tokio::test]
async fn alpha_extreme_frame_rates_and_fragments_are_transcoded() {
    for (rate, encoding, millis) in [
        (
            "30",
            "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -pix_fmt yuva420p -f webm",
            1_000,
        ),
        ("240", "-c:v libx264 -preset ultrafast -f mp4", 1_000),
        ("1", "-c:v libx264 -preset ultrafast -f mp4", 3_000),
        (
            "30",
            "-c:v libx264 -preset ultrafast -movflags frag_keyframe+empty_moov -f mp4",
            1_000,
        ),
    ] {
        let seconds = f64::from(millis) / 1000.0;
        let work = WorkFolder::new(&format!(
            "-f lavfi -i testsrc2=s=160x120:r={rate}:d={seconds} {encoding}"
        ));
        assert_eq!(work.inspect().await.unwrap().warnings, [""; 0], "{encoding}");
        let made = work.web().await;
        assert_web(&made, false);
        let length = made.duration.unwrap();
        assert!(
            length.abs_diff(u64::try_from(millis).unwrap()) < 100,
            "{encoding}: {length}"
        );
    }
}
