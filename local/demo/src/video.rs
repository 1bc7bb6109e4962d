//! The video to send: the user's, or a generated one.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use local::error::{Error, Result};
use local::files;
use local::journal::{Phase, Unit};
use local::process::{self, OutputStream};
use local::session::StackSession;

use crate::probe::{self, VideoFile};

/// The least bit rate of the generated video, in bits per second.
const MIN_BIT_RATE: f64 = 15_000_000.0;
/// The duration of the generated video, in seconds.
const SECONDS: u64 = 10;

/// The arguments with which ffmpeg generates the video. Noise makes it as hard to compress as a camera's recording.
const GENERATE: [&str; 7] = [
    "-hide_banner -nostdin -y -v error -progress pipe:1",
    "-f lavfi -i testsrc2=size=1920x1080:rate=30",
    "-f lavfi -i sine=frequency=440:sample_rate=48000",
    "-t 10 -vf noise=alls=12:allf=t -pix_fmt yuv420p",
    "-c:v libx264 -preset ultrafast -x264-params nal-hrd=cbr",
    "-b:v 18M -minrate 18M -maxrate 18M -bufsize 9M",
    "-c:a aac -b:a 128k -ac 2 -movflags +faststart -f mp4",
];

/// The file extensions that the API accepts, each with its content type.
const CONTENT_TYPES: [(&str, &str); 8] = [
    ("mp4", "video/mp4"),
    ("mov", "video/quicktime"),
    ("webm", "video/webm"),
    ("mkv", "video/x-matroska"),
    ("m4v", "video/x-m4v"),
    ("avi", "video/x-msvideo"),
    ("mpg", "video/mpeg"),
    ("3gp", "video/3gpp"),
];

/// The video to send.
#[derive(Debug)]
pub struct SourceVideo {
    pub path: PathBuf,
    pub size: u64,
    pub content_type: &'static str,
    pub probe: VideoFile,
}

/// Checks the user's file as far as that needs no tool. Returns its absolute path.
pub fn check(path: &Path) -> Result<PathBuf> {
    let name = path.display();
    let data = fs::metadata(path).map_err(|error| {
        Error::message(format!(
            "VIDEO={name} cannot be read: {error}; give the path of a video"
        ))
    })?;
    if !data.is_file() {
        return Err(Error::message(format!(
            "VIDEO={name} is not a file: give the path of a video"
        )));
    }
    if data.len() == 0 {
        return Err(Error::message(format!(
            "VIDEO={name} is empty: give the path of a video"
        )));
    }
    std::path::absolute(path).map_err(Error::file("find", path))
}

/// Returns the given video, or generates one.
pub fn prepare(session: &StackSession, ffmpeg: &Path, given: Option<&Path>) -> Result<SourceVideo> {
    let mut phase = session.journal.phase("video", "preparing the video to send")?;
    let (path, probe) = match given {
        Some(path) => (path.to_path_buf(), inspect(session, ffmpeg, path)?),
        None => generated(session, ffmpeg, &mut phase)?,
    };
    let size = fs::metadata(&path).map_err(Error::file("read", &path))?.len();
    let content_type = content_type(&path, &probe)?;
    phase.finish(&probe.to_string());
    Ok(SourceVideo {
        path,
        size,
        content_type,
        probe,
    })
}

fn inspect(session: &StackSession, ffmpeg: &Path, path: &Path) -> Result<VideoFile> {
    probe::probe(session, ffmpeg, path)?.ok_or_else(|| {
        Error::message(format!(
            "ffmpeg cannot read VIDEO={} as a video: give another file",
            path.display()
        ))
    })
}

/// Returns the content type for the file's extension, else for its container.
fn content_type(path: &Path, probe: &VideoFile) -> Result<&'static str> {
    let container = probe.container.as_str();
    let is_webm_codec = ["vp8", "vp9", "av1"].contains(&probe.video.codec.as_str());
    let detected = match container {
        _ if container.contains("mp4") => "mp4",
        _ if container.contains("matroska") => {
            if is_webm_codec {
                "webm"
            } else {
                "mkv"
            }
        }
        "avi" => "avi",
        "mpeg" | "mpegts" => "mpg",
        _ => {
            return Err(Error::message(format!(
                "VIDEO={} has a container that the API does not accept ({container}): convert it to mp4, mov, webm, mkv, avi or mpg first",
                path.display()
            )));
        }
    };
    let extension = path
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    let find = |extension: &str| {
        CONTENT_TYPES
            .iter()
            .find(|(known, _)| *known == extension)
            .map(|(_, kind)| *kind)
    };
    Ok(find(&extension).or_else(|| find(detected)).unwrap_or("video/mp4"))
}

/// Returns the generated video: 1920x1080 at 30 frames a second, with sound. An earlier one is reused if it is valid.
fn generated(session: &StackSession, ffmpeg: &Path, phase: &mut Phase<'_>) -> Result<(PathBuf, VideoFile)> {
    let folder = session.paths.output();
    files::create_folder(&folder)?;
    let path = folder.join("source.mp4");
    if path.is_file()
        && let Some(probe) = probe::probe(session, ffmpeg, &path)?
        && is_valid(&path, &probe)
    {
        return Ok((path, probe));
    }
    let part = files::part_path(&path);
    let result = generate(session, ffmpeg, &part, phase).and_then(|()| {
        fs::rename(&part, &path).map_err(Error::file("write", &path))?;
        inspect(session, ffmpeg, &path)
    });
    let probe = result.inspect_err(|_| drop(files::remove(&part)))?;
    if !is_valid(&path, &probe) {
        return Err(Error::message(format!(
            "the generated video {} is wrong: {probe}",
            path.display()
        )));
    }
    Ok((path, probe))
}

/// Returns whether a file is a video as `generated` describes it.
fn is_valid(path: &Path, probe: &VideoFile) -> bool {
    let video = &probe.video;
    let seconds = probe.duration.unwrap_or(Duration::ZERO).as_secs_f64();
    let bits = fs::metadata(path).map_or(0.0, |data| data.len() as f64 * 8.0);
    (video.width, video.height, video.frames_per_second) == (1920, 1080, Some(30.0))
        && probe.audio.is_some()
        && (seconds - SECONDS as f64).abs() < 0.5
        && bits / seconds >= MIN_BIT_RATE
}

fn generate(session: &StackSession, ffmpeg: &Path, path: &Path, phase: &mut Phase<'_>) -> Result<()> {
    phase.set_total(100, Unit::Percent);
    phase.set_message("generating a test video");
    let mut command = process::command(ffmpeg);
    command
        .args(GENERATE.iter().flat_map(|line| line.split(' ')))
        .arg(path);
    let result = session
        .tool("ffmpeg", "ffmpeg", 10)?
        .run(&mut command, |stream, line| {
            if stream == OutputStream::Stderr {
                return Some(line.to_owned());
            }
            if let Some(Ok(done)) = line.strip_prefix("out_time_us=").map(str::parse::<u64>) {
                phase.set_progress(done / (SECONDS * 10_000));
            }
            None
        })?;
    if result.status.success() {
        return Ok(());
    }
    Err(Error::message(format!(
        "ffmpeg cannot generate the video: {}",
        result.failure_reason(|_| None)
    )))
}

#[cfg(test)]
mod tests {
    use media::{Color, VideoStream};

    use super::*;

    fn probe(container: &str, codec: &str) -> VideoFile {
        let video = VideoStream {
            codec: codec.to_owned(),
            profile: None,
            width: 640,
            height: 480,
            pixel_aspect: (1, 1),
            rotation: 0,
            frames_per_second: Some(30.0),
            interlaced: false,
            color: Color::default(),
        };
        VideoFile {
            container: container.to_owned(),
            duration: None,
            video,
            audio: None,
        }
    }

    #[test]
    fn content_type_follows_the_extension_else_the_container() {
        let mov = probe("mov,mp4,m4a,3gp,3g2,mj2", "h264");
        assert_eq!(content_type(Path::new("a.MOV"), &mov).unwrap(), "video/quicktime");
        assert_eq!(content_type(Path::new("a"), &mov).unwrap(), "video/mp4");
        assert_eq!(
            content_type(Path::new("a.bin"), &probe("matroska,webm", "vp9")).unwrap(),
            "video/webm"
        );
        assert_eq!(
            content_type(Path::new("a.bin"), &probe("matroska,webm", "h264")).unwrap(),
            "video/x-matroska"
        );
    }

    #[test]
    fn picture_or_text_is_rejected() {
        assert!(content_type(Path::new("a.png"), &probe("png_pipe", "png")).is_err());
        assert!(content_type(Path::new("a.mp4"), &probe("tty", "ansi")).is_err());
    }

    #[test]
    fn missing_file_is_named() {
        let text = check(Path::new("/nowhere/a.mp4")).unwrap_err().to_string();
        assert!(text.starts_with("VIDEO=/nowhere/a.mp4 cannot be read"), "{text}");
    }
}
