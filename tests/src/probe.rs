//! What ffmpeg says of a file: a second opinion on what the transcoder made.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{Stack, unique};

/// What is in a media file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Probe {
    /// Milliseconds; absent when the header does not tell.
    pub duration: Option<u64>,
    /// Its pictures.
    pub video: Option<Video>,
    /// Its sound.
    pub audio: Option<Audio>,
}

/// A stream of pictures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Video {
    /// Such as `h264`.
    pub codec: String,
    /// Such as `Main`.
    pub profile: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Kilobits a second.
    pub kilobits: Option<f64>,
    /// Frames a second.
    pub frame_rate: f64,
    /// Range, color space and scan of 4:2:0 samples: `tv, bt709, progressive`.
    pub color: String,
}

/// A stream of sound.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Audio {
    /// Such as `aac`.
    pub codec: String,
    /// Such as `LC`.
    pub profile: String,
    /// Samples a second.
    pub sample_rate: u32,
    /// Such as `stereo`.
    pub channels: String,
    /// Kilobits a second.
    pub kilobits: Option<f64>,
}

/// How an H.264 stream is coded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coding {
    /// Ten times the level.
    pub level: u32,
    /// The frames that a frame may refer to.
    pub reference_frames: u32,
    /// The most frames from one keyframe to the next.
    pub keyframe_distance: u32,
}

impl Stack {
    /// What is in a file.
    #[track_caller]
    pub fn probe(&self, file: &Path) -> Probe {
        read(&self.ffmpeg_says(file, &[]))
    }

    /// What is in some bytes.
    #[track_caller]
    pub fn probe_bytes(&self, bytes: &[u8]) -> Probe {
        self.with_file(bytes, |file| self.probe(file))
    }

    /// How the pictures in some bytes are coded.
    #[track_caller]
    pub fn coding(&self, bytes: &[u8]) -> Coding {
        self.with_file(bytes, |file| {
            let headers = ["-c", "copy", "-bsf:v", "trace_headers", "-f", "null", "-"];
            let headers = self.ffmpeg_says(file, &headers);
            let frames = self.ffmpeg_says(file, &["-an", "-vf", "showinfo", "-f", "null", "-"]);
            Coding {
                level: field(&headers, "level_idc"),
                reference_frames: field(&headers, "max_num_ref_frames"),
                keyframe_distance: keyframe_distance(&frames),
            }
        })
    }

    fn with_file<T>(&self, bytes: &[u8], look: impl FnOnce(&Path) -> T) -> T {
        let path = self.facts.state.join("tmp").join(unique("probe"));
        fs::write(&path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let seen = look(&path);
        fs::remove_file(&path).expect("the file that was written");
        seen
    }

    fn ffmpeg_says(&self, file: &Path, arguments: &[&str]) -> String {
        let mut ffmpeg = Command::new(&self.facts.ffmpeg);
        let said = ffmpeg
            .args(["-hide_banner", "-nostdin", "-i"])
            .arg(file)
            .args(arguments)
            .output();
        String::from_utf8_lossy(&said.expect("ffmpeg starts").stderr).into_owned()
    }
}

/// Reads what `ffmpeg -i` says.
fn read(said: &str) -> Probe {
    let mut probe = Probe::default();
    for line in said.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("Duration: ") {
            probe.duration = rest.split(',').next().and_then(milliseconds);
        } else if let Some((_, stream)) = line.split_once(": Video: ")
            && line.starts_with("Stream #")
        {
            probe.video.get_or_insert(video(stream));
        } else if let Some((_, stream)) = line.split_once(": Audio: ")
            && line.starts_with("Stream #")
        {
            probe.audio.get_or_insert(audio(stream));
        }
    }
    probe
}

/// `h264 (Main) (avc1 / 0x31637661), yuv420p(progressive), 320x240 [SAR 1:1 DAR 4:3], 98 kb/s, 30 fps, …`
fn video(stream: &str) -> Video {
    let (codec, profile) = codec_and_profile(stream);
    let color = stream
        .split_once("yuv420p(")
        .and_then(|(_, rest)| rest.split_once(')'));
    let mut video = Video {
        codec,
        profile,
        color: color.map(|(color, _)| color.to_owned()).unwrap_or_default(),
        ..Video::default()
    };
    for part in stream.split(", ").skip(1) {
        let word = part.split(' ').next().unwrap_or_default();
        let size = word
            .split_once('x')
            .and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
        if let Some((width, height)) = size {
            (video.width, video.height) = (width, height);
        } else if part.contains("kb/s") {
            video.kilobits = word.parse().ok();
        } else if part.ends_with("fps") {
            video.frame_rate = word.parse().unwrap_or_default();
        }
    }
    video
}

/// `aac (LC) (mp4a / 0x6134706D), 44100 Hz, stereo, fltp, 160 kb/s (default)`
fn audio(stream: &str) -> Audio {
    let (codec, profile) = codec_and_profile(stream);
    let parts: Vec<&str> = stream.split(", ").collect();
    let number = |unit: &str| {
        let part = parts.iter().find(|part| part.contains(unit))?;
        part.split(' ').next()?.parse::<f64>().ok()
    };
    Audio {
        codec,
        profile,
        sample_rate: number(" Hz").map_or(0, |hertz| hertz as u32),
        channels: parts.get(2).copied().unwrap_or_default().to_owned(),
        kilobits: number(" kb/s"),
    }
}

fn codec_and_profile(stream: &str) -> (String, String) {
    let codec = stream.split([' ', ',']).next().unwrap_or_default();
    let first = stream.split(", ").next().unwrap_or_default();
    let profile = first.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    (
        codec.to_owned(),
        profile.map(|(profile, _)| profile.to_owned()).unwrap_or_default(),
    )
}

/// `00:00:01.50`
fn milliseconds(text: &str) -> Option<u64> {
    let mut seconds = 0.0;
    for part in text.split(':') {
        seconds = seconds * 60.0 + part.parse::<f64>().ok()?;
    }
    Some((seconds * 1000.0).round() as u64)
}

/// A field of what the filter `trace_headers` prints: `24  level_idc  00011111 = 31`.
fn field(headers: &str, name: &str) -> u32 {
    let line = headers
        .lines()
        .find(|line| line.split_whitespace().any(|word| word == name));
    let value = line.and_then(|line| line.rsplit_once("= ")?.1.trim().parse().ok());
    value.unwrap_or_else(|| panic!("no {name} in: {headers}"))
}

/// The filter `showinfo` prints a line a frame, with `iskey:1` on a keyframe.
fn keyframe_distance(frames: &str) -> u32 {
    let (mut longest, mut distance) = (0, 0);
    for line in frames.lines().filter(|line| line.contains("iskey:")) {
        distance = if line.contains("iskey:1") { 1 } else { distance + 1 };
        longest = longest.max(distance);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ffmpeg_says_is_understood() {
        let said = "
          Duration: 00:01:01.50, start: 0.000000, bitrate: 899 kb/s
          Stream #0:0[0x1](und): Video: h264 (Main) (avc1 / 0x31637661), yuv420p(tv, bt709), 1280x720 [SAR 1:1 DAR 16:9], 2187 kb/s, 29.97 fps, 30 tbr (default)
          Stream #0:1[0x2](und): Audio: aac (LC) (mp4a / 0x6134706D), 44100 Hz, stereo, fltp, 160 kb/s (default)";
        let probe = read(said);
        assert_eq!(probe.duration, Some(61_500));
        let video = probe.video.unwrap();
        assert_eq!((video.codec.as_str(), video.profile.as_str()), ("h264", "Main"));
        assert_eq!(
            (video.width, video.height, video.kilobits, video.frame_rate),
            (1280, 720, Some(2187.0), 29.97)
        );
        let audio = probe.audio.unwrap();
        assert_eq!((audio.codec.as_str(), audio.profile.as_str()), ("aac", "LC"));
        assert_eq!(
            (audio.sample_rate, audio.channels.as_str(), audio.kilobits),
            (44_100, "stereo", Some(160.0))
        );
    }

    #[test]
    fn a_header_without_a_duration_is_told_apart() {
        let probe =
            read("Duration: N/A, start: 0\nStream #0:0: Video: vp8, yuv420p(tv), 320x240, 30 fps, 30 tbr");
        assert_eq!(probe.duration, None);
        assert_eq!(
            probe.video.map(|video| (video.codec, video.profile)),
            Some(("vp8".into(), String::new()))
        );
    }

    #[test]
    fn keyframes_are_counted() {
        assert_eq!(
            keyframe_distance("n:0 iskey:1\nn:1 iskey:0\nn:2 iskey:0\nn:3 iskey:1\nn:4 iskey:0"),
            3
        );
    }
}
