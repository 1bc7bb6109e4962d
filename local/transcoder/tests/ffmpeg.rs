//! Real runs of ffmpeg: what comes out of the sources that people send.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is not as it should be"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use transcoder::failure::Code;
use transcoder::ffmpeg::arguments::{INPUT, OUTPUT, Plan, Rotate};
use transcoder::ffmpeg::probe::Probe;
use transcoder::ffmpeg::run::Ffmpeg;
use transcoder::preset::{self, Preset, SizingPolicy, WEB};

/// The ffmpeg of the tests: FFMPEG, else the one of the repository's Python environment, else the one on PATH.
fn program() -> PathBuf {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::env::var_os("FFMPEG")
        .map(PathBuf::from)
        .or_else(|| bundled(&repository))
        .or_else(on_path)
        .expect("no ffmpeg: run `make test`, which installs it")
}

fn bundled(repository: &Path) -> Option<PathBuf> {
    let versions = repository.join(".local/venv/lib").read_dir().ok()?;
    let folders = versions
        .flatten()
        .map(|version| version.path().join("site-packages/imageio_ffmpeg/binaries"));
    let mut files = folders
        .filter_map(|folder| folder.read_dir().ok())
        .flatten()
        .flatten();
    files
        .find(|file| file.file_name().to_string_lossy().starts_with("ffmpeg-"))
        .map(|file| file.path())
}

fn on_path() -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join("ffmpeg"))
        .find(|file| file.is_file())
}

struct Bench {
    folder: tempfile::TempDir,
    program: PathBuf,
}

impl Bench {
    /// A work folder whose input ffmpeg makes with these arguments.
    fn new(arguments: &str) -> Self {
        let bench = Self::empty();
        bench.ffmpeg(&format!("{arguments} {INPUT}"));
        bench
    }

    fn empty() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            program: program(),
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

    async fn probe(&self, file: &str) -> Probe {
        Ffmpeg::new(self.program.clone())
            .probe(self.folder.path(), file)
            .await
            .unwrap()
    }

    async fn transcode(&self, preset: &Preset, rotate: Rotate) -> Probe {
        let input = self.probe(INPUT).await;
        let plan = Plan {
            preset,
            video: input.video.as_ref().unwrap(),
            rotate,
            thumbnails: true,
        };
        let ffmpeg = Ffmpeg::new(self.program.clone());
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
        self.probe(OUTPUT).await
    }

    async fn web(&self) -> Probe {
        self.transcode(&WEB, Rotate::Auto).await
    }
}

fn size(probe: &Probe) -> (u32, u32) {
    let video = probe.video.as_ref().unwrap();
    (video.width, video.height)
}

fn assert_web(probe: &Probe, sound: bool) {
    let video = probe.video.as_ref().unwrap();
    assert_eq!(
        (video.codec.as_str(), video.profile.as_deref()),
        ("h264", Some("Main"))
    );
    assert_eq!(
        (video.rotation, video.pixel_aspect, video.frames_per_second),
        (0, (1, 1), Some(30.0))
    );
    assert_eq!(probe.audio.is_some(), sound);
    if let Some(audio) = &probe.audio {
        assert_eq!(
            (
                audio.codec.as_str(),
                audio.profile.as_deref(),
                audio.sample_rate,
                audio.layout.as_deref()
            ),
            ("aac", Some("LC"), Some(44_100), Some("stereo"))
        );
    }
}

#[tokio::test]
async fn full_hd_with_sound() {
    let bench = Bench::new(
        "-f lavfi -i testsrc2=s=1920x1080:r=25:d=2 -f lavfi -i sine=440:d=2 -c:v libx264 -preset ultrafast -c:a aac -f mp4",
    );
    let made = bench.web().await;
    assert_web(&made, true);
    assert_eq!(size(&made), (1280, 720));
    assert!(made.duration_millis.unwrap().abs_diff(2_000) < 100);
    let start = std::fs::read(bench.path(OUTPUT)).unwrap();
    let at = |name: &[u8]| start.windows(4).position(|bytes| bytes == name).unwrap();
    assert!(at(b"moov") < at(b"mdat"), "playable before it is all there");
    assert!(bench.path("thumbnail-00001.png").is_file() && !bench.path("thumbnail-00002.png").exists());
    assert_eq!(png_size(&bench.path("thumbnail-00001.png")), (192, 108));
}

/// From a PNG's first chunk.
fn png_size(path: &Path) -> (u32, u32) {
    let bytes = std::fs::read(path).unwrap();
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

#[tokio::test]
async fn rotated_and_silent() {
    let bench = Bench::empty();
    bench.ffmpeg("-f lavfi -i testsrc2=s=1280x720:d=1 -c:v libx264 -preset ultrafast plain.mp4");
    bench.ffmpeg(&format!(
        "-display_rotation 90 -i plain.mp4 -c copy -f mov {INPUT}"
    ));
    let made = bench.web().await;
    assert_web(&made, false);
    assert_eq!(size(&made), (404, 720));
    let turned = bench.transcode(&WEB, Rotate::Degrees(0)).await;
    assert_eq!(
        size(&turned),
        (1280, 720),
        "the job's own rotation replaces the file's"
    );
    assert_web(&turned, false);
}

#[tokio::test]
async fn hevc_of_another_aspect() {
    let bench = Bench::new(
        "-f lavfi -i testsrc2=s=640x480:r=24000/1001:d=1 -c:v libx265 -tag:v hvc1 -x265-params log-level=error -pix_fmt yuv420p10le -f mov",
    );
    let made = bench.web().await;
    assert_web(&made, false);
    assert_eq!(size(&made), (640, 480), "never enlarged");
}

#[tokio::test]
async fn a_browser_s_recording_without_duration() {
    let bench = Bench::empty();
    let arguments = "-f lavfi -i testsrc2=s=641x481:r=30:d=2 -f lavfi -i sine=440:d=2 -c:v libvpx -deadline realtime -c:a libopus -f webm -live 1 pipe:1";
    let recorded = Command::new(&bench.program)
        .args(["-hide_banner", "-nostdin", "-loglevel", "error"])
        .args(arguments.split(' '))
        .output()
        .unwrap();
    std::fs::write(bench.path(INPUT), recorded.stdout).unwrap();
    assert_eq!(bench.probe(INPUT).await.duration_millis, None);
    let made = bench.web().await;
    assert_web(&made, true);
    assert_eq!(size(&made), (640, 480));
    assert!(made.duration_millis.unwrap().abs_diff(2_000) < 150, "{made:?}");
}

#[tokio::test]
async fn a_variable_frame_rate_becomes_constant() {
    let bench = Bench::new(
        "-f lavfi -i testsrc2=s=320x240:r=60:d=2 -filter:v select='lt(mod(n\\,7)\\,3)' -fps_mode vfr -c:v libx264 -preset ultrafast -f mp4",
    );
    let made = bench.web().await;
    assert_web(&made, false);
    assert!(made.duration_millis.unwrap().abs_diff(2_000) < 100, "{made:?}");
}

#[tokio::test]
async fn policies_of_another_preset() {
    let bench = Bench::new("-f lavfi -i testsrc2=s=320x240:d=1 -c:v libx264 -preset ultrafast -f mp4");
    let mut preset = WEB;
    preset.video.sizing.policy = SizingPolicy::Fit;
    preset.video.sizing.padding = transcoder::preset::PaddingPolicy::Pad;
    assert_eq!(size(&bench.transcode(&preset, Rotate::Auto).await), (1280, 720));
    assert!(preset::find("1351620000001-100020").is_some());
}

#[tokio::test]
async fn progress_reaches_the_end() {
    let bench = Bench::new("-f lavfi -i testsrc2=s=640x360:d=3 -c:v libx264 -preset ultrafast -f mp4");
    let input = bench.probe(INPUT).await;
    let plan = Plan {
        preset: &WEB,
        video: input.video.as_ref().unwrap(),
        rotate: Rotate::Auto,
        thumbnails: false,
    };
    let seen = std::sync::Mutex::new(Vec::new());
    let tell =
        |progress: transcoder::progress::Progress| seen.lock().unwrap().push(progress.percent.unwrap());
    Ffmpeg::new(bench.program.clone())
        .run(
            bench.folder.path(),
            &plan.arguments(),
            input.duration_millis,
            &tell,
        )
        .await
        .unwrap();
    let seen = seen.into_inner().unwrap();
    assert!(seen.is_sorted() && *seen.last().unwrap() > 90.0, "{seen:?}");
}

#[tokio::test]
async fn what_is_not_a_video_is_refused() {
    let bench = Bench::empty();
    let playlist = b"ffconcat version 1.0\nfile /etc/hostname\n".as_slice();
    for bytes in [
        b"".as_slice(),
        b"hello, no video",
        &[0; 4096],
        playlist,
        b"#EXTM3U\n#EXTINF:1,\n/etc/hostname\n",
    ] {
        std::fs::write(bench.path(INPUT), bytes).unwrap();
        let failure = Ffmpeg::new(bench.program.clone())
            .probe(bench.folder.path(), INPUT)
            .await
            .unwrap_err();
        assert_eq!(failure.code, Code::BadInput, "{failure}");
    }
    bench.ffmpeg("-f lavfi -i testsrc2=s=64x64 -frames:v 1 still.png");
    let failure = Ffmpeg::new(bench.program.clone())
        .probe(bench.folder.path(), "still.png")
        .await
        .unwrap_err();
    assert_eq!(failure.code, Code::BadInput, "a picture is no video: {failure}");
}

#[tokio::test]
async fn sound_alone_has_no_video() {
    let bench = Bench::new("-f lavfi -i sine=440:d=1 -c:a aac -f mp4");
    assert_eq!(bench.probe(INPUT).await.video, None);
}

#[tokio::test]
async fn a_video_without_one_good_frame_fails() {
    let bench = Bench::new(
        "-f lavfi -i testsrc2=s=320x240:d=1 -c:v libx264 -preset ultrafast -movflags +faststart -f mp4",
    );
    let mut bytes = std::fs::read(bench.path(INPUT)).unwrap();
    let media = bytes.windows(4).position(|bytes| bytes == b"mdat").unwrap() + 4;
    bytes[media..].fill(0xA5);
    std::fs::write(bench.path(INPUT), bytes).unwrap();
    let input = bench.probe(INPUT).await;
    let plan = Plan {
        preset: &WEB,
        video: input.video.as_ref().unwrap(),
        rotate: Rotate::Auto,
        thumbnails: false,
    };
    let ffmpeg = Ffmpeg::new(bench.program.clone());
    match ffmpeg
        .run(bench.folder.path(), &plan.arguments(), None, &|_| {})
        .await
    {
        Err(failure) => assert_eq!(failure.code, Code::CannotTranscode, "{failure}"),
        Ok(_) => assert!(
            ffmpeg.probe(bench.folder.path(), OUTPUT).await.is_err(),
            "nothing playable came out"
        ),
    }
}

#[tokio::test]
async fn ffmpeg_ends_when_its_run_is_dropped() {
    let bench = Bench::new("-f lavfi -i testsrc2=s=1920x1080:d=20 -c:v libx264 -preset ultrafast -f mp4");
    let input = bench.probe(INPUT).await;
    let plan = Plan {
        preset: &WEB,
        video: input.video.as_ref().unwrap(),
        rotate: Rotate::Auto,
        thumbnails: false,
    };
    let (ffmpeg, folder, arguments) = (
        Ffmpeg::new(bench.program.clone()),
        bench.folder.path().to_owned(),
        plan.arguments(),
    );
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
    assert!(!children(&bench).is_empty());
    run.abort();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(5);
    while !children(&bench).is_empty() {
        assert!(
            std::time::Instant::now() < deadline,
            "still running: {:?}",
            children(&bench)
        );
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// The processes that work in a bench's folder (on Linux).
fn children(bench: &Bench) -> Vec<PathBuf> {
    let processes = Path::new("/proc").read_dir().into_iter().flatten().flatten();
    let folder = bench.folder.path().canonicalize().unwrap();
    processes
        .map(|process| process.path())
        .filter(|process| process.join("cwd").read_link().is_ok_and(|cwd| cwd == folder))
        .collect()
}
