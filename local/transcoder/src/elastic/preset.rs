//! Presets: documents of the API, and the numbers that they come down to.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::validation::Checks;
use crate::api::error::ApiError;
use crate::recipe::{
    Audio, FrameRate, Gif, ImageFormat, Level, PaddingPolicy, Profile, Rate, RateControl, Recipe, Sizing,
    SizingPolicy, Stills, Video,
};
use crate::service::Service;

/// The system presets that are served. What is not in the service's documentation, the numbers of the animated
/// picture, is ours.
static SYSTEM: LazyLock<Vec<Preset>> =
    // A test sees to it that it parses.
    LazyLock::new(|| serde_json::from_str(include_str!("system_presets.json")).unwrap_or_default());

/// The look of an automatic bit rate: libx264's own.
const AUTOMATIC: RateControl = RateControl::Quality(23);

/// A preset as the API shows it, but for its ARN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Preset {
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `System` or `Custom`.
    #[serde(rename = "Type")]
    pub kind: String,
    /// What kind of file it makes.
    pub container: String,
    /// The picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video: Option<VideoParameters>,
    /// The sound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio: Option<AudioParameters>,
    /// The thumbnails, made only where a job asks for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnails: Option<Thumbnails>,
}

/// The picture: every number is text.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
pub struct VideoParameters {
    #[serde(skip_serializing_if = "Option::is_none")]
    codec: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    codec_options: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keyframes_max_dist: Option<String>,
    #[serde(rename = "FixedGOP", skip_serializing_if = "Option::is_none")]
    fixed_gop: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bit_rate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frame_rate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_frame_rate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_width: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_height: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_aspect_ratio: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sizing_policy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    padding_policy: Option<String>,
    watermarks: Vec<Value>,
}

/// The sound.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
pub struct AudioParameters {
    #[serde(skip_serializing_if = "Option::is_none")]
    codec: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    codec_options: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sample_rate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bit_rate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channels: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audio_packing_mode: Option<String>,
}

/// The thumbnails.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
pub struct Thumbnails {
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_width: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_height: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sizing_policy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    padding_policy: Option<String>,
}

/// All system presets.
pub fn system_presets() -> &'static [Preset] {
    &SYSTEM
}

/// A system preset by its identifier.
pub fn system(id: &str) -> Option<&'static Preset> {
    SYSTEM.iter().find(|preset| preset.id == id)
}

/// A preset by its identifier, the system's or one's own.
pub fn find(service: &Service, id: &str) -> Option<Preset> {
    system(id).cloned().or_else(|| service.presets.get(id))
}

/// The service's words for a preset that is not there.
pub fn missing(id: &str) -> ApiError {
    ApiError::NotFound(format!("The specified preset was not found: presetId={id}."))
}

impl Preset {
    /// What it comes down to; or everything about it that is wrong or not supported.
    pub fn numbers(&self) -> Result<(Recipe, Option<Stills>), ApiError> {
        let mut checks = Checks::default();
        checks.length("name", &self.name, 1, 40);
        checks.length(
            "description",
            self.description.as_deref().unwrap_or_default(),
            0,
            255,
        );
        let (video, audio) = (self.video.as_ref(), self.audio.as_ref());
        let recipe = match self.container.as_str() {
            "gif" => {
                if audio.is_some() {
                    checks.problem("audio is not possible in the container gif");
                }
                Recipe::Gif(gif(&mut checks, &video.cloned().unwrap_or_default()))
            }
            container => {
                if container != "mp4" {
                    let problem =
                        format!("the container '{container}' is not supported here: use mp4 or gif");
                    checks.problem(problem);
                }
                let recipe = Recipe::Mp4 {
                    video: video.map(|video| h264(&mut checks, video)),
                    audio: audio.and_then(|audio| aac(&mut checks, audio)),
                };
                if recipe
                    == (Recipe::Mp4 {
                        video: None,
                        audio: None,
                    })
                {
                    checks.problem("specify video, audio or both");
                }
                recipe
            }
        };
        let stills = self.thumbnails.as_ref();
        let stills = stills.map(|thumbnails| thumbnails.numbers(&mut checks));
        checks.done().map(|()| (recipe, stills))
    }
}

fn h264(checks: &mut Checks, video: &VideoParameters) -> Video {
    codec(checks, "video.codec", video.codec.as_deref(), "H.264");
    let options = &video.codec_options;
    let known = [
        "Profile",
        "Level",
        "MaxReferenceFrames",
        "MaxBitRate",
        "BufferSize",
        "InterlacedMode",
        "ColorSpaceConversionMode",
    ];
    only(checks, "video.codecOptions", options, &known);
    only_if(
        checks,
        "video.codecOptions.interlacedMode",
        options.get("InterlacedMode"),
        "Progressive",
    );
    let color = "ColorSpaceConversionMode";
    only_if(
        checks,
        "video.codecOptions.colorSpaceConversionMode",
        options.get(color),
        "None",
    );
    let profiles = [
        ("baseline", Profile::Baseline),
        ("main", Profile::Main),
        ("high", Profile::High),
    ];
    let option = |name: &str| options.get(name).map(String::as_str);
    let profile = choice(checks, "video.codecOptions.profile", option("Profile"), &profiles);
    let level = checks.required("video.codecOptions.level", option("Level").map(str::to_owned));
    let found = Level::find(&level);
    checks.constraint(
        "video.codecOptions.level",
        &level,
        "Member must be an H.264 level such as 3.1",
        |_| found.is_some(),
    );
    let kilo = |value: Option<u32>| value.map(|value| value * 1000);
    Video {
        profile: profile.unwrap_or(Profile::Main),
        level: found,
        max_reference_frames: number(
            checks,
            "video.codecOptions.maxReferenceFrames",
            option("MaxReferenceFrames"),
            0,
            16,
        )
        .and_then(|frames| u8::try_from(frames).ok())
        .unwrap_or(3),
        keyframes_max_dist: number(
            checks,
            "video.keyframesMaxDist",
            video.keyframes_max_dist.as_deref(),
            1,
            100_000,
        )
        .unwrap_or(90),
        fixed_gop: choice(
            checks,
            "video.fixedGOP",
            video.fixed_gop.as_deref(),
            &[("false", false), ("true", true)],
        )
        .unwrap_or(false),
        rate: match video.bit_rate.as_deref() {
            Some("auto") => AUTOMATIC,
            rate => {
                RateControl::Average(kilo(number(checks, "video.bitRate", rate, 16, 62_500)).unwrap_or(1))
            }
        },
        max_bit_rate: kilo(optional(
            checks,
            "video.codecOptions.maxBitRate",
            option("MaxBitRate"),
            16,
            62_500,
        )),
        buffer_size: kilo(optional(
            checks,
            "video.codecOptions.bufferSize",
            option("BufferSize"),
            1,
            625_000,
        )),
        frame_rate: frame_rate(checks, video),
        sizing: video.sizing(checks),
    }
}

fn gif(checks: &mut Checks, video: &VideoParameters) -> Gif {
    codec(checks, "video.codec", video.codec.as_deref(), "gif");
    only(checks, "video.codecOptions", &video.codec_options, &["LoopCount"]);
    let loops = match video.codec_options.get("LoopCount").map(String::as_str) {
        None | Some("Infinite") => None,
        count => number(checks, "video.codecOptions.loopCount", count, 0, 100),
    };
    Gif {
        frame_rate: frame_rate(checks, video),
        sizing: video.sizing(checks),
        loops: loops.and_then(|loops| u8::try_from(loops).ok()),
    }
}

/// None where the preset asks for no channel.
fn aac(checks: &mut Checks, audio: &AudioParameters) -> Option<Audio> {
    codec(checks, "audio.codec", audio.codec.as_deref(), "AAC");
    only(checks, "audio.codecOptions", &audio.codec_options, &["Profile"]);
    let profile = audio.codec_options.get("Profile").map_or("auto", String::as_str);
    checks.pattern(
        "audio.codecOptions.profile",
        profile,
        "(^auto$)|(^AAC-LC$)",
        |profile| matches!(profile, "auto" | "AAC-LC"),
    );
    only_if(
        checks,
        "audio.audioPackingMode",
        audio.audio_packing_mode.as_ref(),
        "SingleTrack",
    );
    let rates = [22_050, 32_000, 44_100, 48_000, 96_000].map(|rate| (rate.to_string(), Some(rate)));
    let mut rates: Vec<(&str, Option<u32>)> =
        rates.iter().map(|(name, rate)| (name.as_str(), *rate)).collect();
    rates.push(("auto", None));
    let channels = [("auto", None), ("0", Some(0)), ("1", Some(1)), ("2", Some(2))];
    let channels = choice(checks, "audio.channels", audio.channels.as_deref(), &channels).flatten();
    let sound = Audio {
        bit_rate: 1000 * number(checks, "audio.bitRate", audio.bit_rate.as_deref(), 64, 320).unwrap_or(1),
        sample_rate: choice(checks, "audio.sampleRate", audio.sample_rate.as_deref(), &rates).flatten(),
        channels,
    };
    (channels != Some(0)).then_some(sound)
}

impl Thumbnails {
    fn numbers(&self, checks: &mut Checks) -> Stills {
        let formats = [("png", ImageFormat::Png), ("jpg", ImageFormat::Jpg(95))];
        Stills {
            format: choice(checks, "thumbnails.format", self.format.as_deref(), &formats)
                .unwrap_or(ImageFormat::Png),
            interval: number(
                checks,
                "thumbnails.interval",
                self.interval.as_deref(),
                1,
                100_000,
            )
            .map_or(60.0, f64::from),
            most: None,
            sizing: sizing(
                checks,
                "thumbnails",
                [
                    &self.max_width,
                    &self.max_height,
                    &self.sizing_policy,
                    &self.padding_policy,
                ],
                (32, 32),
            ),
        }
    }
}

impl VideoParameters {
    fn sizing(&self, checks: &mut Checks) -> Sizing {
        only_if(
            checks,
            "video.displayAspectRatio",
            self.display_aspect_ratio.as_ref(),
            "auto",
        );
        if !self.watermarks.is_empty() {
            checks.problem("video.watermarks is not supported here");
        }
        sizing(
            checks,
            "video",
            [
                &self.max_width,
                &self.max_height,
                &self.sizing_policy,
                &self.padding_policy,
            ],
            (128, 96),
        )
    }
}

/// `auto` stands for Full HD.
fn sizing(checks: &mut Checks, name: &str, values: [&Option<String>; 4], least: (u32, u32)) -> Sizing {
    let [width, height, policy, padding] = values.map(Option::as_deref);
    let policies = [
        ("Fit", SizingPolicy::Fit),
        ("Fill", SizingPolicy::Fill),
        ("Stretch", SizingPolicy::Stretch),
        ("Keep", SizingPolicy::Keep),
        ("ShrinkToFit", SizingPolicy::ShrinkToFit),
        ("ShrinkToFill", SizingPolicy::ShrinkToFill),
    ];
    let paddings = [("Pad", PaddingPolicy::Pad), ("NoPad", PaddingPolicy::NoPad)];
    let mut side = |side: &str, value, least, most, full| match value {
        Some("auto") => full,
        value => {
            let name = format!("{name}.{side}");
            let pixels = number(checks, &name, value, least, most).unwrap_or(full);
            if pixels % 2 == 1 {
                checks.problem(format!("{name} must be even"));
            }
            pixels
        }
    };
    Sizing {
        max_width: side("maxWidth", width, least.0, 4096, 1920),
        max_height: side("maxHeight", height, least.1, 3072, 1080),
        policy: choice(checks, &format!("{name}.sizingPolicy"), policy, &policies)
            .unwrap_or(SizingPolicy::Fit),
        padding: choice(checks, &format!("{name}.paddingPolicy"), padding, &paddings)
            .unwrap_or(PaddingPolicy::NoPad),
    }
}

/// Without `MaxFrameRate` an automatic rate is 30 at the most.
fn frame_rate(checks: &mut Checks, video: &VideoParameters) -> FrameRate {
    let whole = |frames| Rate { frames, seconds: 1 };
    let television = |frames| Rate {
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
    let most = video.max_frame_rate.as_deref();
    if video.frame_rate.as_deref() == Some("auto") {
        let max = most.and_then(|_| choice(checks, "video.maxFrameRate", most, &rates));
        return FrameRate::Auto {
            max: max.unwrap_or(whole(30)),
        };
    }
    if most.is_some() {
        checks.problem("video.maxFrameRate needs a frameRate of 'auto'");
    }
    FrameRate::Fixed(
        choice(checks, "video.frameRate", video.frame_rate.as_deref(), &rates).unwrap_or(whole(30)),
    )
}

fn codec(checks: &mut Checks, name: &str, value: Option<&str>, wanted: &str) {
    choice(checks, name, value, &[(wanted, ())]);
}

/// Refuses a setting that would be ignored, unless it asks for what is done anyway.
fn only_if(checks: &mut Checks, name: &str, value: Option<&String>, neutral: &str) {
    if let Some(value) = value.filter(|value| *value != neutral) {
        checks.problem(format!(
            "{name} '{value}' is not supported here: leave it out, or '{neutral}'"
        ));
    }
}

fn only(checks: &mut Checks, name: &str, options: &BTreeMap<String, String>, known: &[&str]) {
    for option in options.keys().filter(|option| !known.contains(&option.as_str())) {
        checks.problem(format!("{name}.{option} is not supported here"));
    }
}

fn choice<T: Copy>(checks: &mut Checks, name: &str, value: Option<&str>, choices: &[(&str, T)]) -> Option<T> {
    let value = checks.required(name, value.map(str::to_owned));
    let found = choices.iter().find(|(choice, _)| *choice == value);
    let patterns: Vec<String> = choices
        .iter()
        .map(|(choice, _)| format!("(^{choice}$)"))
        .collect();
    checks.pattern(name, &value, &patterns.join("|"), |_| found.is_some());
    found.map(|(_, meaning)| *meaning)
}

fn number(checks: &mut Checks, name: &str, value: Option<&str>, least: u32, most: u32) -> Option<u32> {
    let value = checks.required(name, value.map(str::to_owned));
    let found = value
        .parse()
        .ok()
        .filter(|number| (least..=most).contains(number));
    let constraint = format!("Member must be a whole number from {least} to {most}");
    checks.constraint(name, &value, &constraint, |_| found.is_some());
    found
}

fn optional(checks: &mut Checks, name: &str, value: Option<&str>, least: u32, most: u32) -> Option<u32> {
    value.and_then(|value| number(checks, name, Some(value), least, most))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_system_presets_hold_what_they_are_served_with() {
        let known: Vec<_> = SYSTEM
            .iter()
            .map(|preset| (preset.name.as_str(), preset.numbers().unwrap()))
            .collect();
        assert_eq!(known.len(), 4);
        insta::assert_debug_snapshot!(known);
    }

    #[test]
    fn what_is_wrong_with_a_preset_is_named() {
        let refusal = |change: &dyn Fn(&mut Value)| {
            let mut preset = json!(system("1351620000001-100070").unwrap());
            change(&mut preset);
            let preset: Result<Preset, _> = serde_json::from_value(preset);
            match preset {
                Ok(preset) => preset.numbers().unwrap_err().to_string(),
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
