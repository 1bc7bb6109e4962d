//! Translates a job's settings into outputs.

use serde_json::Value;

use super::settings::{
    AudioDescription, CodecProfile, CodingMode, ColorSpaceConversion, Container, FramerateControl,
    GopSizeUnits, H264Settings, InputRotate, InputSettings, OutputGroup, OutputSettings, QualityTuningLevel,
    RateControlMode, SampleRangeConversion, ScalingBehavior, SceneChangeDetect, TimecodeSource,
    TranscodeSettings, VideoCodec, VideoDescription,
};
use super::validation::invalid;
use crate::api_error::ApiError;
use crate::encoding::{
    AudioEncoding, ColorConversion, Encoding, FrameRate, FrameRatio, ImageFormat, Level, PaddingPolicy,
    Profile, RateControl, Rotate, Sizing, SizingPolicy, ThumbnailEncoding, VideoEncoding,
};
use crate::task::{Clip, Object, OutputTask, ThumbnailNames, ThumbnailOutput, VideoOutput};

/// The input's size, within what an encoder takes.
const AS_IT_IS: Sizing = Sizing {
    max_width: 8192,
    max_height: 8192,
    policy: SizingPolicy::ShrinkToFit,
    padding: PaddingPolicy::NoPad,
};

/// The passes that a job's settings describe.
#[derive(Debug)]
pub struct Work {
    pub input: Object,
    /// The part of the input that is used; all of it where absent.
    pub clip: Option<Clip>,
    /// One pass over the input for each.
    pub outputs: Vec<OutputTask>,
}

/// Translates a job's settings. An error names the wrong or unsupported setting.
pub fn read(settings: &Value) -> Result<Work, ApiError> {
    let settings: TranscodeSettings = serde_path_to_error::deserialize(settings)
        .map_err(|error| invalid(&format!("settings.{}", error.path()), error.inner()))?;
    let [input] = &settings.inputs[..] else {
        return Err(invalid("settings.inputs", "exactly one input is supported here"));
    };
    let file = input.file_input.as_deref().unwrap_or_default();
    let source = object(file).filter(|source| !source.key.is_empty());
    let source = source.ok_or_else(|| {
        invalid(
            "settings.inputs[0].fileInput",
            format!("'{file}' is not s3://bucket/key"),
        )
    })?;
    let mut outputs = Vec::new();
    for (index, group) in settings.output_groups.iter().enumerate() {
        outputs.extend(group.read(&format!("settings.outputGroups[{index}]"), input, &source)?);
    }
    if !outputs.iter().any(|output| output.video.is_some()) {
        let problem = "at least one output must be a video: frame captures alone are not made";
        return Err(invalid("settings.outputGroups", problem));
    }
    Ok(Work {
        input: source,
        clip: input.clip()?,
        outputs,
    })
}

impl InputSettings {
    fn clip(&self) -> Result<Option<Clip>, ApiError> {
        let path = "settings.inputs[0].inputClippings";
        let clipping = match &self.input_clippings[..] {
            [] => return Ok(None),
            [clipping] => clipping,
            _ => return Err(invalid(path, "one clip is supported here")),
        };
        if self.timecode_source != TimecodeSource::ZeroBased {
            let problem = "a clip needs ZEROBASED here: embedded timecodes are not read";
            return Err(invalid("settings.inputs[0].timecodeSource", problem));
        }
        let end = clipping.end_timecode.as_deref().unwrap_or_default();
        let clip = timecode(end).ok_or_else(|| {
            let problem = format!("'{end}' is not HH:MM:SS:FF, from 00:00:00:00 to 24:59:59:99");
            invalid(&format!("{path}[0].endTimecode"), problem)
        })?;
        Ok(Some(clip))
    }
}

/// `HH:MM:SS:FF`
fn timecode(text: &str) -> Option<Clip> {
    let numbers: Vec<u32> = text
        .split(':')
        .map(|part| (part.len() == 2).then(|| part.parse().ok()).flatten())
        .collect::<Option<_>>()?;
    match numbers[..] {
        [hours @ 0..=24, minutes @ 0..=59, seconds @ 0..=59, frame] => Some(Clip::Timecode {
            seconds: (hours * 60 + minutes) * 60 + seconds,
            frame,
        }),
        _ => None,
    }
}

/// Reads `s3://bucket/key`.
pub fn object(location: &str) -> Option<Object> {
    let (bucket, key) = location.strip_prefix("s3://")?.split_once('/')?;
    (!bucket.is_empty()).then(|| Object {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
    })
}

impl OutputGroup {
    fn read(&self, path: &str, input: &InputSettings, source: &Object) -> Result<Vec<OutputTask>, ApiError> {
        let at = format!("{path}.outputGroupSettings.fileGroupSettings.destination");
        let destination = &self.output_group_settings.file_group_settings.destination;
        let mut base = object(destination)
            .ok_or_else(|| invalid(&at, format!("'{destination}' is not s3://bucket/key")))?;
        without_identifiers(&at, destination)?;
        if base.key.is_empty() || base.key.ends_with('/') {
            // A folder: the file gets the input's name.
            let name = source.key.rsplit('/').next().unwrap_or_default();
            base.key += name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        }
        let mut outputs: Vec<(String, OutputTask)> = Vec::new();
        for (index, output) in self.outputs.iter().enumerate() {
            let path = format!("{path}.outputs[{index}]");
            let made = output.read(&path, input, &base)?;
            let name = output.name_modifier.clone();
            if self.outputs.len() > 1 && (name.is_empty() || outputs.iter().any(|(other, _)| *other == name))
            {
                let problem = "each output of a group needs a name modifier of its own";
                return Err(invalid(&format!("{path}.nameModifier"), problem));
            }
            outputs.push((name, made));
        }
        Ok(outputs.into_iter().map(|(_, output)| output).collect())
    }
}

/// Rejects format identifiers such as `$dt$`, which would remain in the name.
fn without_identifiers(path: &str, text: &str) -> Result<(), ApiError> {
    if text.contains('$') {
        let problem = "format identifiers ($…$) are not supported here";
        return Err(invalid(path, problem));
    }
    Ok(())
}

impl OutputSettings {
    fn read(&self, path: &str, input: &InputSettings, base: &Object) -> Result<OutputTask, ApiError> {
        without_identifiers(&format!("{path}.nameModifier"), &self.name_modifier)?;
        let rotate = match input.video_selector.rotate {
            Some(InputRotate::Auto) => Rotate::Auto,
            None | Some(InputRotate::None) => Rotate::Degrees(0),
            Some(InputRotate::Right) => Rotate::Degrees(90),
            Some(InputRotate::Over) => Rotate::Degrees(180),
            Some(InputRotate::Left) => Rotate::Degrees(270),
        };
        let codec = self
            .video_description
            .as_ref()
            .map(|video| video.codec_settings.codec);
        let (video, thumbnails) = match (self.container_settings.container, codec) {
            (Container::Raw, Some(VideoCodec::FrameCapture)) => (None, Some(self.thumbnails(path, base)?)),
            (Container::Mp4, None | Some(VideoCodec::H264)) => (Some(self.video(path, input, base)?), None),
            (container, _) => {
                let problem = match container {
                    Container::Raw => "RAW is for FRAME_CAPTURE",
                    Container::Mp4 => "MP4 is for H_264, or for sound alone",
                };
                return Err(invalid(&format!("{path}.containerSettings.container"), problem));
            }
        };
        Ok(OutputTask {
            video,
            thumbnails,
            rotate,
        })
    }

    fn video(&self, path: &str, input: &InputSettings, base: &Object) -> Result<VideoOutput, ApiError> {
        let video = self.video_description.as_ref();
        let video = video.map(|video| video.h264(&format!("{path}.videoDescription")));
        let audio = match &self.audio_descriptions[..] {
            [] => None,
            [audio] => Some(audio.aac(&format!("{path}.audioDescriptions[0]"), input)?),
            _ => {
                return Err(invalid(
                    &format!("{path}.audioDescriptions"),
                    "one is supported here",
                ));
            }
        };
        let encoding = Encoding::Mp4 {
            video: video.transpose()?,
            audio,
        };
        if encoding
            == (Encoding::Mp4 {
                video: None,
                audio: None,
            })
        {
            return Err(invalid(
                path,
                "specify videoDescription, audioDescriptions or both",
            ));
        }
        let extension = self.extension.as_deref().unwrap_or("mp4");
        let key = format!("{}{}.{extension}", base.key, self.name_modifier);
        Ok(VideoOutput {
            encoding,
            to: Object { key, ..base.clone() },
            reduced_redundancy: false,
        })
    }

    fn thumbnails(&self, path: &str, base: &Object) -> Result<ThumbnailOutput, ApiError> {
        if !self.audio_descriptions.is_empty() {
            let problem = "a frame capture has no sound";
            return Err(invalid(&format!("{path}.audioDescriptions"), problem));
        }
        if self.extension.is_some() {
            let problem = "a frame capture's extension is jpg";
            return Err(invalid(&format!("{path}.extension"), problem));
        }
        let video = self.video_description.as_ref();
        let encoding = video.map(|video| video.frame_capture(&format!("{path}.videoDescription")));
        Ok(ThumbnailOutput {
            encoding: encoding.unwrap_or_else(|| Err(invalid(path, "specify videoDescription")))?,
            bucket: base.bucket.clone(),
            names: ThumbnailNames::Numbered(format!("{}{}", base.key, self.name_modifier)),
            reduced_redundancy: false,
        })
    }
}

impl VideoDescription {
    fn h264(&self, path: &str) -> Result<VideoEncoding, ApiError> {
        let settings = &self.codec_settings.h264_settings;
        let path_of_settings = format!("{path}.codecSettings.h264Settings");
        let settings = settings
            .as_ref()
            .ok_or_else(|| invalid(&path_of_settings, "is required for H_264"))?;
        Ok(VideoEncoding {
            sizing: self.sizing(path)?,
            color: self.color(),
            deinterlace: self.deinterlace(),
            ..settings.video(&path_of_settings)?
        })
    }

    fn frame_capture(&self, path: &str) -> Result<ThumbnailEncoding, ApiError> {
        let path_of_settings = format!("{path}.codecSettings.frameCaptureSettings");
        let settings = self.codec_settings.frame_capture_settings.as_ref();
        let settings = settings.ok_or_else(|| invalid(&path_of_settings, "is required for FRAME_CAPTURE"))?;
        let rate = [
            settings.framerate_numerator.unwrap_or(1),
            settings.framerate_denominator.unwrap_or(1),
        ];
        Ok(ThumbnailEncoding {
            format: ImageFormat::Jpg(settings.quality.unwrap_or(80)),
            interval: f64::from(rate[1]) / f64::from(rate[0]),
            max_count: settings.max_captures,
            sizing: self.sizing(path)?,
            color: self.color(),
            deinterlace: self.deinterlace(),
        })
    }

    /// Interlaced frames do not change unless the job requests the deinterlacer.
    fn deinterlace(&self) -> bool {
        self.video_preprocessors.deinterlacer.is_some()
    }

    fn color(&self) -> ColorConversion {
        let corrector = &self.video_preprocessors.color_corrector;
        ColorConversion {
            rec709: corrector.color_space_conversion == ColorSpaceConversion::Rec709,
            limited_range: corrector.sample_range_conversion == SampleRangeConversion::LimitedRangeSqueeze,
        }
    }

    /// Without width and height the picture keeps the input's size.
    fn sizing(&self, path: &str) -> Result<Sizing, ApiError> {
        let (max_width, max_height) = match (self.width, self.height) {
            (Some(width), Some(height)) => (width, height),
            (None, None) => {
                return Ok(AS_IT_IS);
            }
            _ => return Err(invalid(path, "specify both width and height, or neither")),
        };
        for (name, side) in [("width", max_width), ("height", max_height)] {
            if side % 2 == 1 {
                let problem = format!("{side} is not even");
                return Err(invalid(&format!("{path}.{name}"), problem));
            }
        }
        let (policy, padding) = match self.scaling_behavior {
            ScalingBehavior::Default => (SizingPolicy::Fit, PaddingPolicy::Pad),
            ScalingBehavior::Fit => (SizingPolicy::Fit, PaddingPolicy::NoPad),
            ScalingBehavior::FitNoUpscale => (SizingPolicy::ShrinkToFit, PaddingPolicy::NoPad),
            ScalingBehavior::Fill => (SizingPolicy::Fill, PaddingPolicy::NoPad),
            ScalingBehavior::StretchToOutput => (SizingPolicy::Stretch, PaddingPolicy::NoPad),
        };
        Ok(Sizing {
            max_width,
            max_height,
            policy,
            padding,
        })
    }
}

impl H264Settings {
    /// All but the sizing.
    fn video(&self, path: &str) -> Result<VideoEncoding, ApiError> {
        let frame_rate = self.frame_rate(path)?;
        let (rate, max_bit_rate) = self.rate(path)?;
        Ok(VideoEncoding {
            profile: match self.codec_profile {
                CodecProfile::Baseline => Profile::Baseline,
                CodecProfile::Main => Profile::Main,
                CodecProfile::High => Profile::High,
            },
            level: self.level(path)?,
            max_reference_frames: self.number_reference_frames.unwrap_or(3),
            keyframes_max_dist: self.key_frames(path, frame_rate)?,
            fixed_gop: self.scene_change_detect == SceneChangeDetect::Disabled,
            rate,
            max_bit_rate,
            buffer_size: self.hrd_buffer_size,
            frame_rate,
            sizing: AS_IT_IS,
            color: ColorConversion::NONE,
            deinterlace: false,
        })
    }

    fn rate(&self, path: &str) -> Result<(RateControl, Option<u32>), ApiError> {
        let required = |name: &str, value: Option<u32>, mode: &str| {
            let missing = || invalid(&format!("{path}.{name}"), format!("is required for {mode}"));
            value.ok_or_else(missing)
        };
        Ok(match self.rate_control_mode {
            RateControlMode::Cbr => {
                let bits = required("bitrate", self.bitrate, "CBR")?;
                (RateControl::Average(bits), Some(bits))
            }
            RateControlMode::Vbr => {
                let bits = required("bitrate", self.bitrate, "VBR")?;
                let most = required("maxBitrate", self.max_bitrate, "VBR")?;
                (RateControl::Average(bits), Some(most))
            }
            RateControlMode::Qvbr => {
                let level = self.qvbr_settings.qvbr_quality_level.unwrap_or(7);
                let most = required("maxBitrate", self.max_bitrate, "QVBR")?;
                if self.quality_tuning_level == Some(QualityTuningLevel::SinglePass) {
                    let problem = "QVBR needs SINGLE_PASS_HQ or MULTI_PASS_HQ";
                    return Err(invalid(&format!("{path}.qualityTuningLevel"), problem));
                }
                // 10 looks like the original, 7 like libx264's default.
                (RateControl::Quality(37 - 2 * level), Some(most))
            }
        })
    }

    fn level(&self, path: &str) -> Result<Option<Level>, ApiError> {
        let name = match self.codec_level.as_deref() {
            None | Some("AUTO") => return Ok(None),
            Some(name) => name,
        };
        let level = name
            .strip_prefix("LEVEL_")
            .and_then(|level| Level::find(&level.replace('_', ".")));
        match level {
            Some(level) => Ok(Some(level)),
            None => Err(invalid(
                &format!("{path}.codecLevel"),
                format!("'{name}' is not AUTO or LEVEL_1 to LEVEL_5_2"),
            )),
        }
    }

    fn frame_rate(&self, path: &str) -> Result<FrameRate, ApiError> {
        if self.framerate_control == FramerateControl::InitializeFromSource {
            let max = FrameRatio {
                frames: 120,
                seconds: 1,
            };
            return Ok(FrameRate::Auto { max });
        }
        match (self.framerate_numerator, self.framerate_denominator) {
            (Some(frames @ 1..), Some(seconds @ 1..)) => Ok(FrameRate::Fixed(FrameRatio { frames, seconds })),
            _ => {
                let problem = "SPECIFIED needs framerateNumerator and framerateDenominator";
                Err(invalid(&format!("{path}.framerateControl"), problem))
            }
        }
    }

    /// Frames from one key frame to the next; three seconds by default.
    fn key_frames(&self, path: &str, rate: FrameRate) -> Result<u32, ApiError> {
        let per_second = match rate {
            FrameRate::Fixed(rate) => rate.per_second(),
            FrameRate::Auto { .. } => 30.0,
        };
        let frames = match (self.gop_size_units, self.gop_size) {
            (GopSizeUnits::Frames, Some(frames)) => frames,
            (GopSizeUnits::Seconds, Some(seconds)) => seconds * per_second,
            (GopSizeUnits::Auto, None) => 3.0 * per_second,
            (GopSizeUnits::Auto, Some(_)) => {
                let problem = "needs gopSizeUnits FRAMES or SECONDS";
                return Err(invalid(&format!("{path}.gopSize"), problem));
            }
            (_, None) => {
                return Err(invalid(
                    &format!("{path}.gopSize"),
                    "is required with gopSizeUnits",
                ));
            }
        };
        match frames.round() {
            frames if (1.0..=100_000.0).contains(&frames) => Ok(frames as u32),
            frames => Err(invalid(
                &format!("{path}.gopSize"),
                format!("{frames} frames are not from 1 to 100000"),
            )),
        }
    }
}

impl AudioDescription {
    fn aac(&self, path: &str, input: &InputSettings) -> Result<AudioEncoding, ApiError> {
        let unknown = self
            .audio_source_name
            .as_ref()
            .filter(|name| !input.audio_selectors.contains_key(*name));
        if let Some(name) = unknown {
            let problem = format!("the input has no audio selector '{name}'");
            return Err(invalid(&format!("{path}.audioSourceName"), problem));
        }
        let settings = &self.codec_settings.aac_settings;
        Ok(AudioEncoding {
            bit_rate: settings.bitrate,
            sample_rate: Some(settings.sample_rate),
            channels: Some(match settings.coding_mode {
                CodingMode::Mono => 1,
                CodingMode::Stereo => 2,
            }),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::media_convert::example::settings;

    #[test]
    fn web_with_a_poster() {
        insta::assert_debug_snapshot!(read(&settings()).unwrap());
    }

    #[test]
    fn qvbr_and_gop_in_seconds_are_translated() {
        let mut settings = settings();
        let video = &mut settings["outputGroups"][0]["outputs"][0]["videoDescription"];
        video["codecSettings"]["h264Settings"] = json!({
            "rateControlMode": "QVBR", "maxBitrate": 2_200_000, "qvbrSettings": { "qvbrQualityLevel": 8 },
            "gopSize": 2.5, "gopSizeUnits": "SECONDS", "sceneChangeDetect": "DISABLED", "codecLevel": "AUTO",
        });
        let outputs = read(&settings).unwrap().outputs;
        let Some(VideoOutput {
            encoding: Encoding::Mp4 {
                video: Some(video), ..
            },
            ..
        }) = &outputs[0].video
        else {
            panic!("{outputs:?}")
        };
        assert_eq!(
            (video.rate, video.max_bit_rate),
            (RateControl::Quality(21), Some(2_200_000))
        );
        assert_eq!(
            (video.keyframes_max_dist, video.fixed_gop, video.level),
            (75, true, None)
        );
    }

    #[test]
    fn end_timecode_requires_zero_based_timecodes() {
        let mut settings = settings();
        settings["inputs"][0]["inputClippings"] = json!([{ "endTimecode": "03:00:00:14" }]);
        let clip = read(&settings).unwrap().clip;
        assert_eq!(
            clip,
            Some(Clip::Timecode {
                seconds: 10_800,
                frame: 14
            })
        );
        settings["inputs"][0]["timecodeSource"] = json!("EMBEDDED");
        let refused = read(&settings).unwrap_err().to_string();
        assert!(refused.contains("timecodeSource"), "{refused}");
    }

    #[test]
    fn each_scaling_behavior_has_its_policy() {
        let sizing = |behavior: Value| {
            let mut settings = settings();
            settings["outputGroups"][0]["outputs"][1]["videoDescription"]["scalingBehavior"] = behavior;
            let outputs = read(&settings).unwrap().outputs;
            let sizing = outputs[1].thumbnails.as_ref().unwrap().encoding.sizing;
            (sizing.policy, sizing.padding)
        };
        let (pad, no_pad) = (PaddingPolicy::Pad, PaddingPolicy::NoPad);
        assert_eq!(sizing(json!("DEFAULT")), (SizingPolicy::Fit, pad));
        assert_eq!(sizing(json!("FIT")), (SizingPolicy::Fit, no_pad));
        assert_eq!(
            sizing(json!("FIT_NO_UPSCALE")),
            (SizingPolicy::ShrinkToFit, no_pad)
        );
        assert_eq!(sizing(json!("FILL")), (SizingPolicy::Fill, no_pad));
        assert_eq!(
            sizing(json!("STRETCH_TO_OUTPUT")),
            (SizingPolicy::Stretch, no_pad)
        );
    }

    #[test]
    fn interlaced_input_stays_interlaced_without_the_deinterlacer() {
        let mut settings = settings();
        for output in settings["outputGroups"][0]["outputs"].as_array_mut().unwrap() {
            output["videoDescription"]["videoPreprocessors"]["deinterlacer"] = Value::Null;
        }
        let outputs = read(&settings).unwrap().outputs;
        assert!(!outputs[1].thumbnails.as_ref().unwrap().encoding.deinterlace);
        let Some(Encoding::Mp4 {
            video: Some(video), ..
        }) = outputs[0].video.as_ref().map(|video| &video.encoding)
        else {
            panic!("{outputs:?}")
        };
        assert!(!video.deinterlace);
    }

    #[test]
    fn destination_folder_takes_the_name_of_the_input() {
        let mut settings = settings();
        settings["outputGroups"][0]["outputGroupSettings"]["fileGroupSettings"]["destination"] =
            json!("s3://out/a/");
        let outputs = read(&settings).unwrap().outputs;
        assert_eq!(outputs[0].video.as_ref().unwrap().to.key, "a/a b+ç.v1-web.mp4");
    }

    #[test]
    fn unsupported_settings_are_named() {
        let output = "/outputGroups/0/outputs/0";
        let h264 = "/outputGroups/0/outputs/0/videoDescription/codecSettings/h264Settings";
        let mut seen = Vec::new();
        for (place, name, value) in [
            ("", "inputs", json!([])),
            ("/inputs/0", "fileInput", json!("https://example.com/a.mp4")),
            ("/inputs/0", "crop", json!({ "width": 2 })),
            ("/inputs/0/videoSelector", "rotate", json!("SIDEWAYS")),
            (
                "/outputGroups/0/outputGroupSettings",
                "type",
                json!("HLS_GROUP_SETTINGS"),
            ),
            (
                "/outputGroups/0/outputGroupSettings/fileGroupSettings",
                "destination",
                json!("renditions/a"),
            ),
            (
                "/outputGroups/0/outputGroupSettings/fileGroupSettings",
                "destination",
                json!("s3://out/$dt$"),
            ),
            (output, "nameModifier", json!("-poster")),
            (output, "captionDescriptions", json!([{}])),
            (
                "/outputGroups/0/outputs/0/containerSettings",
                "container",
                json!("MOV"),
            ),
            (
                "/outputGroups/0/outputs/0/containerSettings",
                "container",
                json!("RAW"),
            ),
            ("/outputGroups/0/outputs/0/videoDescription", "width", json!(1281)),
            (
                "/outputGroups/0/outputs/0/videoDescription",
                "height",
                Value::Null,
            ),
            (
                "/outputGroups/0/outputs/0/videoDescription",
                "scalingBehavior",
                json!("SMART_CROP"),
            ),
            (
                "/outputGroups/0/outputs/0/videoDescription/codecSettings",
                "codec",
                json!("H_265"),
            ),
            (h264, "maxBitrate", Value::Null),
            (h264, "qualityTuningLevel", json!("SINGLE_PASS")),
            (h264, "rateControlMode", json!("CBR")),
            (
                "/inputs/0",
                "inputClippings",
                json!([{ "startTimecode": "00:00:01:00" }]),
            ),
            (
                "/inputs/0",
                "inputClippings",
                json!([{ "endTimecode": "00:00:61:00" }]),
            ),
            (
                "/outputGroups/0/outputs/0/videoDescription/videoPreprocessors/colorCorrector",
                "colorSpaceConversion",
                json!("FORCE_HDR10"),
            ),
            (h264, "codecLevel", json!("LEVEL_9")),
            (h264, "framerateDenominator", Value::Null),
            (h264, "gopSizeUnits", Value::Null),
            (h264, "interlaceMode", json!("TOP_FIELD")),
            (
                "/outputGroups/0/outputs/0/audioDescriptions/0",
                "audioSourceName",
                json!("Audio Selector 9"),
            ),
            (
                "/outputGroups/0/outputs/0/audioDescriptions/0/codecSettings",
                "codec",
                json!("MP3"),
            ),
            (
                "/outputGroups/0/outputs/0/audioDescriptions/0/codecSettings/aacSettings",
                "codecProfile",
                json!("HEV1"),
            ),
            (
                "/outputGroups/0",
                "outputs",
                json!([settings()["outputGroups"][0]["outputs"][1]]),
            ),
        ] {
            let mut settings = settings();
            settings.pointer_mut(place).unwrap()[name] = value;
            seen.push(read(&settings).unwrap_err().to_string());
        }
        insta::assert_snapshot!(seen.join("\n"));
    }
}
