//! MediaConvert's client and its jobs.

use aws_sdk_mediaconvert::Client;
use aws_sdk_mediaconvert::config::retry::RetryConfig;
use aws_sdk_mediaconvert::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_mediaconvert::operation::create_job::builders::CreateJobFluentBuilder;
use aws_sdk_mediaconvert::types::{
    AacCodecProfile, AacCodingMode, AacSettings, AudioCodec, AudioCodecSettings, AudioDefaultSelection,
    AudioDescription, AudioSelector, ColorCorrector, ColorSpaceConversion, ContainerSettings, ContainerType,
    DeinterlaceAlgorithm, Deinterlacer, DeinterlacerControl, DeinterlacerMode, FileGroupSettings,
    FrameCaptureSettings, H264CodecLevel, H264CodecProfile, H264FramerateControl, H264GopSizeUnits,
    H264ParControl, H264QualityTuningLevel, H264QvbrSettings, H264RateControlMode, H264Settings,
    HdrToSdrToneMapper, Input, InputRotate, InputTimecodeSource, Job, JobSettings, Mp4Settings, Output,
    OutputGroup, OutputGroupSettings, OutputGroupType, SampleRangeConversion, ScalingBehavior,
    TimecodeConfig, TimecodeSource, VideoCodec, VideoCodecSettings, VideoDescription, VideoPreprocessor,
    VideoSelector,
};

const ROLE: &str = "arn:aws:iam::000000000000:role/transcoder";

/// Returns a client without retries.
pub fn client(url: &str) -> Client {
    let config = aws_sdk_mediaconvert::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .endpoint_url(url)
        .retry_config(RetryConfig::disabled())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("k", "s", None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    Client::from_conf(config.build())
}

fn input(location: &str) -> Input {
    let sound = AudioSelector::builder().default_selection(AudioDefaultSelection::Default);
    Input::builder()
        .file_input(location)
        .timecode_source(InputTimecodeSource::Zerobased)
        .video_selector(VideoSelector::builder().rotate(InputRotate::Auto).build())
        .audio_selectors("Audio Selector 1", sound.build())
        .build()
}

fn web() -> Output {
    let h264 = H264Settings::builder()
        .rate_control_mode(H264RateControlMode::Qvbr)
        .max_bitrate(2_200_000)
        .qvbr_settings(H264QvbrSettings::builder().qvbr_quality_level(7).build())
        .quality_tuning_level(H264QualityTuningLevel::SinglePassHq)
        .par_control(H264ParControl::Specified)
        .par_numerator(1)
        .par_denominator(1)
        .codec_profile(H264CodecProfile::Main)
        .codec_level(H264CodecLevel::Level31)
        .framerate_control(H264FramerateControl::Specified)
        .framerate_numerator(30)
        .framerate_denominator(1)
        .number_reference_frames(3)
        .gop_size(90.0)
        .gop_size_units(H264GopSizeUnits::Frames);
    let codec = VideoCodecSettings::builder()
        .codec(VideoCodec::H264)
        .h264_settings(h264.build());
    let aac = AacSettings::builder()
        .bitrate(160_000)
        .sample_rate(44_100)
        .codec_profile(AacCodecProfile::Lc)
        .coding_mode(AacCodingMode::CodingMode20);
    let sound = AudioCodecSettings::builder()
        .codec(AudioCodec::Aac)
        .aac_settings(aac.build());
    let sound = AudioDescription::builder()
        .audio_source_name("Audio Selector 1")
        .codec_settings(sound.build());
    Output::builder()
        .container_settings(
            ContainerSettings::builder()
                .container(ContainerType::Mp4)
                .mp4_settings(Mp4Settings::builder().build())
                .build(),
        )
        .video_description(within(1280, codec.build()))
        .audio_descriptions(sound.build())
        .build()
}

fn poster() -> Output {
    let thumbnails = FrameCaptureSettings::builder()
        .framerate_numerator(1)
        .framerate_denominator(1)
        .max_captures(2)
        .quality(80);
    let codec = VideoCodecSettings::builder()
        .codec(VideoCodec::FrameCapture)
        .frame_capture_settings(thumbnails.build());
    Output::builder()
        .container_settings(ContainerSettings::builder().container(ContainerType::Raw).build())
        .name_modifier("-poster")
        .video_description(within(640, codec.build()))
        .build()
}

/// Returns a video within a square: progressive, in BT.709 with a standard dynamic range and limited range.
fn within(side: i32, codec: VideoCodecSettings) -> VideoDescription {
    let color = ColorCorrector::builder()
        .color_space_conversion(ColorSpaceConversion::Force709)
        .sample_range_conversion(SampleRangeConversion::LimitedRangeSqueeze)
        .hdr_to_sdr_tone_mapper(HdrToSdrToneMapper::PreserveDetails);
    let deinterlacer = Deinterlacer::builder()
        .algorithm(DeinterlaceAlgorithm::Interpolate)
        .mode(DeinterlacerMode::Deinterlace)
        .control(DeinterlacerControl::Normal);
    VideoDescription::builder()
        .width(side)
        .height(side)
        .video_preprocessors(
            VideoPreprocessor::builder()
                .color_corrector(color.build())
                .deinterlacer(deinterlacer.build())
                .build(),
        )
        .scaling_behavior(ScalingBehavior::FitNoUpscale)
        .codec_settings(codec)
        .build()
}

fn group(destination: &str, output: Output) -> OutputGroup {
    let settings = OutputGroupSettings::builder()
        .r#type(OutputGroupType::FileGroupSettings)
        .file_group_settings(FileGroupSettings::builder().destination(destination).build());
    OutputGroup::builder()
        .output_group_settings(settings.build())
        .outputs(output)
        .build()
}

/// Returns settings of a video for the web and a poster in its own group, so that the video's name needs no modifier.
pub fn create(client: &Client, input_location: &str) -> CreateJobFluentBuilder {
    let destination = "s3://renditions/output/web/demo/0/hash/take-1";
    let settings = JobSettings::builder()
        .timecode_config(
            TimecodeConfig::builder()
                .source(TimecodeSource::Zerobased)
                .build(),
        )
        .inputs(input(input_location))
        .output_groups(group(destination, web()))
        .output_groups(group(destination, poster()));
    client
        .create_job()
        .role(ROLE)
        .settings(settings.build())
        .user_metadata("take", "0")
}

pub async fn started(create: CreateJobFluentBuilder) -> Job {
    create.send().await.unwrap().job.unwrap()
}

pub async fn get(client: &Client, id: &str) -> Job {
    client.get_job().id(id).send().await.unwrap().job.unwrap()
}
