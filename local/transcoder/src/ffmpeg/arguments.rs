//! ffmpeg's arguments: a pure function of the encoding and of the input's properties.

use media::{Color, Probe, Size, VideoStream};

use super::color;
use super::command_line::{untrusted_input, words};
use super::selection::{Cut, Selection};
use super::sizing::{Geometry, same_size_filters};
use crate::encoding::{
    AudioEncoding, ColorConversion, Encoding, FrameRate, FrameRatio, GifEncoding, ImageFormat, RateControl,
    Rotate, Sizing, ThumbnailEncoding, VideoEncoding,
};
use crate::failure::{Code, JobFailure};

/// The name of the input file.
pub const INPUT: &str = "input";
/// The name of the video file that ffmpeg writes, in its working folder.
pub const OUTPUT: &str = "output";

/// No subtitles, data, titles or chapters: a title may hold private text.
const WITHOUT_EXTRAS: &str = "-sn -dn -map_metadata -1 -map_chapters -1";

/// One pass over an input that produces a video, thumbnails or both.
#[derive(Debug, Clone, PartialEq)]
pub struct FfmpegCommand<'a> {
    encoding: Option<&'a Encoding>,
    thumbnails: Option<&'a ThumbnailEncoding>,
    rotate: Rotate,
    /// The path of the input, from the folder where ffmpeg runs.
    input: &'a str,
    picture: Picture,
    source: SourceMedia,
    /// Seconds of the input that are used, from its beginning; all of it where absent.
    limit: Option<f64>,
}

/// ffmpeg's specifiers of the streams that are used, and the times that are cut out of them.
#[derive(Debug, Clone, PartialEq)]
struct SourceMedia {
    video: String,
    audio: Option<String>,
    /// Whether the audio has channels without a layout, which ffmpeg does not mix.
    has_unplaced_channels: bool,
    cuts: Vec<Cut>,
}

/// The properties of an input's picture after its rotation.
#[derive(Debug, Clone, PartialEq)]
struct Picture {
    size: Size,
    /// The stored pixels, after ffmpeg's automatic rotation.
    stored: Size,
    /// Stored lines, on which the color space of an untagged video depends.
    lines: u32,
    color: Color,
    interlaced: bool,
    frames_per_second: Option<f64>,
}

impl<'a> FfmpegCommand<'a> {
    /// Plans a pass over an input. Fails where the input lacks a stream that an output needs.
    pub fn new(
        input: &Probe,
        encoding: Option<&'a Encoding>,
        thumbnails: Option<&'a ThumbnailEncoding>,
        rotate: Rotate,
    ) -> Result<Self, JobFailure> {
        let mismatch = |detail: &str| JobFailure::new(Code::PresetMismatch, detail);
        let sees = thumbnails.is_some() || encoding.is_some_and(Encoding::has_picture);
        let picture = match &input.video {
            Some(video) => Picture::new(video, rotate),
            None if sees => {
                return Err(mismatch(
                    "a picture is to be made, but the input has no video stream",
                ));
            }
            None => Picture::none(),
        };
        if !sees && input.audio.is_none() {
            return Err(mismatch("sound is to be made, but the input has no audio stream"));
        }
        if let Some(Encoding::Mp4 {
            video: Some(video), ..
        }) = encoding
        {
            let Size { width, height } = Geometry::new(picture.size, video.sizing).size();
            if video.level.is_some_and(|level| !level.allows(width, height)) {
                let detail = format!("a picture of {width}x{height} is larger than the H.264 level allows");
                return Err(mismatch(&detail));
            }
        }
        Ok(Self {
            encoding,
            thumbnails,
            rotate,
            input: INPUT,
            picture,
            source: SourceMedia::first(input),
            limit: None,
        })
    }

    /// Returns the same plan for these streams of the input.
    pub fn using(self, selection: &Selection) -> Self {
        Self {
            source: self.source.select(selection),
            ..self
        }
    }

    /// Returns the same plan for an input at another path, relative to the folder where ffmpeg runs.
    pub fn reading(self, input: &'a str) -> Self {
        Self { input, ..self }
    }

    /// Returns the same plan for the first seconds of the input.
    pub fn limited_to(self, limit: Option<f64>) -> Self {
        Self { limit, ..self }
    }

    /// Returns ffmpeg's arguments. Outputs are in the folder where it runs.
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments =
            words("-hide_banner -nostdin -y -loglevel error -progress pipe:1 -stats_period 0.5");
        arguments.extend(self.input());
        match self.encoding {
            Some(Encoding::Mp4 { video, audio }) => arguments.extend(self.mp4(video.as_ref(), *audio)),
            Some(Encoding::Gif(gif)) => arguments.extend(self.gif(gif)),
            None => {}
        }
        if let Some(thumbnails) = self.thumbnails {
            arguments.extend(self.thumbnails(thumbnails));
        }
        arguments
    }

    /// Returns width and height of the thumbnails.
    pub fn thumbnail_size(&self) -> (u32, u32) {
        let size = self.thumbnails.map_or(self.picture.size, |thumbnails| {
            self.geometry(thumbnails.sizing).size()
        });
        (size.width, size.height)
    }

    fn input(&self) -> Vec<String> {
        let mut arguments = untrusted_input();
        if self.picture.stored.width > 0 {
            // Filters that count frames or time, such as `select`, would start again where the size changes.
            arguments.extend(words(&format!("-reinit_filter:{} 0", self.source.video)));
        }
        if self.rotate != Rotate::Auto {
            arguments.extend(words(&format!("-display_rotation:{} 0", self.source.video)));
        }
        arguments.extend(["-i".into(), self.input.into()]);
        arguments
    }

    fn mp4(&self, video: Option<&VideoEncoding>, sound: Option<AudioEncoding>) -> Vec<String> {
        let mut arguments = Vec::new();
        if video.is_some() {
            arguments.extend(self.map_video());
        }
        if let (Some(_), Some(stream)) = (sound, &self.source.audio) {
            arguments.extend(words(&format!("-map 0:{stream}")));
        }
        arguments.extend(words(WITHOUT_EXTRAS));
        arguments.extend(self.limit());
        arguments.extend(video.map(|video| self.video(video)).unwrap_or_default());
        if let Some(sound) = sound {
            arguments.extend(self.source.audio_filter());
            arguments.extend(audio(sound));
        }
        arguments.extend(words("-movflags +faststart -f mp4"));
        arguments.push(OUTPUT.into());
        arguments
    }

    fn video(&self, video: &VideoEncoding) -> Vec<String> {
        let mut filters = self.filters(video.sizing, video.color, video.deinterlace);
        filters.push(self.fps(video.frame_rate));
        filters.push("format=yuv420p".into());
        let mut arguments = filtered(&filters, "cfr");
        arguments.extend(words(&format!(
            "-c:v libx264 -preset veryfast -profile:v {}",
            video.profile.name()
        )));
        if let Some(level) = video.level {
            arguments.extend(words(&format!("-level:v {}", level.name())));
        }
        // A pyramid of B-frames would add a reference frame to the encoding's.
        arguments.extend(words(&format!(
            "-refs {} -b-pyramid none",
            video.max_reference_frames
        )));
        arguments.extend(rate_control(video));
        arguments.extend(words(&format!("-g {}", video.keyframes_max_dist)));
        if video.fixed_gop {
            arguments.extend(words(&format!(
                "-keyint_min {} -sc_threshold 0",
                video.keyframes_max_dist
            )));
        }
        arguments
    }

    /// One pass, with a palette made from the video.
    fn gif(&self, gif: &GifEncoding) -> Vec<String> {
        let mut filters = self.filters(gif.sizing, ColorConversion::NONE, true);
        filters.push(self.fps(gif.frame_rate));
        filters.push("split[a][b];[a]palettegen=stats_mode=diff[p];[b][p]paletteuse=dither=bayer".into());
        let mut arguments = self.map_video();
        arguments.extend(words(WITHOUT_EXTRAS));
        arguments.extend(self.limit());
        arguments.extend(filtered(&filters, "cfr"));
        arguments.extend(words(&format!("-loop {} -f gif", gif.loops.map_or(0, loops))));
        arguments.push(OUTPUT.into());
        arguments
    }

    fn thumbnails(&self, thumbnails: &ThumbnailEncoding) -> Vec<String> {
        // The first frame, then the first one of each interval; a short video has one picture too.
        let mut filters: Vec<String> = self.source.cut("setpts").into_iter().collect();
        filters.push(format!(
            "select='isnan(prev_selected_t)+gte(t-prev_selected_t,{})'",
            thumbnails.interval
        ));
        filters.extend(self.picture_filters(thumbnails.sizing, thumbnails.color, thumbnails.deinterlace));
        let mut arguments = self.map_video();
        arguments.extend(words("-an -sn -dn -map_metadata -1"));
        arguments.extend(self.limit());
        arguments.extend(filtered(&filters, "vfr"));
        match thumbnails.format {
            ImageFormat::Png => arguments.extend(words("-c:v png")),
            ImageFormat::Jpg(quality) => {
                let scale = 2 + u32::from(100 - quality.min(100)) * 29 / 100;
                arguments.extend(words(&format!("-c:v mjpeg -q:v {scale} -pix_fmt yuvj420p")));
            }
        }
        if let Some(count) = thumbnails.max_count {
            arguments.extend(words(&format!("-frames:v {count}")));
        }
        arguments.extend(words("-f image2"));
        arguments.push(format!("thumbnail-%05d.{}", thumbnails.format.extension()));
        arguments
    }

    fn map_video(&self) -> Vec<String> {
        words(&format!("-map 0:{}", self.source.video))
    }

    /// Limits the output rather than the input, so that cut times do not count.
    fn limit(&self) -> Vec<String> {
        let seconds = self.limit.map(|seconds| format!("-t {seconds:.6}"));
        words(&seconds.unwrap_or_default())
    }

    fn filters(&self, sizing: Sizing, color: ColorConversion, deinterlace: bool) -> Vec<String> {
        let cut = self.source.cut("setpts").into_iter();
        cut.chain(self.picture_filters(sizing, color, deinterlace))
            .collect()
    }

    fn picture_filters(&self, sizing: Sizing, color: ColorConversion, deinterlace: bool) -> Vec<String> {
        let mut filters = same_size_filters(self.picture.stored);
        if deinterlace && self.picture.interlaced {
            filters.push("yadif".to_owned());
        }
        filters.extend(rotation_filter(self.rotate).map(str::to_owned));
        filters.extend(self.geometry(sizing).filters());
        filters.extend(color::filters(&self.picture.color, self.picture.lines, color));
        filters
    }

    fn fps(&self, wanted: FrameRate) -> String {
        let rate = frame_rate(wanted, self.picture.frames_per_second);
        format!("fps={}/{}", rate.frames, rate.seconds)
    }

    fn geometry(&self, sizing: Sizing) -> Geometry {
        Geometry::new(self.picture.size, sizing)
    }
}

impl SourceMedia {
    /// Selects the first streams, without cuts.
    fn first(input: &Probe) -> Self {
        let layout = input.audio.as_ref().and_then(|audio| audio.layout.as_deref());
        Self {
            video: "V:0".into(),
            audio: Some("a:0?".into()),
            has_unplaced_channels: layout.is_some_and(|layout| layout.ends_with(" channels")),
            cuts: Vec::new(),
        }
    }

    fn select(self, selection: &Selection) -> Self {
        Self {
            video: selection
                .video
                .map_or_else(|| "V:0".into(), |index| index.to_string()),
            audio: selection.audio.map(|index| index.to_string()),
            cuts: selection.cuts.clone(),
            ..self
        }
    }

    /// Returns the filter that cuts times out of video (`setpts`) or audio (`asetpts`), the same ones for both.
    fn cut(&self, filter: &str) -> Option<String> {
        let cuts = self.cuts.iter();
        let terms: Vec<String> = cuts
            .map(|cut| format!("gte(T,{:.3})*{:.6}", cut.at, cut.seconds))
            .collect();
        (!terms.is_empty()).then(|| format!("{filter}='PTS-({})/TB'", terms.join("+")))
    }

    /// The remainder of a gap is filled with silence. Of channels without a layout the first two are used.
    fn audio_filter(&self) -> Vec<String> {
        let cut = self.cut("asetpts").map(|cut| format!("{cut},aresample=async=1"));
        let pan = self
            .has_unplaced_channels
            .then(|| "pan=stereo|c0=c0|c1=c1".to_owned());
        let filters: Vec<String> = cut.into_iter().chain(pan).collect();
        if filters.is_empty() {
            return filters;
        }
        vec!["-filter:a".into(), filters.join(",")]
    }
}

impl Picture {
    fn none() -> Self {
        Self {
            size: Size { width: 0, height: 0 },
            stored: Size { width: 0, height: 0 },
            lines: 0,
            color: Color::default(),
            interlaced: false,
            frames_per_second: None,
        }
    }

    fn new(video: &VideoStream, rotate: Rotate) -> Self {
        let mut size = video.displayed(rotate == Rotate::Auto);
        if matches!(rotate, Rotate::Degrees(90 | 270)) {
            std::mem::swap(&mut size.width, &mut size.height);
        }
        let mut stored = Size {
            width: video.width,
            height: video.height,
        };
        if rotate == Rotate::Auto && video.rotation.rem_euclid(180) == 90 {
            std::mem::swap(&mut stored.width, &mut stored.height);
        }
        Self {
            size,
            stored,
            lines: video.height,
            color: video.color.clone(),
            interlaced: video.interlaced,
            frames_per_second: video.frames_per_second,
        }
    }
}

/// Returns the name of a thumbnail's file; the first one has the index 0.
pub fn thumbnail_file(index: u32, format: ImageFormat) -> String {
    format!("thumbnail-{:05}.{}", index + 1, format.extension())
}

fn rotation_filter(rotate: Rotate) -> Option<&'static str> {
    match rotate {
        Rotate::Degrees(90) => Some("transpose=clock"),
        Rotate::Degrees(180) => Some("hflip,vflip"),
        Rotate::Degrees(270) => Some("transpose=cclock"),
        Rotate::Auto | Rotate::Degrees(_) => None,
    }
}

fn audio(audio: AudioEncoding) -> Vec<String> {
    let mut arguments = words(&format!("-c:a aac -profile:a aac_low -b:a {}", audio.bit_rate));
    if let Some(rate) = audio.sample_rate {
        arguments.extend(words(&format!("-ar {rate}")));
    }
    if let Some(channels) = audio.channels {
        arguments.extend(words(&format!("-ac {channels}")));
    }
    arguments
}

fn filtered(filters: &[String], mode: &str) -> Vec<String> {
    ["-filter:v", &filters.join(","), "-fps_mode", mode]
        .map(str::to_owned)
        .into()
}

/// Returns ffmpeg's number for a GIF that repeats this often: -1 is never, 0 is endlessly.
fn loops(again: u8) -> i32 {
    if again == 0 { -1 } else { i32::from(again) }
}

/// Returns the target of the encoder, and the maximum bit rate with its buffer. The documented default of the buffer is ten
/// times the rate; the level limits both.
fn rate_control(video: &VideoEncoding) -> Vec<String> {
    let (aim, average) = match video.rate {
        RateControl::Average(rate) => (format!("-b:v {rate}"), Some(rate)),
        RateControl::Quality(factor) => (format!("-crf {factor}"), None),
    };
    let cap = video
        .level
        .map_or(u32::MAX, |level| level.max_bit_rate(video.profile));
    let mut arguments = words(&aim);
    if let Some(rate) = video.max_bit_rate.or(average) {
        let rate = rate.min(cap);
        let buffer = video.buffer_size.unwrap_or(rate.saturating_mul(10)).min(cap);
        arguments.extend(words(&format!("-maxrate {rate} -bufsize {buffer}")));
    }
    arguments
}

/// Returns the constant frame rate of the output. A recorder's "1000 frames a second" is its clock, not its rate.
fn frame_rate(wanted: FrameRate, found: Option<f64>) -> FrameRatio {
    match wanted {
        FrameRate::Fixed(rate) => rate,
        FrameRate::Auto { max } => match found {
            Some(found) if found < max.per_second() + 0.005 && found >= 1.0 => exact(found),
            _ => max,
        },
    }
}

/// Returns the exact rate: ffmpeg prints two decimals, and 29.97 stands for 30000 in 1001 seconds.
fn exact(printed: f64) -> FrameRatio {
    let television = FrameRatio {
        frames: printed.ceil() as u32 * 1000,
        seconds: 1001,
    };
    if (television.per_second() - printed).abs() < 0.005 {
        television
    } else {
        FrameRatio {
            frames: (printed * 100.0).round() as u32,
            seconds: 100,
        }
    }
}

#[cfg(test)]
mod tests {
    use media::AudioStream;

    use super::*;
    use crate::encoding::{PaddingPolicy, SizingPolicy};
    use crate::system_encodings;

    const WITHIN_720P: Sizing = Sizing {
        max_width: 1280,
        max_height: 720,
        policy: SizingPolicy::ShrinkToFit,
        padding: PaddingPolicy::NoPad,
    };

    fn input(width: u32, height: u32, rotation: i32) -> Probe {
        Probe {
            format: "mov".into(),
            duration_millis: None,
            video: Some(VideoStream {
                codec: "h264".into(),
                profile: None,
                width,
                height,
                pixel_aspect: (1, 1),
                rotation,
                frames_per_second: Some(29.97),
                interlaced: false,
                color: Color::default(),
            }),
            audio: None,
        }
    }

    fn web() -> (Encoding, Option<ThumbnailEncoding>) {
        system_encodings("1351620000001-100070").unwrap()
    }

    fn line(
        input: &Probe,
        encoding: Option<&Encoding>,
        thumbnails: Option<&ThumbnailEncoding>,
        rotate: Rotate,
    ) -> String {
        FfmpegCommand::new(input, encoding, thumbnails, rotate)
            .unwrap()
            .arguments()
            .join(" ")
    }

    #[test]
    fn web_from_1080p_with_thumbnails() {
        let (video_encoding, thumbnails) = web();
        insta::assert_snapshot!(line(
            &input(1920, 1080, 0),
            Some(&video_encoding),
            thumbnails.as_ref(),
            Rotate::Auto
        ));
    }

    #[test]
    fn portrait_by_rotation_stays_portrait() {
        let line = line(&input(1920, 1080, -90), Some(&web().0), None, Rotate::Auto);
        assert!(line.contains("scale=404:720:"), "{line}");
        assert!(
            !line.contains("-display_rotation"),
            "ffmpeg rotates automatically"
        );
    }

    #[test]
    fn rotation_of_the_job_replaces_the_metadata() {
        let line = line(&input(1920, 1080, 90), Some(&web().0), None, Rotate::Degrees(270));
        assert!(line.contains("-display_rotation:V:0 0 -i input"), "{line}");
        assert!(line.contains("transpose=cclock,scale=404:720:"), "{line}");
    }

    #[test]
    fn every_setting_of_an_encoding_is_used() {
        let (mut video_encoding, _) = web();
        if let Encoding::Mp4 {
            video: Some(video),
            audio,
        } = &mut video_encoding
        {
            video.fixed_gop = true;
            video.max_bit_rate = Some(3_000_000);
            video.buffer_size = Some(9_000_000);
            video.frame_rate = FrameRate::Auto {
                max: FrameRatio {
                    frames: 60,
                    seconds: 1,
                },
            };
            *audio = Some(AudioEncoding {
                bit_rate: 96_000,
                sample_rate: None,
                channels: None,
            });
        }
        let thumbnails = ThumbnailEncoding {
            format: ImageFormat::Jpg(80),
            interval: 2.5,
            max_count: Some(1),
            sizing: WITHIN_720P,
            color: ColorConversion::NONE,
            deinterlace: true,
        };
        let mut input = input(1920, 1080, 0);
        input.video.as_mut().unwrap().interlaced = true;
        insta::assert_snapshot!(line(
            &input,
            Some(&video_encoding),
            Some(&thumbnails),
            Rotate::Auto
        ));
    }

    #[test]
    fn thumbnails_only_audio_only_and_gif() {
        let thumbnails = ThumbnailEncoding {
            format: ImageFormat::Jpg(100),
            interval: 1.0,
            max_count: Some(1),
            sizing: WITHIN_720P,
            color: ColorConversion::NONE,
            deinterlace: true,
        };
        let audio = AudioEncoding {
            bit_rate: 256_000,
            sample_rate: Some(44_100),
            channels: Some(2),
        };
        let sound = Encoding::Mp4 {
            video: None,
            audio: Some(audio),
        };
        let rate = FrameRate::Fixed(FrameRatio {
            frames: 10,
            seconds: 1,
        });
        let gif = Encoding::Gif(GifEncoding {
            frame_rate: rate,
            sizing: WITHIN_720P,
            loops: None,
        });
        let mut input = input(1920, 1080, 0);
        input.audio = Some(AudioStream {
            codec: "aac".into(),
            profile: None,
            sample_rate: None,
            layout: None,
        });
        let lines = [
            (None, Some(&thumbnails)),
            (Some(&sound), None),
            (Some(&gif), None),
        ];
        let lines =
            lines.map(|(video_encoding, thumbnails)| line(&input, video_encoding, thumbnails, Rotate::Auto));
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn constant_quality_has_a_bit_rate_limit() {
        let (video_encoding, _) = web();
        let Encoding::Mp4 {
            video: Some(mut video),
            ..
        } = video_encoding
        else {
            panic!("web is a video_encoding")
        };
        assert_eq!(
            rate_control(&video).join(" "),
            "-b:v 2200000 -maxrate 2200000 -bufsize 14000000",
            "the level limits the rate"
        );
        video.rate = RateControl::Quality(23);
        assert_eq!(rate_control(&video).join(" "), "-crf 23");
        video.max_bit_rate = Some(1_000_000);
        assert_eq!(
            rate_control(&video).join(" "),
            "-crf 23 -maxrate 1000000 -bufsize 10000000"
        );
    }

    #[test]
    fn input_without_a_required_stream_fails() {
        let silence = input(1920, 1080, 0);
        let song = Probe {
            video: None,
            audio: None,
            ..silence.clone()
        };
        let audio = AudioEncoding {
            bit_rate: 64_000,
            sample_rate: None,
            channels: None,
        };
        let sound = Encoding::Mp4 {
            video: None,
            audio: Some(audio),
        };
        for (input, video_encoding) in [(&silence, &sound), (&song, &web().0)] {
            let failure = FfmpegCommand::new(input, Some(video_encoding), None, Rotate::Auto).unwrap_err();
            assert_eq!(failure.code, Code::PresetMismatch, "{failure}");
        }
    }

    #[test]
    fn automatic_rate_follows_the_input_up_to_the_limit() {
        let max = FrameRatio {
            frames: 30,
            seconds: 1,
        };
        let rate = |found| frame_rate(FrameRate::Auto { max }, found);
        assert_eq!(
            rate(Some(25.0)),
            FrameRatio {
                frames: 2_500,
                seconds: 100
            }
        );
        assert_eq!(
            rate(Some(23.98)),
            FrameRatio {
                frames: 24_000,
                seconds: 1001
            }
        );
        assert_eq!(
            rate(Some(29.97)),
            FrameRatio {
                frames: 30_000,
                seconds: 1001
            }
        );
        assert_eq!(rate(Some(1000.0)), max);
        assert_eq!(rate(None), max);
    }
}
