//! The container and the streams of a file.

use serde::{Deserialize, Serialize};

use crate::Color;

/// Width and height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

/// The properties of a file, with the one video and audio stream that are used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    /// The container's names: `mov,mp4,m4a,3gp,3g2,mj2`.
    pub format: String,
    /// Absent where the header does not state it, as in a browser's recording.
    pub duration_millis: Option<u64>,
    /// The first video stream that is not a cover picture.
    pub video: Option<VideoStream>,
    /// The first audio stream.
    pub audio: Option<AudioStream>,
}

/// A video stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VideoStream {
    /// As ffmpeg names it.
    pub codec: String,
    /// As ffmpeg names it.
    pub profile: Option<String>,
    /// In stored pixels.
    pub width: u32,
    /// In stored pixels.
    pub height: u32,
    /// Width and height of a pixel.
    pub pixel_aspect: (u32, u32),
    /// The rotation in degrees that the container requests from players.
    pub rotation: i32,
    /// The average, where the container states it.
    pub frames_per_second: Option<f64>,
    /// Whether a frame is two fields.
    pub interlaced: bool,
    /// The stream's color properties.
    #[serde(default)]
    pub color: Color,
}

/// An audio stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioStream {
    /// As ffmpeg names it.
    pub codec: String,
    /// As ffmpeg names it.
    pub profile: Option<String>,
    /// Samples a second.
    pub sample_rate: Option<u32>,
    /// The channels: `mono`, `stereo`, `5.1`.
    pub layout: Option<String>,
}

impl VideoStream {
    /// Returns the displayed size: in square pixels, after the rotation unless that is ignored.
    pub fn displayed(&self, upright: bool) -> Size {
        let (across, down) = self.pixel_aspect;
        let width = u64::from(self.width) * u64::from(across.max(1)) / u64::from(down.max(1));
        let width = u32::try_from(width).unwrap_or(u32::MAX).max(1);
        if upright && self.rotation.rem_euclid(180) == 90 {
            Size {
                width: self.height,
                height: width,
            }
        } else {
            Size {
                width,
                height: self.height,
            }
        }
    }
}

/// The streams of a file, with their indexes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tracks {
    /// The container's names.
    pub format: String,
    /// Absent where the header does not state it.
    pub duration_millis: Option<u64>,
    /// The video streams that are not cover pictures.
    pub videos: Vec<Track<VideoStream>>,
    /// The audio streams.
    pub audios: Vec<Track<AudioStream>>,
}

/// A stream and its index in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Track<T> {
    /// Counted from 0 over all streams.
    pub index: u32,
    /// The stream as ffmpeg describes it.
    pub stream: T,
}

impl Probe {
    /// Parses ffmpeg's description of its first input; `None` where ffmpeg did not recognize the file.
    pub fn parse(text: &str) -> Option<Self> {
        let tracks = Tracks::parse(text)?;
        Some(tracks.probe(tracks.videos.first(), tracks.audios.first()))
    }
}

impl Tracks {
    /// Parses all streams from ffmpeg's description of its first input; `None` where ffmpeg did not recognize the file.
    pub fn parse(text: &str) -> Option<Self> {
        let mut tracks = Self::default();
        let mut in_video = false;
        for line in text.lines() {
            // Only ffmpeg's own lines begin this way; a title or comment in the file is indented further.
            if let Some(input) = line.strip_prefix("Input #0, ") {
                tracks.format = input.split(", from ").next().unwrap_or_default().to_owned();
            } else if line.starts_with("Stream mapping:") || line.starts_with("Output #0") {
                break;
            } else if let Some(rest) = line.strip_prefix("  Duration: ") {
                tracks.duration_millis = rest.split(',').next().and_then(clock_millis);
            } else if let Some(stream) = line.strip_prefix("  Stream #0:") {
                in_video = read_stream(stream, &mut tracks).unwrap_or(false);
            } else if let (true, Some(video)) = (in_video, tracks.videos.last_mut()) {
                let rotation = rotation(line).unwrap_or(video.stream.rotation);
                video.stream.rotation = rotation;
            }
        }
        (!tracks.format.is_empty()).then_some(tracks)
    }

    /// Returns the probe with these streams of the file.
    pub fn probe(&self, video: Option<&Track<VideoStream>>, audio: Option<&Track<AudioStream>>) -> Probe {
        Probe {
            format: self.format.clone(),
            duration_millis: self.duration_millis,
            video: video.map(|track| track.stream.clone()),
            audio: audio.map(|track| track.stream.clone()),
        }
    }
}

/// Parses a stream's line from its index on. Returns whether it is a video that is not a cover picture.
fn read_stream(line: &str, tracks: &mut Tracks) -> Option<bool> {
    let digits = line.find(|character: char| !character.is_ascii_digit())?;
    let index = line[..digits].parse().ok()?;
    if let Some((_, description)) = line.split_once(": Video: ") {
        if description.contains("(attached pic)") {
            return None;
        }
        let stream = video(description)?;
        tracks.videos.push(Track { index, stream });
        return Some(true);
    }
    let (_, description) = line.split_once(": Audio: ")?;
    let stream = audio(description);
    tracks.audios.push(Track { index, stream });
    None
}

fn video(description: &str) -> Option<VideoStream> {
    let fields = fields(description);
    let (codec, profile) = codec(fields.first()?);
    let (width, height) = fields.iter().find_map(|field| size(field))?;
    let pixels = fields.get(1).copied().unwrap_or_default();
    Some(VideoStream {
        codec,
        profile,
        width,
        height,
        pixel_aspect: pixel_aspect(description).unwrap_or((1, 1)),
        rotation: 0,
        frames_per_second: fields.iter().find_map(|field| rate(field.strip_suffix(" fps")?)),
        // `top first`, `bottom coded first (swapped)`
        interlaced: pixels.contains(" first"),
        color: Color::parse(pixels),
    })
}

fn audio(description: &str) -> AudioStream {
    let fields = fields(description);
    let (codec, profile) = fields.first().map(|field| codec(field)).unwrap_or_default();
    let hertz = fields.iter().position(|field| field.ends_with(" Hz"));
    AudioStream {
        codec,
        profile,
        sample_rate: hertz.and_then(|at| fields[at].trim_end_matches(" Hz").parse().ok()),
        layout: hertz
            .and_then(|at| fields.get(at + 1))
            .map(|layout| (*layout).to_owned()),
    }
}

/// Splits a text at the commas outside of brackets.
fn fields(description: &str) -> Vec<&str> {
    let (mut fields, mut depth, mut start) = (Vec::new(), 0_i32, 0);
    for (at, character) in description.char_indices() {
        match character {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ',' if depth <= 0 => {
                fields.push(description[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    fields.push(description[start..].trim());
    fields
}

/// `h264 (High) (avc1 / 0x31637661)`: the codec, and the profile where one is given before the tag.
fn codec(field: &str) -> (String, Option<String>) {
    let (name, rest) = field.split_once(' ').unwrap_or((field, ""));
    let profile = rest
        .trim()
        .strip_prefix('(')
        .and_then(|rest| rest.split(')').next());
    let profile = profile.filter(|profile| !profile.contains(" / 0x") && *profile != "default");
    (name.to_owned(), profile.map(str::to_owned))
}

/// `1920x1080 [SAR 1:1 DAR 16:9]`
fn size(field: &str) -> Option<(u32, u32)> {
    let (width, height) = field.split(' ').next()?.split_once('x')?;
    let (width, height) = (width.parse().ok()?, height.parse().ok()?);
    (width > 0 && height > 0).then_some((width, height))
}

/// Parses the pixel aspect. The codec's is in brackets; a different one of the container follows and takes precedence.
fn pixel_aspect(description: &str) -> Option<(u32, u32)> {
    let (across, rest) = description.rsplit_once("SAR ")?.1.split_once(':')?;
    let down = rest.split(|character: char| !character.is_ascii_digit()).next()?;
    let (across, down) = (across.parse().ok()?, down.parse().ok()?);
    (across > 0 && down > 0).then_some((across, down))
}

/// `29.97`, and `1k` for a thousand.
fn rate(text: &str) -> Option<f64> {
    let (number, factor) = text
        .strip_suffix('k')
        .map_or((text, 1.0), |number| (number, 1000.0));
    number
        .parse::<f64>()
        .ok()
        .map(|number| number * factor)
        .filter(|rate| rate.is_finite() && *rate > 0.0)
}

/// `Display Matrix: rotation of -90.00 degrees`
fn rotation(line: &str) -> Option<i32> {
    let degrees: f64 = line
        .split_once("rotation of ")?
        .1
        .split_once(" degrees")?
        .0
        .trim()
        .parse()
        .ok()?;
    degrees.is_finite().then(|| degrees.round() as i32)
}

/// `00:03:05.24`
fn clock_millis(text: &str) -> Option<u64> {
    let mut parts = text.trim().splitn(3, ':');
    let hours: u64 = parts.next()?.parse().ok()?;
    let minutes: u64 = parts.next()?.parse().ok()?;
    let seconds: f64 = parts.next()?.parse().ok()?;
    let millis = (seconds * 1000.0).round();
    (0.0..60_001.0)
        .contains(&millis)
        .then(|| (hours * 60 + minutes) * 60_000 + millis as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHONE: &str = "\
Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'input':
  Metadata:
    title           : Stream #0:9: Video: fake, 1x1, 9 fps
                    :   Duration: 99:00:00.00
  Duration: 00:03:05.24, start: 0.000000, bitrate: 15598 kb/s
  Stream #0:0[0x1](und): Video: hevc (Main 10) (hvc1 / 0x31637668), yuv420p10le(tv, bt2020nc/bt2020/arib-std-b67, progressive), 1920x1080 [SAR 1:1 DAR 16:9], 15519 kb/s, 29.97 fps, 29.97 tbr, 600 tbn (default)
    Metadata:
      handler_name    : Core Media Video
    Side data:
      Display Matrix: rotation of -90.00 degrees
  Stream #0:1[0x2](und): Audio: aac (LC) (mp4a / 0x6134706D), 44100 Hz, stereo, fltp, 69 kb/s (default)
At least one output file must be specified
";

    const RECORDER: &str = "\
Input #0, matroska,webm, from 'input':
  Metadata:
    encoder         : Chrome
  Duration: N/A, start: 0.000000, bitrate: N/A
  Stream #0:0(eng): Audio: opus, 48000 Hz, mono, fltp (default)
  Stream #0:1(eng): Video: vp8, yuv420p(progressive), 640x480, SAR 1:1 DAR 4:3, 1k fps, 1k tbr, 1k tbn (default)
";

    #[test]
    fn phone_recording_is_read() {
        let probe = Probe::parse(PHONE).unwrap();
        assert_eq!(probe.format, "mov,mp4,m4a,3gp,3g2,mj2");
        assert_eq!(probe.duration_millis, Some(185_240));
        let video = probe.video.unwrap();
        assert_eq!(
            (video.codec.as_str(), video.profile.as_deref()),
            ("hevc", Some("Main 10"))
        );
        assert_eq!(
            (video.width, video.height, video.rotation, video.frames_per_second),
            (1920, 1080, -90, Some(29.97))
        );
        assert_eq!(
            video.displayed(true),
            Size {
                width: 1080,
                height: 1920
            }
        );
        assert_eq!(
            video.displayed(false),
            Size {
                width: 1920,
                height: 1080
            }
        );
        let audio = probe.audio.unwrap();
        assert_eq!(
            (audio.codec.as_str(), audio.sample_rate, audio.layout.as_deref()),
            ("aac", Some(44_100), Some("stereo"))
        );
    }

    #[test]
    fn recording_without_duration_is_read() {
        let probe = Probe::parse(RECORDER).unwrap();
        assert_eq!(probe.duration_millis, None);
        let video = probe.video.unwrap();
        assert_eq!(
            (video.codec.as_str(), video.profile, video.frames_per_second),
            ("vp8", None, Some(1000.0))
        );
        assert_eq!(probe.audio.unwrap().codec, "opus");
    }

    #[test]
    fn pixel_aspect_interlacing_and_rotation_are_read() {
        let text = "Input #0, mpeg, from 'x':\n  Duration: 00:00:01.00\n  Stream #0:0[0x1e0]: Video: mpeg2video (Main), yuv420p(tv, top first), 720x576 [SAR 64:45 DAR 16:9], 25 fps, 25 tbr\n      displaymatrix: rotation of 180.00 degrees\n";
        let video = Probe::parse(text).unwrap().video.unwrap();
        assert!(video.interlaced);
        assert_eq!(video.rotation, 180);
        assert_eq!(
            video.displayed(true),
            Size {
                width: 1024,
                height: 576
            }
        );
    }

    #[test]
    fn cover_picture_is_not_a_video() {
        let text = "Input #0, mp3, from 'x':\n  Duration: 00:03:00.00\n  Stream #0:0: Audio: mp3, 44100 Hz, stereo, fltp, 192 kb/s\n  Stream #0:1: Video: png, rgb24(pc), 500x500, 90k tbr (attached pic)\n";
        let probe = Probe::parse(text).unwrap();
        assert_eq!(probe.video, None);
        assert!(probe.audio.is_some());
    }

    #[test]
    fn output_streams_are_ignored() {
        let text = "Input #0, mov, from 'x':\n  Duration: 00:00:01.00\n  Stream #0:0: Audio: aac, 44100 Hz, mono\nStream mapping:\n  Stream #0:0 -> #0:0 (aac)\nOutput #0, null, to 'pipe:':\n  Stream #0:0: Video: wrapped_avframe, yuv420p, 1280x720, 30 fps\n";
        assert_eq!(Probe::parse(text).unwrap().video, None);
    }

    #[test]
    fn unrecognized_file_has_no_probe() {
        for text in [
            "",
            "input: Invalid data found when processing input",
            "[mov] moov atom not found",
        ] {
            assert_eq!(Probe::parse(text), None);
        }
        let broken = "Input #0, mov, from 'x':\n  Duration: 1:2\n  Stream #0:0: Video: h264, none, 0x0, 30 fps\n  Stream #0:1: Video: ((((, ,,\n  Stream #0:2: Audio: \n";
        let probe = Probe::parse(broken).unwrap();
        assert_eq!((probe.video, probe.duration_millis), (None, None));
    }
}
