//! Inspects videos with ffmpeg, and checks a rendition against its source.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use media::{AudioStream, Probe, VideoStream};

use local::error::{Error, Result};
use local::process;
use local::session::StackSession;

/// A file that has a video stream.
#[derive(Debug, Clone, PartialEq)]
pub struct VideoFile {
    /// The demuxer's names, such as `mov,mp4,m4a,3gp,3g2,mj2`.
    pub container: String,
    /// Absent where the header does not state it, as in a browser's recording.
    pub duration: Option<Duration>,
    pub video: VideoStream,
    pub audio: Option<AudioStream>,
}

impl VideoFile {
    /// Reads what ffmpeg printed; `None` where the file has no video stream.
    pub fn parse(text: &str) -> Option<Self> {
        let probe = Probe::parse(text)?;
        Some(Self {
            container: probe.format,
            duration: probe.duration_millis.map(Duration::from_millis),
            video: probe.video?,
            audio: probe.audio,
        })
    }
}

impl fmt::Display for VideoFile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let video = &self.video;
        write!(out, "{}x{} {}", video.width, video.height, video.codec)?;
        if let Some(profile) = &video.profile {
            write!(out, " {profile}")?;
        }
        if let Some(rate) = video.frames_per_second {
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

/// Inspects a file and decodes its first frame. Returns `None` where it is no video.
pub fn probe(session: &StackSession, ffmpeg: &Path, file: &Path) -> Result<Option<VideoFile>> {
    let mut command = process::command(ffmpeg);
    command.args(["-hide_banner", "-nostdin", "-i"]).arg(file);
    command.args(["-map", "0:V:0", "-frames:v", "1", "-f", "null", "-"]);
    let mut text = String::new();
    let result = session
        .tool("ffmpeg", "ffmpeg", 2)?
        .run(&mut command, |_, line| {
            text.push_str(line);
            text.push('\n');
            Some(line.to_owned())
        })?;
    if result.status.code().is_none() {
        return Err(Error::message(format!(
            "ffmpeg cannot inspect {}: {}",
            file.display(),
            result.failure_reason(|_| None)
        )));
    }
    Ok(result.status.success().then(|| VideoFile::parse(&text)).flatten())
}

/// Returns the first defect of a rendition. It must be H.264 Main, at most 1280x720 in the source's aspect, with
/// AAC where the source has sound.
pub fn defect(source: &VideoFile, rendition: &VideoFile) -> Option<String> {
    let video = &rendition.video;
    if video.codec != "h264" || video.profile.as_deref() != Some("Main") {
        return Some(format!(
            "it is {} {}, not H.264 Main",
            video.codec,
            video.profile.as_deref().unwrap_or("without a profile")
        ));
    }
    let (width, height) = displayed(video);
    if width > 1280.5 || height > 720.5 {
        return Some(format!("it is {width:.0}x{height:.0}, larger than 1280x720"));
    }
    let (source_width, source_height) = displayed(&source.video);
    let scale = (1280.0 / source_width).min(720.0 / source_height).min(1.0);
    let expected = (source_width * scale, source_height * scale);
    // Encoders need even numbers, so each side may differ by the rounding.
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

/// Returns width and height as a player shows the picture, in square pixels.
fn displayed(video: &VideoStream) -> (f64, f64) {
    let size = video.displayed(true);
    (f64::from(size.width), f64::from(size.height))
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

    #[test]
    fn file_without_video_is_rejected() {
        let sound = "Input #0, mp3, from 'a.mp3':\n  Stream #0:0: Audio: mp3, 44100 Hz";
        assert_eq!(VideoFile::parse(sound), None);
    }

    #[test]
    fn output_streams_are_ignored() {
        let file = VideoFile::parse(RENDITION).unwrap();
        assert_eq!(file.to_string(), "1280x720 h264 Main, 30 fps, aac, 10.0 s");
    }

    fn sized(source: &VideoFile, width: u32, height: u32) -> VideoFile {
        let video = VideoStream {
            width,
            height,
            ..source.video.clone()
        };
        VideoFile {
            video,
            ..source.clone()
        }
    }

    #[test]
    fn rendition_is_checked_against_its_source() {
        let rendition = VideoFile::parse(RENDITION).unwrap();
        let source = sized(&rendition, 1920, 1080);
        assert_eq!(defect(&source, &rendition), None);
        assert_eq!(
            defect(&sized(&rendition, 640, 480), &sized(&rendition, 640, 480)),
            None
        );
        let narrow = defect(&sized(&source, 1440, 1080), &rendition).unwrap();
        assert!(narrow.contains("960x720"), "{narrow}");
        assert!(defect(&source, &source).unwrap().contains("larger"));
        let silent = VideoFile {
            audio: None,
            ..rendition.clone()
        };
        assert!(defect(&source, &silent).unwrap().contains("sound"));
        assert_eq!(defect(&silent, &silent), None);
        let short = VideoFile {
            duration: Some(Duration::from_secs(4)),
            ..rendition.clone()
        };
        assert!(defect(&source, &short).unwrap().contains("lasts"));
        let high = VideoStream {
            profile: Some("High".to_owned()),
            ..rendition.video.clone()
        };
        assert!(
            defect(
                &source,
                &VideoFile {
                    video: high,
                    ..rendition
                }
            )
            .unwrap()
            .contains("not H.264 Main")
        );
    }

    #[test]
    fn size_may_differ_by_rounding() {
        let phone = VideoFile {
            duration: None,
            ..VideoFile::parse(PHONE).unwrap()
        };
        let rendition = VideoFile {
            duration: None,
            ..VideoFile::parse(RENDITION).unwrap()
        };
        assert_eq!(defect(&phone, &sized(&rendition, 404, 720)), None);
        assert_eq!(defect(&phone, &sized(&rendition, 406, 720)), None);
        assert!(defect(&phone, &rendition).is_some());
    }
}
