//! What a video is, read from what ffmpeg prints about it.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::process;
use crate::session::Session;

#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// The demuxer's names, such as `mov,mp4,m4a,3gp,3g2,mj2`.
    pub container: String,
    /// Absent where the header does not tell, as in a browser's recording.
    pub duration: Option<Duration>,
    pub video: Video,
    pub audio: Option<Audio>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Video {
    pub codec: String,
    pub profile: Option<String>,
    pub width: u32,
    pub height: u32,
    /// Width over height of one pixel.
    pub pixel: f64,
    /// Frames a second.
    pub rate: Option<f64>,
    /// Degrees by which a player turns it.
    pub rotation: i32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Audio {
    pub codec: String,
}

impl Video {
    /// Width and height as a player shows it, in square pixels.
    pub fn shown(&self) -> (f64, f64) {
        let (width, height) = (f64::from(self.width) * self.pixel, f64::from(self.height));
        if self.rotation % 180 == 0 {
            (width, height)
        } else {
            (height, width)
        }
    }
}

impl fmt::Display for Probe {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let video = &self.video;
        write!(out, "{}x{} {}", video.width, video.height, video.codec)?;
        if let Some(profile) = &video.profile {
            write!(out, " {profile}")?;
        }
        if let Some(rate) = video.rate {
            write!(out, ", {rate} fps")?;
        }
        match &self.audio {
            Some(audio) => write!(out, ", {}", audio.codec)?,
            None => write!(out, ", no sound")?,
        }
        if let Some(duration) = self.duration {
            write!(out, ", {:.1} s", duration.as_secs_f64())?;
        }
        Ok(())
    }
}

/// Reads what the file is, and decodes a first frame of it. Nothing when it is no video.
pub fn probe(session: &Session, ffmpeg: &Path, file: &Path) -> Result<Option<Probe>> {
    let mut command = process::command(ffmpeg);
    command.args(["-hide_banner", "-nostdin", "-i"]).arg(file);
    command.args(["-map", "0:V:0", "-frames:v", "1", "-f", "null", "-"]);
    let mut text = String::new();
    let ended = session
        .tool("ffmpeg", "ffmpeg", 2)?
        .run(&mut command, |_, line| {
            text.push_str(line);
            text.push('\n');
            Some(line.to_owned())
        })?;
    if ended.status.code().is_none() {
        return Err(Error::said(format!(
            "ffmpeg cannot look at {}: {}",
            file.display(),
            ended.why(|_| None)
        )));
    }
    Ok(ended.status.success().then(|| parse(&text)).flatten())
}

/// Reads ffmpeg's description of its first input.
pub fn parse(text: &str) -> Option<Probe> {
    let input = &text[text.find("Input #0, ")?..];
    let input = input
        .split("\nOutput #0")
        .next()?
        .split("\nStream mapping:")
        .next()?;
    let container = input
        .strip_prefix("Input #0, ")?
        .split(", from ")
        .next()?
        .to_owned();
    let line = |kind: &str| {
        input.lines().map(str::trim).find(|line| {
            line.starts_with("Stream #0:") && line.contains(kind) && !line.contains("(attached pic)")
        })
    };
    let mut video = video(line(": Video: ")?.split_once(": Video: ")?.1)?;
    video.rotation = rotation(input);
    let audio = line(": Audio: ")
        .and_then(|line| line.split_once(": Audio: "))
        .map(|(_, text)| Audio {
            codec: text.split([',', ' ']).next().unwrap_or_default().to_owned(),
        });
    let duration = input
        .lines()
        .find_map(|line| line.trim().strip_prefix("Duration: "));
    Some(Probe {
        container,
        duration: duration.and_then(self::duration),
        video,
        audio,
    })
}

/// `h264 (Main) (avc1 / 0x31637661), yuv420p(tv, bt709), 1280x720 [SAR 1:1 DAR 16:9], 2203 kb/s, 30 fps, …`
fn video(text: &str) -> Option<Video> {
    let first = top_level(text);
    let head = first.first()?;
    let mut words = head.splitn(2, ' ');
    let codec = words.next()?.to_owned();
    // The first parentheses are the profile, unless they are the codec's tag (`avc1 / 0x…`).
    let profile = words
        .next()
        .and_then(|rest| rest.strip_prefix('(')?.split(')').next());
    let profile = profile.filter(|text| !text.contains(" / ")).map(str::to_owned);
    let size = first.iter().find_map(|part| {
        let (width, height) = part.split(' ').next()?.split_once('x')?;
        Some((width.parse().ok()?, height.parse().ok()?, *part))
    });
    let (width, height, part) = size?;
    let ratio = part.split_once("SAR ").or_else(|| text.split_once("SAR "));
    let pixel = ratio.and_then(|(_, rest)| {
        let (over, under) = rest.split([' ', ']', ',']).next()?.split_once(':')?;
        Some(over.parse::<f64>().ok()? / under.parse::<f64>().ok()?)
    });
    let pixel = pixel
        .filter(|pixel| pixel.is_finite() && *pixel > 0.0)
        .unwrap_or(1.0);
    let rate = first
        .iter()
        .find_map(|part| part.strip_suffix(" fps")?.parse().ok());
    Some(Video {
        codec,
        profile,
        width,
        height,
        pixel,
        rate,
        rotation: 0,
    })
}

/// Splits at commas outside parentheses and brackets.
fn top_level(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, letter) in text.char_indices() {
        match letter {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts
}

/// `displaymatrix: rotation of -90.00 degrees`
fn rotation(input: &str) -> i32 {
    let degrees = input
        .split("rotation of ")
        .nth(1)
        .and_then(|rest| rest.split_whitespace().next());
    degrees
        .and_then(|text| text.parse::<f64>().ok())
        .map_or(0, |degrees| degrees.round() as i32)
}

/// `00:01:02.50, start: …`
fn duration(text: &str) -> Option<Duration> {
    let mut parts = text.split(',').next()?.split(':');
    let (hours, minutes, seconds) = (parts.next()?, parts.next()?, parts.next()?);
    let hours: f64 = hours.parse().ok()?;
    let minutes: f64 = minutes.parse().ok()?;
    let seconds: f64 = seconds.parse().ok()?;
    Duration::try_from_secs_f64((hours * 60.0 + minutes) * 60.0 + seconds).ok()
}

/// What is wrong with a rendition of that source, if anything: H.264 Main, at most 1280x720 with the
/// aspect kept, AAC when there is sound.
pub fn fault(source: &Probe, rendition: &Probe) -> Option<String> {
    let video = &rendition.video;
    if video.codec != "h264" || video.profile.as_deref() != Some("Main") {
        return Some(format!(
            "it is {} {}, not H.264 Main",
            video.codec,
            video.profile.as_deref().unwrap_or("without a profile")
        ));
    }
    let (width, height) = video.shown();
    if width > 1280.5 || height > 720.5 {
        return Some(format!("it is {width:.0}x{height:.0}, larger than 1280x720"));
    }
    let (source_width, source_height) = source.video.shown();
    let scale = (1280.0 / source_width).min(720.0 / source_height).min(1.0);
    let expected = (source_width * scale, source_height * scale);
    // Encoders want even numbers: each side may be off by the rounding to one.
    if (width - expected.0).abs() >= 2.0 || (height - expected.1).abs() >= 2.0 {
        let (wide, high) = expected;
        return Some(format!(
            "it is {width:.0}x{height:.0}, but the source's aspect asks for {wide:.0}x{high:.0}"
        ));
    }
    match (&source.audio, &rendition.audio) {
        (Some(_), None) => return Some("the source has sound, it has none".to_owned()),
        (_, Some(audio)) if audio.codec != "aac" => {
            return Some(format!("its sound is {}, not AAC", audio.codec));
        }
        _ => {}
    }
    match (source.duration, rendition.duration) {
        (Some(before), Some(after)) if before.abs_diff(after) > Duration::from_secs(1) => Some(format!(
            "it lasts {:.1} s, the source {:.1} s",
            after.as_secs_f64(),
            before.as_secs_f64()
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RENDITION: &str = "Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'rendition.mp4':
  Metadata:
    major_brand     : isom
  Duration: 00:00:10.03, start: 0.000000, bitrate: 2370 kb/s
  Stream #0:0[0x1](und): Video: h264 (Main) (avc1 / 0x31637661), yuv420p(tv, bt709, progressive), 1280x720 [SAR 1:1 DAR 16:9], 2203 kb/s, 30 fps, 30 tbr, 15360 tbn (default)
    Metadata:
      handler_name    : VideoHandler
  Stream #0:1[0x2](und): Audio: aac (LC) (mp4a / 0x6134706D), 44100 Hz, stereo, fltp, 160 kb/s (default)
Stream mapping:
  Stream #0:0 -> #0:0 (h264 (native) -> wrapped_avframe (native))
Output #0, null, to 'pipe:':
  Stream #0:0(und): Video: wrapped_avframe, yuv420p, 1280x720 [SAR 1:1 DAR 16:9], q=2-31, 200 kb/s, 30 fps, 30 tbn";

    const PHONE: &str = "Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'phone.mov':
  Duration: 00:01:02.50, start: 0.000000, bitrate: 17000 kb/s
  Stream #0:0[0x1](und): Video: hevc (Main 10) (hvc1 / 0x31637668), yuv420p10le(tv, bt2020nc/bt2020/arib-std-b67), 1920x1080, 16800 kb/s, 29.97 fps, 29.97 tbr, 600 tbn (default)
    Side data:
      displaymatrix: rotation of -90.00 degrees
  Stream #0:1: Video: mjpeg (Baseline), yuvj420p, 320x240, 90k tbr (attached pic)";

    const BROWSER: &str = "Input #0, matroska,webm, from 'recording.webm':
  Duration: N/A, start: 0.000000, bitrate: N/A
  Stream #0:0(eng): Video: vp8, yuv420p(progressive), 640x480, SAR 4:3 DAR 16:9, 30 fps, 30 tbr, 1k tbn (default)
  Stream #0:1(eng): Audio: opus, 48000 Hz, mono, fltp (default)";

    #[test]
    fn a_rendition_is_read() {
        let probe = parse(RENDITION).unwrap();
        assert_eq!(probe.container, "mov,mp4,m4a,3gp,3g2,mj2");
        assert_eq!(probe.duration, Some(Duration::from_millis(10_030)));
        assert_eq!((probe.video.width, probe.video.height), (1280, 720));
        assert_eq!(probe.video.profile.as_deref(), Some("Main"));
        assert_eq!(probe.video.rate, Some(30.0));
        assert_eq!(probe.audio.unwrap().codec, "aac");
    }

    #[test]
    fn a_phones_recording_is_read_as_a_player_shows_it() {
        let probe = parse(PHONE).unwrap();
        assert_eq!(probe.video.codec, "hevc");
        assert_eq!(probe.video.rotation, -90);
        assert_eq!(probe.video.shown(), (1080.0, 1920.0));
        assert_eq!(probe.audio, None);
    }

    #[test]
    fn a_browsers_recording_has_no_duration_and_may_have_wide_pixels() {
        let probe = parse(BROWSER).unwrap();
        assert_eq!(probe.duration, None);
        assert_eq!(probe.video.profile, None);
        assert!((probe.video.shown().0 - 853.3).abs() < 0.1);
        assert_eq!(probe.audio.unwrap().codec, "opus");
    }

    #[test]
    fn what_ffmpeg_cannot_open_is_no_video() {
        assert_eq!(parse("notes.mp4: Invalid data found when processing input"), None);
        let sound = "Input #0, mp3, from 'a.mp3':\n  Stream #0:0: Audio: mp3, 44100 Hz";
        assert_eq!(parse(sound), None);
    }

    fn sized(source: &Probe, width: u32, height: u32) -> Probe {
        let video = Video {
            width,
            height,
            ..source.video.clone()
        };
        Probe {
            video,
            ..source.clone()
        }
    }

    #[test]
    fn a_rendition_is_judged_by_its_source() {
        let rendition = parse(RENDITION).unwrap();
        let source = sized(&rendition, 1920, 1080);
        assert_eq!(fault(&source, &rendition), None);
        assert_eq!(
            fault(&sized(&rendition, 640, 480), &sized(&rendition, 640, 480)),
            None
        );
        let narrow = fault(&sized(&source, 1440, 1080), &rendition).unwrap();
        assert!(narrow.contains("960x720"), "{narrow}");
        assert!(fault(&source, &source).unwrap().contains("larger"));
        let silent = Probe {
            audio: None,
            ..rendition.clone()
        };
        assert!(fault(&source, &silent).unwrap().contains("sound"));
        assert_eq!(fault(&silent, &silent), None);
        let short = Probe {
            duration: Some(Duration::from_secs(4)),
            ..rendition.clone()
        };
        assert!(fault(&source, &short).unwrap().contains("lasts"));
        let high = Video {
            profile: Some("High".to_owned()),
            ..rendition.video.clone()
        };
        assert!(
            fault(
                &source,
                &Probe {
                    video: high,
                    ..rendition
                }
            )
            .unwrap()
            .contains("not H.264 Main")
        );
    }

    #[test]
    fn an_upright_source_may_be_off_by_the_rounding() {
        let phone = Probe {
            duration: None,
            ..parse(PHONE).unwrap()
        };
        let rendition = Probe {
            duration: None,
            ..parse(RENDITION).unwrap()
        };
        assert_eq!(fault(&phone, &sized(&rendition, 404, 720)), None);
        assert_eq!(fault(&phone, &sized(&rendition, 406, 720)), None);
        assert!(fault(&phone, &rendition).is_some());
    }
}
