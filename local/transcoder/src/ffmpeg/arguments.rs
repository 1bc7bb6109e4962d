//! What ffmpeg is told: a pure function of the preset and of what the input is.

use super::probe::VideoStream;
use super::sizing::Geometry;
use crate::preset::{Audio, FrameRate, ImageFormat, Preset, Rate, Thumbnails, Video};

/// The names of the files in a job's work folder, where ffmpeg runs.
pub const INPUT: &str = "input";
/// The video that is made.
pub const OUTPUT: &str = "output.mp4";

/// The containers that are read. Playlists and scripts are not among them: they would name other files to open.
const FORMATS: &str = "mov,matroska,avi,asf,flv,live_flv,mpeg,mpegts,mxf,ogg,wav,mp3,aac";

/// How an output is turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotate {
    /// As the input's metadata says.
    Auto,
    /// Clockwise by 0, 90, 180 or 270 degrees, whatever the metadata says.
    Degrees(u16),
}

impl Rotate {
    /// Reads the API's value.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "auto" => Some(Self::Auto),
            "0" | "90" | "180" | "270" => text.parse().ok().map(Self::Degrees),
            _ => None,
        }
    }

    fn filter(self) -> Option<&'static str> {
        match self {
            Self::Degrees(90) => Some("transpose=clock"),
            Self::Degrees(180) => Some("hflip,vflip"),
            Self::Degrees(270) => Some("transpose=cclock"),
            Self::Auto | Self::Degrees(_) => None,
        }
    }
}

/// What comes out of an input with a preset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan<'a> {
    /// The numbers.
    pub preset: &'a Preset,
    /// What is in the input.
    pub video: &'a VideoStream,
    /// How the picture is turned.
    pub rotate: Rotate,
    /// Whether thumbnails are made too.
    pub thumbnails: bool,
}

impl Plan<'_> {
    /// ffmpeg's arguments; all files are in the folder it runs in.
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments =
            words("-hide_banner -nostdin -y -loglevel error -progress pipe:1 -stats_period 0.5");
        arguments.extend(self.input());
        arguments.extend(words(
            "-map 0:V:0 -map 0:a:0? -sn -dn -map_metadata -1 -map_chapters -1",
        ));
        arguments.extend(self.video());
        arguments.extend(audio(self.preset.audio));
        arguments.extend(words("-movflags +faststart -f mp4"));
        arguments.push(OUTPUT.into());
        if self.thumbnails {
            arguments.extend(self.pictures(self.preset.thumbnails));
        }
        arguments
    }

    /// The size of the thumbnails.
    pub fn thumbnail_size(&self) -> super::sizing::Size {
        self.geometry(self.preset.thumbnails.sizing).size()
    }

    fn input(&self) -> Vec<String> {
        let mut arguments = reading();
        if self.rotate != Rotate::Auto {
            arguments.extend(words("-display_rotation:v:0 0"));
        }
        arguments.extend(["-i".into(), INPUT.into()]);
        arguments
    }

    fn video(&self) -> Vec<String> {
        let video = &self.preset.video;
        let rate = frame_rate(video.frame_rate, self.video.frames_per_second);
        let mut filters = self.filters(video.sizing);
        filters.push(format!("fps={}/{}", rate.frames, rate.seconds));
        filters.push("format=yuv420p".into());
        let (max_rate, buffer) = rate_limit(video);
        let mut arguments = vec![
            "-filter:v".into(),
            filters.join(","),
            "-fps_mode".into(),
            "cfr".into(),
        ];
        // A pyramid of B-frames would add a reference frame to the preset's.
        arguments.extend(words(&format!(
            "-c:v libx264 -preset veryfast -profile:v {} -level:v {} -refs {} -b-pyramid none -b:v {}k -maxrate {max_rate}k -bufsize {buffer}k -g {}",
            video.profile.name(),
            video.level.name,
            video.max_reference_frames,
            video.bit_rate,
            video.keyframes_max_dist,
        )));
        if video.fixed_gop {
            arguments.extend(words(&format!(
                "-keyint_min {} -sc_threshold 0",
                video.keyframes_max_dist
            )));
        }
        arguments
    }

    fn pictures(&self, thumbnails: Thumbnails) -> Vec<String> {
        let interval = thumbnails.interval.max(1);
        // The first frame, then the first one of each interval; a short video has one picture too.
        let mut filters = vec![format!(
            "select='isnan(prev_selected_t)+gte(t-prev_selected_t,{interval})'"
        )];
        filters.extend(self.filters(thumbnails.sizing));
        let codec = match thumbnails.format {
            ImageFormat::Png => "-c:v png",
            ImageFormat::Jpg => "-c:v mjpeg -q:v 3 -pix_fmt yuvj420p",
        };
        let mut arguments = words("-map 0:V:0 -an -sn -dn -map_metadata -1");
        arguments.extend([
            "-filter:v".into(),
            filters.join(","),
            "-fps_mode".into(),
            "vfr".into(),
        ]);
        arguments.extend(words(codec));
        arguments.extend(words("-f image2"));
        arguments.push(format!("thumbnail-%05d.{}", thumbnails.format.extension()));
        arguments
    }

    fn filters(&self, sizing: crate::preset::Sizing) -> Vec<String> {
        let mut filters = Vec::new();
        if self.video.interlaced {
            filters.push("yadif".to_owned());
        }
        filters.extend(self.rotate.filter().map(str::to_owned));
        filters.extend(self.geometry(sizing).filters());
        filters
    }

    fn geometry(&self, sizing: crate::preset::Sizing) -> Geometry {
        let mut source = self.video.displayed(self.rotate == Rotate::Auto);
        if matches!(self.rotate, Rotate::Degrees(90 | 270)) {
            std::mem::swap(&mut source.width, &mut source.height);
        }
        Geometry::new(source, sizing)
    }
}

/// Arguments that keep an untrusted input from opening anything but itself; they go before its `-i`.
pub fn reading() -> Vec<String> {
    let mut arguments = words("-protocol_whitelist file,pipe -format_whitelist");
    arguments.push(FORMATS.into());
    arguments
}

fn audio(audio: Audio) -> Vec<String> {
    let mut arguments = words(&format!("-c:a aac -profile:a aac_low -b:a {}k", audio.bit_rate));
    arguments.extend(
        audio
            .sample_rate
            .map(|rate| words(&format!("-ar {rate}")))
            .unwrap_or_default(),
    );
    arguments.extend(
        audio
            .channels
            .map(|channels| words(&format!("-ac {channels}")))
            .unwrap_or_default(),
    );
    arguments
}

/// The most kilobits a second, and the buffer over which it holds. The documented default for the buffer is ten times
/// the rate; the level caps both, or players of that level could not follow.
fn rate_limit(video: &Video) -> (u32, u32) {
    let rate = video
        .max_bit_rate
        .unwrap_or(video.bit_rate)
        .min(video.level.max_bit_rate);
    let buffer = video
        .buffer_size
        .unwrap_or(rate.saturating_mul(10))
        .min(video.level.max_bit_rate);
    (rate, buffer)
}

/// The constant rate of the output. A recorder's "1000 frames a second" is its clock, not its rate.
fn frame_rate(wanted: FrameRate, found: Option<f64>) -> Rate {
    match wanted {
        FrameRate::Fixed(rate) => rate,
        FrameRate::Auto { max } => match found {
            Some(found) if found < max.per_second() + 0.005 && found >= 1.0 => exact(found),
            _ => max,
        },
    }
}

/// ffmpeg prints two decimals: 29.97 stands for 30000 in 1001, and so do the other rates of television.
fn exact(printed: f64) -> Rate {
    let television = Rate {
        frames: printed.ceil() as u32 * 1000,
        seconds: 1001,
    };
    if (television.per_second() - printed).abs() < 0.005 {
        television
    } else {
        Rate {
            frames: (printed * 100.0).round() as u32,
            seconds: 100,
        }
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::WEB;

    fn stream(width: u32, height: u32, rotation: i32) -> VideoStream {
        VideoStream {
            codec: "h264".into(),
            profile: None,
            width,
            height,
            pixel_aspect: (1, 1),
            rotation,
            frames_per_second: Some(29.97),
            interlaced: false,
        }
    }

    fn line(preset: &Preset, video: &VideoStream, rotate: Rotate, thumbnails: bool) -> String {
        Plan {
            preset,
            video,
            rotate,
            thumbnails,
        }
        .arguments()
        .join(" ")
    }

    #[test]
    fn web_from_1080p_with_thumbnails() {
        insta::assert_snapshot!(line(&WEB, &stream(1920, 1080, 0), Rotate::Auto, true));
    }

    #[test]
    fn portrait_by_rotation_stays_portrait() {
        let line = line(&WEB, &stream(1920, 1080, -90), Rotate::Auto, false);
        assert!(line.contains("scale=404:720:"), "{line}");
        assert!(!line.contains("-display_rotation"), "ffmpeg turns it by itself");
    }

    #[test]
    fn a_rotation_in_the_job_replaces_the_metadata() {
        let line = line(&WEB, &stream(1920, 1080, 90), Rotate::Degrees(270), false);
        assert!(line.contains("-display_rotation:v:0 0 -i input"), "{line}");
        assert!(line.contains("transpose=cclock,scale=404:720:"), "{line}");
    }

    #[test]
    fn every_number_of_a_preset_is_used() {
        let mut preset = WEB;
        preset.video.fixed_gop = true;
        preset.video.max_bit_rate = Some(3_000);
        preset.video.buffer_size = Some(9_000);
        preset.video.frame_rate = FrameRate::Auto {
            max: Rate {
                frames: 60,
                seconds: 1,
            },
        };
        preset.audio = Audio {
            bit_rate: 96,
            sample_rate: None,
            channels: None,
        };
        preset.thumbnails.format = ImageFormat::Jpg;
        let mut video = stream(1920, 1080, 0);
        video.interlaced = true;
        insta::assert_snapshot!(line(&preset, &video, Rotate::Auto, true));
    }

    #[test]
    fn an_automatic_rate_follows_the_input_up_to_the_limit() {
        let max = Rate {
            frames: 30,
            seconds: 1,
        };
        let rate = |found| frame_rate(FrameRate::Auto { max }, found);
        assert_eq!(
            rate(Some(25.0)),
            Rate {
                frames: 2_500,
                seconds: 100
            }
        );
        assert_eq!(
            rate(Some(23.98)),
            Rate {
                frames: 24_000,
                seconds: 1001
            }
        );
        assert_eq!(
            rate(Some(29.97)),
            Rate {
                frames: 30_000,
                seconds: 1001
            }
        );
        assert_eq!(rate(Some(1000.0)), max);
        assert_eq!(rate(None), max);
    }

    #[test]
    fn the_level_caps_the_buffer() {
        assert_eq!(rate_limit(&WEB.video), (2_200, 14_000));
    }

    #[test]
    fn rotations_of_the_api() {
        assert_eq!(Rotate::parse("auto"), Some(Rotate::Auto));
        assert_eq!(Rotate::parse("90"), Some(Rotate::Degrees(90)));
        assert_eq!(Rotate::parse("45"), None);
    }
}
