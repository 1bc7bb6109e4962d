//! The video to send: the person's, looked at before anything else happens, or one made here.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::probe::{self, VideoFile};
use local::error::{Error, Result};
use local::files;
use local::journal::{Phase, Unit};
use local::process::{self, From};
use local::session::Session;

/// Bits a second that the made video reaches at least, and lasts that long.
const LEAST_RATE: f64 = 15_000_000.0;
const SECONDS: u64 = 10;

/// How ffmpeg makes it. Noise makes it hard to compress, as a camera's picture is; the constant rate
/// fills up the rest.
const MAKE: [&str; 7] = [
    "-hide_banner -nostdin -y -v error -progress pipe:1",
    "-f lavfi -i testsrc2=size=1920x1080:rate=30",
    "-f lavfi -i sine=frequency=440:sample_rate=48000",
    "-t 10 -vf noise=alls=12:allf=t -pix_fmt yuv420p",
    "-c:v libx264 -preset ultrafast -x264-params nal-hrd=cbr",
    "-b:v 18M -minrate 18M -maxrate 18M -bufsize 9M",
    "-c:a aac -b:a 128k -ac 2 -movflags +faststart -f mp4",
];

/// What the API takes: endings and the content type of each.
const TYPES: [(&str, &str); 8] = [
    ("mp4", "video/mp4"),
    ("mov", "video/quicktime"),
    ("webm", "video/webm"),
    ("mkv", "video/x-matroska"),
    ("m4v", "video/x-m4v"),
    ("avi", "video/x-msvideo"),
    ("mpg", "video/mpeg"),
    ("3gp", "video/3gpp"),
];

#[derive(Debug)]
pub struct Source {
    pub path: PathBuf,
    pub size: u64,
    pub content_type: &'static str,
    pub probe: VideoFile,
}

/// What can be said of the person's file without any tool: said first.
pub fn check(path: &Path) -> Result<PathBuf> {
    let shown = path.display();
    let data = fs::metadata(path).map_err(|error| {
        Error::said(format!(
            "VIDEO={shown} cannot be read: {error}; give the path of a video"
        ))
    })?;
    if !data.is_file() {
        return Err(Error::said(format!(
            "VIDEO={shown} is not a file: give the path of a video"
        )));
    }
    if data.len() == 0 {
        return Err(Error::said(format!(
            "VIDEO={shown} is empty: give the path of a video"
        )));
    }
    std::path::absolute(path).map_err(Error::file("find", path))
}

/// The person's video, or the one made here.
pub fn prepare(session: &Session, ffmpeg: &Path, given: Option<&Path>) -> Result<Source> {
    let mut phase = session.journal.phase("video", "a source to send")?;
    let (path, probe) = match given {
        Some(path) => (path.to_path_buf(), look(session, ffmpeg, path)?),
        None => made(session, ffmpeg, &mut phase)?,
    };
    let size = fs::metadata(&path).map_err(Error::file("read", &path))?.len();
    let content_type = content_type(&path, &probe)?;
    phase.done(&probe.to_string());
    Ok(Source {
        path,
        size,
        content_type,
        probe,
    })
}

fn look(session: &Session, ffmpeg: &Path, path: &Path) -> Result<VideoFile> {
    probe::probe(session, ffmpeg, path)?.ok_or_else(|| {
        Error::said(format!(
            "VIDEO={} is no video that ffmpeg can read: give another file",
            path.display()
        ))
    })
}

/// By the file's ending, else by what it is.
fn content_type(path: &Path, probe: &VideoFile) -> Result<&'static str> {
    let container = probe.container.as_str();
    let of_webm = ["vp8", "vp9", "av1"].contains(&probe.video.codec.as_str());
    let sniffed = match container {
        _ if container.contains("mp4") => "mp4",
        _ if container.contains("matroska") => {
            if of_webm {
                "webm"
            } else {
                "mkv"
            }
        }
        "avi" => "avi",
        "mpeg" | "mpegts" => "mpg",
        _ => {
            return Err(Error::said(format!(
                "VIDEO={} is of a kind that is not taken ({container}): make it an mp4, mov, webm, mkv, avi or mpg first",
                path.display()
            )));
        }
    };
    let ending = path
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    let find = |ending: &str| {
        TYPES
            .iter()
            .find(|(known, _)| *known == ending)
            .map(|(_, kind)| *kind)
    };
    Ok(find(&ending).or_else(|| find(sniffed)).unwrap_or("video/mp4"))
}

/// 1920x1080 at 30 frames a second, with sound; kept, and made anew when it is not what it should be.
fn made(session: &Session, ffmpeg: &Path, phase: &mut Phase<'_>) -> Result<(PathBuf, VideoFile)> {
    let folder = session.paths.output();
    files::create_folder(&folder)?;
    let path = folder.join("source.mp4");
    if path.is_file()
        && let Some(probe) = probe::probe(session, ffmpeg, &path)?
        && good(&path, &probe)
    {
        return Ok((path, probe));
    }
    let beside = files::beside(&path);
    let result = make(session, ffmpeg, &beside, phase).and_then(|()| {
        fs::rename(&beside, &path).map_err(Error::file("write", &path))?;
        look(session, ffmpeg, &path)
    });
    let probe = result.inspect_err(|_| drop(files::remove(&beside)))?;
    if !good(&path, &probe) {
        return Err(Error::said(format!(
            "the video made at {} is not what it should be: {probe}",
            path.display()
        )));
    }
    Ok((path, probe))
}

fn good(path: &Path, probe: &VideoFile) -> bool {
    let video = &probe.video;
    let seconds = probe.duration.unwrap_or(Duration::ZERO).as_secs_f64();
    let bits = fs::metadata(path).map_or(0.0, |data| data.len() as f64 * 8.0);
    (video.width, video.height, video.frames_per_second) == (1920, 1080, Some(30.0))
        && probe.audio.is_some()
        && (seconds - SECONDS as f64).abs() < 0.5
        && bits / seconds >= LEAST_RATE
}

fn make(session: &Session, ffmpeg: &Path, path: &Path, phase: &mut Phase<'_>) -> Result<()> {
    phase.total(100, Unit::Percent);
    phase.message("drawing a test picture");
    let mut command = process::command(ffmpeg);
    command
        .args(MAKE.iter().flat_map(|line| line.split(' ')))
        .arg(path);
    let ended = session
        .tool("ffmpeg", "ffmpeg", 10)?
        .run(&mut command, |from, line| {
            if from == From::Err {
                return Some(line.to_owned());
            }
            if let Some(Ok(done)) = line.strip_prefix("out_time_us=").map(str::parse::<u64>) {
                phase.at(done / (SECONDS * 10_000));
            }
            None
        })?;
    if ended.status.success() {
        return Ok(());
    }
    Err(Error::said(format!(
        "ffmpeg cannot make the demo's video: {}",
        ended.why(|_| None)
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
    fn the_type_is_the_endings_or_else_what_it_is() {
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
    fn a_picture_or_a_text_is_not_taken() {
        assert!(content_type(Path::new("a.png"), &probe("png_pipe", "png")).is_err());
        assert!(content_type(Path::new("a.mp4"), &probe("tty", "ansi")).is_err());
    }

    #[test]
    fn a_missing_file_is_named() {
        let text = check(Path::new("/nowhere/a.mp4")).unwrap_err().to_string();
        assert!(text.starts_with("VIDEO=/nowhere/a.mp4 cannot be read"), "{text}");
    }
}
