//! The supported settings of a job.
//!
//! Any other setting would have no effect, so it is rejected by name. Settings of the type `Hint` only tune the
//! service's encoder, and are ignored.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

pub type Hint = Option<IgnoredAny>;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TranscodeSettings {
    #[serde(default)]
    pub inputs: Vec<InputSettings>,
    #[serde(default)]
    pub output_groups: Vec<OutputGroup>,
    #[serde(rename = "timecodeConfig")]
    _timecode_config: Hint,
    #[serde(rename = "adAvailOffset")]
    _ad_avail_offset: Option<Just<0>>,
    #[serde(rename = "followSource")]
    _follow_source: Option<Just<1>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InputSettings {
    pub file_input: Option<String>,
    #[serde(default)]
    pub video_selector: VideoSelector,
    #[serde(default)]
    pub audio_selectors: BTreeMap<String, AudioSelector>,
    #[serde(default)]
    pub input_clippings: Vec<InputClipping>,
    #[serde(default)]
    pub timecode_source: TimecodeSource,
    #[serde(rename = "inputScanType")]
    _input_scan_type: Option<Automatic>,
    #[serde(rename = "filterEnable")]
    _filter_enable: Option<Automatic>,
    #[serde(rename = "deblockFilter")]
    _deblock_filter: Option<Disabled>,
    #[serde(rename = "denoiseFilter")]
    _denoise_filter: Option<Disabled>,
    #[serde(rename = "psiControl")]
    _psi_control: Hint,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct InputClipping {
    pub end_timecode: Option<String>,
}

/// The timecode source: how the frames of an input are counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TimecodeSource {
    #[default]
    Embedded,
    ZeroBased,
    SpecifiedStart,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VideoSelector {
    pub rotate: Option<InputRotate>,
    #[serde(rename = "colorSpace")]
    _color_space: Option<Follow>,
    #[serde(rename = "sampleRange")]
    _sample_range: Option<Follow>,
}

#[derive(Debug, Deserialize)]
pub enum InputRotate {
    #[serde(rename = "AUTO")]
    Auto,
    #[serde(rename = "DEGREE_0")]
    None,
    #[serde(rename = "DEGREES_90")]
    Right,
    #[serde(rename = "DEGREES_180")]
    Over,
    #[serde(rename = "DEGREES_270")]
    Left,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AudioSelector {
    #[serde(rename = "defaultSelection")]
    _default_selection: Hint,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OutputGroup {
    pub output_group_settings: OutputGroupSettings,
    #[serde(default)]
    pub outputs: Vec<OutputSettings>,
    #[serde(rename = "name")]
    _name: Hint,
    #[serde(rename = "customName")]
    _custom_name: Hint,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OutputGroupSettings {
    #[serde(rename = "type")]
    _kind: FileGroup,
    pub file_group_settings: FileGroupSettings,
}

#[derive(Debug, Deserialize)]
pub enum FileGroup {
    #[serde(rename = "FILE_GROUP_SETTINGS")]
    File,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileGroupSettings {
    pub destination: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OutputSettings {
    pub container_settings: ContainerSettings,
    #[serde(default)]
    pub name_modifier: String,
    pub extension: Option<String>,
    pub video_description: Option<VideoDescription>,
    #[serde(default)]
    pub audio_descriptions: Vec<AudioDescription>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContainerSettings {
    pub container: Container,
    #[serde(rename = "mp4Settings")]
    _mp4_settings: Option<Mp4Settings>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Container {
    Mp4,
    Raw,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Mp4Settings {
    #[serde(rename = "moovPlacement")]
    _moov_placement: Option<Progressive>,
    #[serde(rename = "cslgAtom")]
    _cslg_atom: Hint,
    #[serde(rename = "freeSpaceBox")]
    _free_space_box: Hint,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VideoDescription {
    pub width: Option<u32>,
    pub height: Option<u32>,
    #[serde(default)]
    pub scaling_behavior: ScalingBehavior,
    pub codec_settings: VideoCodecSettings,
    #[serde(default)]
    pub video_preprocessors: VideoPreprocessors,
    #[serde(rename = "antiAlias")]
    _anti_alias: Hint,
    #[serde(rename = "sharpness")]
    _sharpness: Hint,
    #[serde(rename = "timecodeInsertion")]
    _timecode_insertion: Option<Disabled>,
    #[serde(rename = "colorMetadata")]
    _color_metadata: Hint,
    #[serde(rename = "respondToAfd")]
    _respond_to_afd: Option<Absent>,
    #[serde(rename = "afdSignaling")]
    _afd_signaling: Option<Absent>,
    #[serde(rename = "dropFrameTimecode")]
    _drop_frame_timecode: Hint,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct VideoPreprocessors {
    pub color_corrector: ColorCorrector,
    pub deinterlacer: Option<Deinterlacer>,
}

/// The supported mode and control; the algorithm is a hint.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Deinterlacer {
    #[serde(rename = "mode")]
    _mode: Option<Deinterlace>,
    #[serde(rename = "control")]
    _control: Option<Normal>,
    #[serde(rename = "algorithm")]
    _algorithm: Hint,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ColorCorrector {
    pub color_space_conversion: ColorSpaceConversion,
    pub sample_range_conversion: SampleRangeConversion,
    /// One curve approximates both curves of the service.
    #[serde(rename = "hdrToSdrToneMapper")]
    _hdr_to_sdr_tone_mapper: Option<ToneMapper>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum ColorSpaceConversion {
    #[default]
    #[serde(rename = "NONE")]
    None,
    #[serde(rename = "FORCE_709")]
    Rec709,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SampleRangeConversion {
    #[default]
    None,
    LimitedRangeSqueeze,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ToneMapper {
    PreserveDetails,
    Vibrant,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ScalingBehavior {
    #[default]
    Default,
    Fit,
    FitNoUpscale,
    Fill,
    StretchToOutput,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VideoCodecSettings {
    pub codec: VideoCodec,
    pub h264_settings: Option<H264Settings>,
    pub frame_capture_settings: Option<FrameCaptureSettings>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum VideoCodec {
    #[serde(rename = "H_264")]
    H264,
    #[serde(rename = "FRAME_CAPTURE")]
    FrameCapture,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct H264Settings {
    pub bitrate: Option<u32>,
    pub max_bitrate: Option<u32>,
    pub hrd_buffer_size: Option<u32>,
    pub rate_control_mode: RateControlMode,
    pub qvbr_settings: QvbrSettings,
    pub quality_tuning_level: Option<QualityTuningLevel>,
    pub codec_profile: CodecProfile,
    pub codec_level: Option<String>,
    pub framerate_control: FramerateControl,
    pub framerate_numerator: Option<u32>,
    pub framerate_denominator: Option<u32>,
    pub number_reference_frames: Option<u8>,
    pub gop_size: Option<f64>,
    pub gop_size_units: GopSizeUnits,
    pub scene_change_detect: SceneChangeDetect,
    #[serde(rename = "interlaceMode")]
    _interlace_mode: Option<NotInterlaced>,
    #[serde(rename = "parControl")]
    _par_control: Hint,
    #[serde(rename = "parNumerator")]
    _par_numerator: Option<Just<1>>,
    #[serde(rename = "parDenominator")]
    _par_denominator: Option<Just<1>>,
    #[serde(rename = "framerateConversionAlgorithm")]
    _framerate_conversion_algorithm: Option<DuplicateDrop>,
    #[serde(rename = "adaptiveQuantization")]
    _adaptive_quantization: Hint,
    #[serde(rename = "spatialAdaptiveQuantization")]
    _spatial_adaptive_quantization: Hint,
    #[serde(rename = "temporalAdaptiveQuantization")]
    _temporal_adaptive_quantization: Hint,
    #[serde(rename = "flickerAdaptiveQuantization")]
    _flicker_adaptive_quantization: Hint,
    #[serde(rename = "entropyEncoding")]
    _entropy_encoding: Hint,
    #[serde(rename = "numberBFramesBetweenReferenceFrames")]
    _number_b_frames_between_reference_frames: Hint,
    #[serde(rename = "gopBReference")]
    _gop_b_reference: Hint,
    #[serde(rename = "gopClosedCadence")]
    _gop_closed_cadence: Hint,
    #[serde(rename = "dynamicSubGop")]
    _dynamic_sub_gop: Hint,
    #[serde(rename = "minIInterval")]
    _min_i_interval: Hint,
    #[serde(rename = "slices")]
    _slices: Hint,
    #[serde(rename = "softness")]
    _softness: Hint,
    #[serde(rename = "syntax")]
    _syntax: Hint,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RateControlMode {
    #[default]
    Cbr,
    Vbr,
    Qvbr,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum QualityTuningLevel {
    SinglePass,
    SinglePassHq,
    MultiPassHq,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct QvbrSettings {
    pub qvbr_quality_level: Option<u8>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum CodecProfile {
    Baseline,
    #[default]
    Main,
    High,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FramerateControl {
    #[default]
    InitializeFromSource,
    Specified,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum GopSizeUnits {
    #[default]
    Auto,
    Frames,
    Seconds,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SceneChangeDetect {
    #[default]
    Enabled,
    TransitionDetection,
    Disabled,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct FrameCaptureSettings {
    pub framerate_numerator: Option<u32>,
    pub framerate_denominator: Option<u32>,
    pub max_captures: Option<u32>,
    pub quality: Option<u8>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AudioDescription {
    pub audio_source_name: Option<String>,
    pub codec_settings: AudioCodecSettings,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AudioCodecSettings {
    #[serde(rename = "codec")]
    _codec: Aac,
    pub aac_settings: AacSettings,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AacSettings {
    pub bitrate: u32,
    pub sample_rate: u32,
    pub coding_mode: CodingMode,
    #[serde(rename = "codecProfile")]
    _codec_profile: Option<LowComplexity>,
    #[serde(rename = "rateControlMode")]
    _rate_control_mode: Option<Constant>,
    #[serde(rename = "rawFormat")]
    _raw_format: Option<Absent>,
    #[serde(rename = "specification")]
    _specification: Option<Mpeg4>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub enum CodingMode {
    #[serde(rename = "CODING_MODE_1_0")]
    Mono,
    #[serde(rename = "CODING_MODE_2_0")]
    Stereo,
}

/// Settings with one supported value, which is the default behavior.
macro_rules! only {
    ($($name:ident = $value:literal),* $(,)?) => {
        $(#[derive(Debug, Deserialize)]
        pub enum $name {
            #[serde(rename = $value)]
            Served,
        })*
    };
}

only! {
    Aac = "AAC",
    Absent = "NONE",
    Automatic = "AUTO",
    Constant = "CBR",
    Deinterlace = "DEINTERLACE",
    Disabled = "DISABLED",
    DuplicateDrop = "DUPLICATE_DROP",
    Follow = "FOLLOW",
    LowComplexity = "LC",
    Mpeg4 = "MPEG4",
    Normal = "NORMAL",
    NotInterlaced = "PROGRESSIVE",
    Progressive = "PROGRESSIVE_DOWNLOAD",
}

/// A setting that accepts only this number.
#[derive(Debug, Deserialize)]
#[serde(try_from = "i64")]
pub struct Just<const NUMBER: i64>;

impl<const NUMBER: i64> TryFrom<i64> for Just<NUMBER> {
    type Error = String;

    fn try_from(number: i64) -> Result<Self, Self::Error> {
        (number == NUMBER)
            .then_some(Self)
            .ok_or_else(|| format!("{number} is not supported here, only {NUMBER}"))
    }
}
