//! Translates a preset into encodings. Reports wrong and unsupported settings by name.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::preset::{self, AudioParameters, ElasticPreset, Thumbnails, VideoParameters};
use super::validation::Checks;
use crate::api_error::ApiError;
use crate::encoding::{
    AudioEncoding, ColorConversion, Encoding, FrameRate, FrameRatio, GifEncoding, ImageFormat, Level,
    PaddingPolicy, Profile, RateControl, Sizing, SizingPolicy, ThumbnailEncoding, VideoEncoding,
};

/// The quality of an automatic bit rate: libx264's default.
const AUTOMATIC: RateControl = RateControl::Quality(23);

/// Returns the encodings of a preset's video and thumbnails, or all its wrong and unsupported settings.
pub fn encodings(preset: &ElasticPreset) -> Result<(Encoding, Option<ThumbnailEncoding>), ApiError> {
    let mut checks = Checks::default();
    let encoding = encoding(&mut checks, preset);
    let thumbnails = preset.thumbnails.as_ref();
    let thumbnails = thumbnails.map(|thumbnails| thumbnail_encoding(&mut checks, thumbnails));
    checks.done().map(|()| (encoding, thumbnails))
}

/// Returns the encodings of a system preset.
pub fn system_encodings(id: &str) -> Option<(Encoding, Option<ThumbnailEncoding>)> {
    encodings(preset::system(id)?).ok()
}

fn encoding(checks: &mut Checks, preset: &ElasticPreset) -> Encoding {
    let (video, audio) = (preset.video.as_ref(), preset.audio.as_ref());
    if preset.container == "gif" {
        if audio.is_some() {
            checks.problem("audio is not possible in the container gif");
        }
        let video = video.cloned().unwrap_or_default();
        return Encoding::Gif(gif(checks, &video));
    }
    let choices = [("mp4", ()), ("gif", ())];
    PresetSection::new(checks, "").choice("container", Some(&preset.container), &choices);
    let video = video.map(|video| h264(checks, video));
    let audio = audio.and_then(|audio| aac(checks, audio));
    if video.is_none() && audio.is_none() {
        checks.problem("specify video, audio or both");
    }
    Encoding::Mp4 { video, audio }
}

fn h264(checks: &mut Checks, video: &VideoParameters) -> VideoEncoding {
    let options = H264Options::read(checks, &video.codec_options);
    let frame_rate = frame_rate(checks, video);
    let sizing = video_sizing(checks, video);
    let mut section = PresetSection::new(checks, "video.");
    section.choice("codec", video.codec.as_ref(), &[("H.264", ())]);
    let distance = section.number("keyframesMaxDist", video.keyframes_max_dist.as_ref(), 1..=100_000);
    let gop = [("false", false), ("true", true)];
    VideoEncoding {
        profile: options.profile,
        level: options.level,
        max_reference_frames: options.max_reference_frames,
        keyframes_max_dist: distance.unwrap_or(90),
        fixed_gop: section.choice("fixedGOP", video.fixed_gop.as_ref(), &gop) == Some(true),
        rate: match video.bit_rate.as_deref() {
            Some("auto") => AUTOMATIC,
            _ => RateControl::Average(section.kilobits("bitRate", video.bit_rate.as_ref(), 16..=62_500)),
        },
        max_bit_rate: options.max_bit_rate,
        buffer_size: options.buffer_size,
        frame_rate,
        sizing,
        color: ColorConversion::NONE,
        deinterlace: true,
    }
}

/// The settings in the codec's options.
struct H264Options {
    profile: Profile,
    level: Option<Level>,
    max_reference_frames: u8,
    max_bit_rate: Option<u32>,
    buffer_size: Option<u32>,
}

impl H264Options {
    const KNOWN: [&str; 7] = [
        "Profile",
        "Level",
        "MaxReferenceFrames",
        "MaxBitRate",
        "BufferSize",
        "InterlacedMode",
        "ColorSpaceConversionMode",
    ];

    fn read(checks: &mut Checks, options: &BTreeMap<String, String>) -> Self {
        let mut section = PresetSection::new(checks, "video.codecOptions.");
        section.only(options, &Self::KNOWN);
        for (name, neutral) in [
            ("InterlacedMode", "Progressive"),
            ("ColorSpaceConversionMode", "None"),
        ] {
            section.neutral(name, options.get(name), neutral);
        }
        let profiles = [
            ("baseline", Profile::Baseline),
            ("main", Profile::Main),
            ("high", Profile::High),
        ];
        let profile = section.choice("Profile", options.get("Profile"), &profiles);
        let kind = "an H.264 level such as 3.1";
        let level = section.read("Level", options.get("Level"), kind, Level::find);
        let frames = options.get("MaxReferenceFrames");
        let frames = section.number("MaxReferenceFrames", frames, 0..=16);
        let mut optional = |name: &str, range| {
            let value = options.get(name)?;
            Some(section.kilobits(name, Some(value), range))
        };
        Self {
            profile: profile.unwrap_or(Profile::Main),
            level,
            max_reference_frames: frames.and_then(|frames| u8::try_from(frames).ok()).unwrap_or(3),
            max_bit_rate: optional("MaxBitRate", 16..=62_500),
            buffer_size: optional("BufferSize", 1..=625_000),
        }
    }
}

fn gif(checks: &mut Checks, video: &VideoParameters) -> GifEncoding {
    let (frame_rate, sizing) = (frame_rate(checks, video), video_sizing(checks, video));
    PresetSection::new(checks, "video.").choice("codec", video.codec.as_ref(), &[("gif", ())]);
    let mut section = PresetSection::new(checks, "video.codecOptions.");
    section.only(&video.codec_options, &["LoopCount"]);
    let count = video.codec_options.get("LoopCount");
    let count = count.filter(|count| *count != "Infinite");
    let loops = count.and_then(|count| section.number("LoopCount", Some(count), 0..=100));
    GifEncoding {
        frame_rate,
        sizing,
        loops: loops.and_then(|loops| u8::try_from(loops).ok()),
    }
}

/// Returns `None` if the preset requests no channel.
fn aac(checks: &mut Checks, audio: &AudioParameters) -> Option<AudioEncoding> {
    let mut options = PresetSection::new(checks, "audio.codecOptions.");
    options.only(&audio.codec_options, &["Profile"]);
    if let Some(profile) = audio.codec_options.get("Profile") {
        options.choice("Profile", Some(profile), &[("auto", ()), ("AAC-LC", ())]);
    }
    let mut section = PresetSection::new(checks, "audio.");
    section.choice("codec", audio.codec.as_ref(), &[("AAC", ())]);
    section.neutral(
        "audioPackingMode",
        audio.audio_packing_mode.as_ref(),
        "SingleTrack",
    );
    let rates = [
        ("auto", None),
        ("22050", Some(22_050)),
        ("32000", Some(32_000)),
        ("44100", Some(44_100)),
        ("48000", Some(48_000)),
        ("96000", Some(96_000)),
    ];
    let channels = [("auto", None), ("0", Some(0)), ("1", Some(1)), ("2", Some(2))];
    let audio = AudioEncoding {
        bit_rate: section.kilobits("bitRate", audio.bit_rate.as_ref(), 64..=320),
        sample_rate: section
            .choice("sampleRate", audio.sample_rate.as_ref(), &rates)
            .flatten(),
        channels: section
            .choice("channels", audio.channels.as_ref(), &channels)
            .flatten(),
    };
    (audio.channels != Some(0)).then_some(audio)
}

fn thumbnail_encoding(checks: &mut Checks, thumbnails: &Thumbnails) -> ThumbnailEncoding {
    let mut section = PresetSection::new(checks, "thumbnails.");
    let formats = [("png", ImageFormat::Png), ("jpg", ImageFormat::Jpg(95))];
    let format = section.choice("format", thumbnails.format.as_ref(), &formats);
    let interval = section.number("interval", thumbnails.interval.as_ref(), 1..=100_000);
    let sizing = section.sizing(
        [&thumbnails.max_width, &thumbnails.max_height],
        [32, 32],
        &thumbnails.sizing_policy,
        &thumbnails.padding_policy,
    );
    ThumbnailEncoding {
        format: format.unwrap_or(ImageFormat::Png),
        interval: interval.map_or(60.0, f64::from),
        max_count: None,
        sizing,
        color: ColorConversion::NONE,
        deinterlace: true,
    }
}

fn video_sizing(checks: &mut Checks, video: &VideoParameters) -> Sizing {
    if !video.watermarks.is_empty() {
        checks.problem("video.watermarks is not supported here");
    }
    let mut section = PresetSection::new(checks, "video.");
    section.neutral("displayAspectRatio", video.display_aspect_ratio.as_ref(), "auto");
    section.sizing(
        [&video.max_width, &video.max_height],
        [128, 96],
        &video.sizing_policy,
        &video.padding_policy,
    )
}

/// Without `MaxFrameRate`, an automatic rate is at most 30.
fn frame_rate(checks: &mut Checks, video: &VideoParameters) -> FrameRate {
    let whole = |frames| FrameRatio { frames, seconds: 1 };
    let television = |frames| FrameRatio {
        frames,
        seconds: 1001,
    };
    let rates = [
        ("10", whole(10)),
        ("15", whole(15)),
        ("23.97", television(24_000)),
        ("24", whole(24)),
        ("25", whole(25)),
        ("29.97", television(30_000)),
        ("30", whole(30)),
        ("50", whole(50)),
        ("60", whole(60)),
    ];
    let mut section = PresetSection::new(checks, "video.");
    let most = video.max_frame_rate.as_ref();
    if video.frame_rate.as_deref() == Some("auto") {
        let max = most.and_then(|most| section.choice("maxFrameRate", Some(most), &rates));
        return FrameRate::Auto {
            max: max.unwrap_or(whole(30)),
        };
    }
    if most.is_some() {
        checks.problem("video.maxFrameRate needs a frameRate of 'auto'");
        return FrameRate::Fixed(whole(30));
    }
    let rate = section.choice("frameRate", video.frame_rate.as_ref(), &rates);
    FrameRate::Fixed(rate.unwrap_or(whole(30)))
}

/// A part of a preset, where every value is text. Records wrong values and returns placeholders, which are never used.
struct PresetSection<'a> {
    checks: &'a mut Checks,
    name: &'static str,
}

impl<'a> PresetSection<'a> {
    fn new(checks: &'a mut Checks, name: &'static str) -> Self {
        Self { checks, name }
    }

    fn read<T>(
        &mut self,
        name: &str,
        value: Option<&String>,
        kind: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let name = format!("{}{name}", self.name);
        let value = self.checks.required(&name, value.cloned());
        let found = read(&value);
        let constraint = format!("Member must be {kind}");
        self.checks
            .constraint(&name, &value, &constraint, |_| found.is_some());
        found
    }

    fn choice<T: Copy>(&mut self, name: &str, value: Option<&String>, choices: &[(&str, T)]) -> Option<T> {
        let known: Vec<&str> = choices.iter().map(|(choice, _)| *choice).collect();
        let kind = match known[..] {
            [one] => one.to_owned(),
            _ => format!("one of {}", known.join(", ")),
        };
        let meaning = |value: &str| choices.iter().find(|(choice, _)| *choice == value);
        self.read(name, value, &kind, |value| {
            meaning(value).map(|(_, meaning)| *meaning)
        })
    }

    fn number(&mut self, name: &str, value: Option<&String>, range: RangeInclusive<u32>) -> Option<u32> {
        let kind = format!("a whole number from {} to {}", range.start(), range.end());
        let number = |value: &str| value.parse().ok().filter(|number| range.contains(number));
        self.read(name, value, &kind, number)
    }

    /// Parses kilobits and returns bits.
    fn kilobits(&mut self, name: &str, value: Option<&String>, range: RangeInclusive<u32>) -> u32 {
        1000 * self.number(name, value, range).unwrap_or(1)
    }

    /// Parses a maximum dimension; `auto` is Full HD.
    fn sizing(
        &mut self,
        sides: [&Option<String>; 2],
        least: [u32; 2],
        policy: &Option<String>,
        padding: &Option<String>,
    ) -> Sizing {
        let policies = [
            ("Fit", SizingPolicy::Fit),
            ("Fill", SizingPolicy::Fill),
            ("Stretch", SizingPolicy::Stretch),
            ("Keep", SizingPolicy::Keep),
            ("ShrinkToFit", SizingPolicy::ShrinkToFit),
            ("ShrinkToFill", SizingPolicy::ShrinkToFill),
        ];
        let paddings = [("Pad", PaddingPolicy::Pad), ("NoPad", PaddingPolicy::NoPad)];
        let policy = self.choice("sizingPolicy", policy.as_ref(), &policies);
        let padding = self.choice("paddingPolicy", padding.as_ref(), &paddings);
        let mut side = |name: &str, value: &Option<String>, range: RangeInclusive<u32>, full| {
            let kind = format!("auto or an even number from {} to {}", range.start(), range.end());
            let even = |value: &str| {
                value
                    .parse()
                    .ok()
                    .filter(|side| side % 2 == 0 && range.contains(side))
            };
            let pixels = |value: &str| if value == "auto" { Some(full) } else { even(value) };
            self.read(name, value.as_ref(), &kind, pixels).unwrap_or(full)
        };
        Sizing {
            max_width: side("maxWidth", sides[0], least[0]..=4096, 1920),
            max_height: side("maxHeight", sides[1], least[1]..=3072, 1080),
            policy: policy.unwrap_or(SizingPolicy::Fit),
            padding: padding.unwrap_or(PaddingPolicy::NoPad),
        }
    }

    /// Rejects a setting that would have no effect, unless it requests the default behavior.
    fn neutral(&mut self, name: &str, value: Option<&String>, neutral: &str) {
        if let Some(value) = value.filter(|value| *value != neutral) {
            let name = format!("{}{name}", self.name);
            let problem = format!("{name} '{value}' is not supported here: leave it out, or '{neutral}'");
            self.checks.problem(problem);
        }
    }

    /// Rejects unknown options.
    fn only(&mut self, options: &BTreeMap<String, String>, known: &[&str]) {
        for option in options.keys().filter(|option| !known.contains(&option.as_str())) {
            self.checks
                .problem(format!("{}{option} is not supported here", self.name));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn system_presets_have_their_documented_settings() {
        let known: Vec<_> = preset::system_presets()
            .iter()
            .map(|preset| (preset.name.as_str(), encodings(preset).unwrap()))
            .collect();
        assert_eq!(known.len(), 4);
        insta::assert_debug_snapshot!(known);
    }

    #[test]
    fn wrong_and_unsupported_settings_are_named() {
        let refusal = |change: &dyn Fn(&mut Value)| {
            let mut preset = json!(preset::system("1351620000001-100070").unwrap());
            change(&mut preset);
            let preset: Result<ElasticPreset, _> = serde_json::from_value(preset);
            match preset {
                Ok(preset) => encodings(&preset).unwrap_err().to_string(),
                Err(error) => error.to_string(),
            }
        };
        let refusals = [
            refusal(&|preset| preset["Container"] = json!("webm")),
            refusal(&|preset| preset["Video"]["Codec"] = json!("vp9")),
            refusal(&|preset| preset["Video"]["CodecOptions"]["Level"] = json!("9")),
            refusal(&|preset| preset["Video"]["CodecOptions"]["InterlacedMode"] = json!("TopFirst")),
            refusal(&|preset| preset["Video"]["MaxWidth"] = json!("127")),
            refusal(&|preset| preset["Video"]["MaxHeight"] = json!("721")),
            refusal(&|preset| preset["Video"]["SizingPolicy"] = json!("Grow")),
            refusal(&|preset| preset["Video"]["MaxFrameRate"] = json!("60")),
            refusal(&|preset| preset["Video"]["Resolution"] = json!("1280x720")),
            refusal(&|preset| preset["Video"]["Watermarks"] = json!([{ "Id": "logo" }])),
            refusal(&|preset| preset["Audio"]["Channels"] = json!("6")),
            refusal(&|preset| preset["Audio"]["CodecOptions"]["Profile"] = json!("HE-AAC")),
            refusal(&|preset| preset["Thumbnails"]["Interval"] = json!("0")),
            refusal(&|preset| preset["Thumbnails"]["PaddingPolicy"] = Value::Null),
        ];
        insta::assert_snapshot!(refusals.join("\n"));
    }
}
