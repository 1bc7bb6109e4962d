use aws::{AwsError, timeouts};
use aws_sdk_mediaconvert::Client;
use aws_sdk_mediaconvert::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_mediaconvert::operation::create_job::builders::CreateJobInputBuilder;
use aws_sdk_mediaconvert::types::{
    AacCodecProfile, AacCodingMode, AacSettings, AudioCodec, AudioCodecSettings, AudioDefaultSelection,
    AudioDescription, AudioSelector, ColorCorrector, ColorSpace, ColorSpaceConversion, ContainerSettings,
    ContainerType, DeinterlaceAlgorithm, Deinterlacer, DeinterlacerControl, DeinterlacerMode,
    FileGroupSettings, FrameCaptureSettings, H264CodecLevel, H264CodecProfile, H264FramerateControl,
    H264GopSizeUnits, H264ParControl, H264QualityTuningLevel, H264QvbrSettings, H264RateControlMode,
    H264Settings, HdrToSdrToneMapper, Input, InputClipping, InputRotate, InputSampleRange,
    InputTimecodeSource, Job, JobSettings, JobStatus, Mp4Settings, Output, OutputGroup, OutputGroupSettings,
    OutputGroupType, ProbeInputFile, ProbeResult, SampleRangeConversion, ScalingBehavior, Track, VideoCodec,
    VideoCodecSettings, VideoDescription, VideoPreprocessor, VideoProperties, VideoSelector,
};
use model::preset::WEB;
use model::transcode::{JobRequest, JobState};
use model::{Failure, Rendition};

use super::Transcoder;

/// What MediaConvert adds to a poster's name, and to a captured frame's.
const POSTER_MODIFIER: &str = "-poster";
/// Captures are numbered from zero (API reference, FrameCaptureSettings): of the first frame, and of one a second later.
const CAPTURE_AT_START: &str = ".0000000.jpg";
const CAPTURE_AT_SECOND: &str = ".0000001.jpg";

/// Milliseconds of a video that surely has the second capture.
const SURELY_TWO_CAPTURES: u64 = 2000;

const SOUND: &str = "Audio Selector 1";

/// "The quality level for most broadcast-quality transcodes is between 6 and 9" (API reference, H264QvbrSettings).
const QUALITY: i32 = 7;

/// A queue of MediaConvert.
#[derive(Clone)]
pub struct MediaConvert {
    client: Client,
    config: MediaConvertConfig,
}

/// Where a job runs, and from where to where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaConvertConfig {
    /// The queue's ARN.
    pub queue_arn: String,
    /// The ARN of the role by which it reads and writes.
    pub role_arn: String,
    /// Where sources are.
    pub uploads_bucket: String,
    /// Where renditions go.
    pub renditions_bucket: String,
    /// How many seconds of a source are transcoded, at most 86399.
    pub max_seconds: u32,
}

/// What is known of a source before its job.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Source {
    /// Seconds.
    duration: Option<f64>,
    /// Width and height in square pixels, as stored: the picture may be turned.
    size: Option<(u32, u32)>,
}

impl MediaConvert {
    /// The queue that the settings name.
    pub fn new(client: Client, config: MediaConvertConfig) -> Self {
        Self { client, config }
    }

    async fn read(&self, job_id: &str) -> Result<Option<Job>, AwsError> {
        match self.client.get_job().id(job_id).send().await {
            Ok(answer) => Ok(answer.job),
            Err(error) if is_unknown(&error) => Ok(None),
            Err(error) => Err(AwsError::new("GetJob", error)),
        }
    }

    /// Requests the cancellation of a job. Returns whether the service accepts it; it does not know a job that is gone.
    async fn cancel(&self, job_id: &str) -> Result<bool, AwsError> {
        match self.client.cancel_job().id(job_id).send().await {
            Ok(_) => Ok(true),
            Err(error) if is_unknown(&error) => Ok(true),
            // It has ended, or is about to.
            Err(error) if matches!(error.code(), Some("ConflictException" | "BadRequestException")) => {
                Ok(false)
            }
            Err(error) => Err(AwsError::new("CancelJob", error)),
        }
    }

    /// Returns whether a job has ended, or is unknown.
    async fn is_over(&self, job_id: &str) -> Result<bool, AwsError> {
        let status = self.read(job_id).await?.and_then(|job| job.status);
        Ok(!matches!(
            status,
            Some(JobStatus::Submitted | JobStatus::Progressing)
        ))
    }

    /// What the service finds out about a source; nothing where it cannot read the file: the job will say why.
    async fn probe(&self, location: &str) -> Result<Source, AwsError> {
        let config = aws_sdk_mediaconvert::Config::builder().timeout_config(timeouts::probe());
        let file = ProbeInputFile::builder().file_url(location).build();
        let probe = self.client.probe().input_files(file);
        match probe.customize().config_override(config).send().await {
            Ok(answer) => Ok(answer.probe_results().first().map(Source::of).unwrap_or_default()),
            Err(error) if is_about_the_file(&error) => Ok(Source::default()),
            Err(error) => Err(AwsError::new("Probe", error)),
        }
    }
}

/// Whether Probe says that it cannot read the file, rather than that it may not be asked.
fn is_about_the_file<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    matches!(
        error.code(),
        Some(
            "BadRequestException"
                | "UnprocessableEntityException"
                | "NotFoundException"
                | "ConflictException"
        )
    )
}

impl Source {
    fn of(result: &ProbeResult) -> Self {
        let Some(container) = result.container() else {
            return Self::default();
        };
        let videos = container.tracks().iter().filter_map(Track::video_properties);
        let longest = container.tracks().iter().filter_map(Track::duration);
        Self {
            duration: container.duration().or(longest.reduce(f64::max)),
            size: videos.map(square_pixels).next().flatten(),
        }
    }
}

/// A video's size in square pixels; they make it wider or, where pixels are taller than wide, narrower.
fn square_pixels(video: &VideoProperties) -> Option<(u32, u32)> {
    let width = u32::try_from(video.width()?).ok().filter(|width| *width > 0)?;
    let height = u32::try_from(video.height()?).ok().filter(|height| *height > 0)?;
    let aspect = video.sample_aspect_ratio();
    let part = |part: Option<i32>| {
        part.and_then(|part| u64::try_from(part).ok())
            .filter(|part| *part > 0)
    };
    let across = aspect.and_then(|aspect| part(aspect.numerator())).unwrap_or(1);
    let down = aspect.and_then(|aspect| part(aspect.denominator())).unwrap_or(1);
    let width = u64::from(width) * across / down;
    Some((u32::try_from(width).unwrap_or(u32::MAX).max(1), height))
}

impl Transcoder for MediaConvert {
    async fn create_job(&self, request: &JobRequest) -> Result<String, AwsError> {
        let source = self.probe(&self.config.source(request)).await?;
        let answer = input(&self.config, request, source).send_with(&self.client).await;
        let answer = answer.map_err(|error| AwsError::new("CreateJob", error))?;
        let job_id = answer.job.and_then(|job| job.id).filter(|id| !id.is_empty());
        job_id.ok_or_else(|| AwsError::incomplete("CreateJob", "job.id"))
    }

    async fn cancel_job(&self, job_id: &str) -> Result<bool, AwsError> {
        self.cancel(job_id).await?;
        self.is_over(job_id).await
    }

    async fn cancel_unlimited_job(&self, job_id: &str) -> Result<bool, AwsError> {
        let job = self.read(job_id).await?;
        match job.as_ref().and_then(|job| job.settings()) {
            Some(settings) if !is_cut(settings) => {
                Ok(self.cancel(job_id).await? || self.is_over(job_id).await?)
            }
            _ => Ok(false),
        }
    }

    async fn job_state(&self, job_id: &str, request: &JobRequest) -> Result<Option<JobState>, AwsError> {
        Ok(self
            .read(job_id)
            .await?
            .map(|job| state(&job, request, self.config.max_seconds)))
    }
}

/// Whether a job ends at a time that its request names.
fn is_cut(settings: &JobSettings) -> bool {
    let inputs = settings.inputs();
    inputs.iter().any(|input| !input.input_clippings().is_empty())
}

fn is_unknown<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error.code() == Some("NotFoundException")
}

fn state(job: &Job, request: &JobRequest, max_seconds: u32) -> JobState {
    match job.status {
        Some(JobStatus::Complete) => JobState::Complete(rendition(job, request).limited_to(max_seconds)),
        Some(JobStatus::Canceled) => JobState::Failed(Failure::canceled()),
        Some(JobStatus::Error) => {
            let code = job.error_code.map(|code| code.to_string());
            let message = job.error_message.as_deref();
            JobState::Failed(Failure::of_media_convert(code.as_deref(), message))
        }
        _ => JobState::Progressing,
    }
}

/// A job that is asked for names no files: they are called as it was told.
fn rendition(job: &Job, request: &JobRequest) -> Rendition {
    let output = job
        .output_group_details()
        .iter()
        .flat_map(|group| group.output_details())
        .next();
    let pixels = output.and_then(|output| output.video_details());
    let pixels = |of: fn(&_) -> Option<i32>| pixels.and_then(of)?.try_into().ok();
    let folder = &request.output_prefix;
    let duration = output
        .and_then(|output| output.duration_in_ms())
        .and_then(|millis| millis.try_into().ok());
    // The first one is always there.
    let capture = match duration {
        Some(SURELY_TWO_CAPTURES..) => CAPTURE_AT_SECOND,
        _ => CAPTURE_AT_START,
    };
    Rendition {
        key: format!("{folder}{}", request.output_file(&WEB)),
        poster: Some(format!(
            "{folder}{}{POSTER_MODIFIER}{capture}",
            request.output_name
        )),
        width: pixels(|video: &aws_sdk_mediaconvert::types::VideoDetail| video.width_in_px()),
        height: pixels(|video| video.height_in_px()),
        duration,
        cut_at_seconds: None,
    }
}

impl MediaConvertConfig {
    fn source(&self, request: &JobRequest) -> String {
        format!("s3://{}/{}", self.uploads_bucket, request.input_key)
    }
}

/// The job in the engine's words. Its token has the service take a repeated call for the first, for a minute.
fn input(config: &MediaConvertConfig, request: &JobRequest, source: Source) -> CreateJobInputBuilder {
    let target = format!(
        "s3://{}/{}{}",
        config.renditions_bucket, request.output_prefix, request.output_name
    );
    // The poster has a group of its own, so that the video's name needs no modifier.
    let settings = JobSettings::builder()
        .inputs(input_of(
            &config.source(request),
            clipping(config.max_seconds, source),
        ))
        .output_groups(group(&target, video(source)))
        .output_groups(group(&target, poster()));
    let metadata = request
        .metadata
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()));
    CreateJobInputBuilder::default()
        .queue(&config.queue_arn)
        .role(&config.role_arn)
        .client_request_token(&request.output_name)
        .settings(settings.build())
        .set_user_metadata(Some(metadata.collect()))
}

/// The part of a source that is transcoded, where that is not all of it.
///
/// What a clip that ends after its source does is not documented, so a source of unknown duration has none.
fn clipping(max_seconds: u32, source: Source) -> Option<InputClipping> {
    source
        .duration
        .filter(|duration| *duration > f64::from(max_seconds))?;
    let (hours, minutes, seconds) = (max_seconds / 3600, max_seconds / 60 % 60, max_seconds % 60);
    let end = format!("{hours:02}:{minutes:02}:{seconds:02}:00");
    Some(InputClipping::builder().end_timecode(end).build())
}

/// Upright whatever way the camera was held, in the color space and range that it says itself.
fn input_of(location: &str, clipping: Option<InputClipping>) -> Input {
    let sound = AudioSelector::builder().default_selection(AudioDefaultSelection::Default);
    let video = VideoSelector::builder()
        .rotate(InputRotate::Auto)
        .color_space(ColorSpace::Follow)
        .sample_range(InputSampleRange::Follow);
    Input::builder()
        .file_input(location)
        .timecode_source(InputTimecodeSource::Zerobased)
        .set_input_clippings(clipping.map(|clipping| vec![clipping]))
        .video_selector(video.build())
        .audio_selectors(SOUND, sound.build())
        .build()
}

fn group(destination: &str, output: Output) -> OutputGroup {
    let files = FileGroupSettings::builder().destination(destination);
    let settings = OutputGroupSettings::builder()
        .r#type(OutputGroupType::FileGroupSettings)
        .file_group_settings(files.build());
    OutputGroup::builder()
        .output_group_settings(settings.build())
        .outputs(output)
        .build()
}

/// The preset "web".
///
/// A square holds a video upright and turned. Where the source's size is unknown, the square may hold a picture that is
/// too large for the preset's level.
fn video(source: Source) -> Output {
    let (side, level) = match source.size {
        Some((width, height)) => (WEB.video.square_for(width, height), H264CodecLevel::Level31),
        None => (WEB.video.max_long_side, H264CodecLevel::Auto),
    };
    let quality = H264QvbrSettings::builder().qvbr_quality_level(QUALITY);
    let h264 = H264Settings::builder()
        .rate_control_mode(H264RateControlMode::Qvbr)
        .qvbr_settings(quality.build())
        .quality_tuning_level(H264QualityTuningLevel::SinglePassHq)
        .max_bitrate(bits(WEB.video.kilobits))
        .codec_profile(H264CodecProfile::Main)
        .codec_level(level)
        .par_control(H264ParControl::Specified)
        .par_numerator(1)
        .par_denominator(1)
        .framerate_control(H264FramerateControl::Specified)
        .framerate_numerator(WEB.video.frame_rate.cast_signed())
        .framerate_denominator(1)
        .number_reference_frames(WEB.video.reference_frames.cast_signed())
        .gop_size(f64::from(WEB.video.max_keyframe_distance))
        .gop_size_units(H264GopSizeUnits::Frames);
    let codec = VideoCodecSettings::builder()
        .codec(VideoCodec::H264)
        .h264_settings(h264.build());
    let aac = AacSettings::builder()
        .bitrate(bits(WEB.audio.kilobits))
        .sample_rate(WEB.audio.sample_rate.cast_signed())
        .codec_profile(AacCodecProfile::Lc)
        .coding_mode(AacCodingMode::CodingMode20);
    let codec_of_sound = AudioCodecSettings::builder()
        .codec(AudioCodec::Aac)
        .aac_settings(aac.build());
    let sound = AudioDescription::builder()
        .audio_source_name(SOUND)
        .codec_settings(codec_of_sound.build());
    let container = ContainerSettings::builder()
        .container(ContainerType::Mp4)
        .mp4_settings(Mp4Settings::builder().build());
    Output::builder()
        .container_settings(container.build())
        .video_description(within(side, codec.build()))
        .audio_descriptions(sound.build())
        .build()
}

/// A still of its first moment, and one of a second later: the last one there is counts.
fn poster() -> Output {
    let stills = FrameCaptureSettings::builder()
        .framerate_numerator(1)
        .framerate_denominator(1)
        .max_captures(2)
        .quality(80);
    let codec = VideoCodecSettings::builder()
        .codec(VideoCodec::FrameCapture)
        .frame_capture_settings(stills.build());
    Output::builder()
        .container_settings(ContainerSettings::builder().container(ContainerType::Raw).build())
        .name_modifier(POSTER_MODIFIER)
        .video_description(within(WEB.poster_side, codec.build()))
        .build()
}

/// Returns a video that fits into a square: its shape is kept, and it is not enlarged. It is progressive, in BT.709 with a
/// standard dynamic range and limited range, whatever the source is; tone mapping has no effect on a source of standard
/// range.
fn within(side: u32, codec: VideoCodecSettings) -> VideoDescription {
    let color = ColorCorrector::builder()
        .color_space_conversion(ColorSpaceConversion::Force709)
        .sample_range_conversion(SampleRangeConversion::LimitedRangeSqueeze)
        .hdr_to_sdr_tone_mapper(HdrToSdrToneMapper::PreserveDetails);
    // A progressive source stays as it is: NORMAL "does not convert frames that are tagged in metadata as progressive"
    // (API reference, Deinterlacer).
    let deinterlacer = Deinterlacer::builder()
        .mode(DeinterlacerMode::Deinterlace)
        .algorithm(DeinterlaceAlgorithm::Interpolate)
        .control(DeinterlacerControl::Normal);
    let preprocessors = VideoPreprocessor::builder()
        .color_corrector(color.build())
        .deinterlacer(deinterlacer.build());
    VideoDescription::builder()
        .width(side.cast_signed())
        .height(side.cast_signed())
        .video_preprocessors(preprocessors.build())
        .scaling_behavior(ScalingBehavior::FitNoUpscale)
        .codec_settings(codec)
        .build()
}

fn bits(kilobits: u32) -> i32 {
    kilobits.saturating_mul(1000).cast_signed()
}

#[cfg(test)]
mod tests {
    use aws_sdk_mediaconvert::types::{AspectRatio, Container};

    use super::*;

    fn config() -> MediaConvertConfig {
        MediaConvertConfig {
            queue_arn: "arn:aws:mediaconvert:eu-west-1:123456789012:queues/responses".into(),
            role_arn: "arn:aws:iam::123456789012:role/responses-media-convert".into(),
            uploads_bucket: "uploads".into(),
            renditions_bucket: "renditions".into(),
            max_seconds: 10_800,
        }
    }

    fn request() -> JobRequest {
        JobRequest {
            input_key: "demo/0/two words & more.mp4".into(),
            output_prefix: "output/web/demo/0/hash/".into(),
            output_name: "take-1".into(),
            metadata: [("attempt".to_owned(), "1".to_owned())].into(),
        }
    }

    fn settings(source: Source) -> JobSettings {
        let job = input(&config(), &request(), source).build().unwrap();
        job.settings().unwrap().clone()
    }

    #[test]
    fn a_job_looks_like_this() {
        let source = Source {
            duration: Some(185.24),
            size: Some((1920, 1080)),
        };
        let job = input(&config(), &request(), source).build().unwrap();
        let metadata = job.user_metadata().unwrap();
        assert_eq!((metadata["attempt"].as_str(), metadata.len()), ("1", 1));
        insta::assert_debug_snapshot!((
            job.queue(),
            job.role(),
            job.client_request_token(),
            job.settings()
        ));
    }

    #[test]
    fn size_decides_the_square_and_the_level() {
        let video = |size| {
            let settings = settings(Source { duration: None, size });
            let video = settings.output_groups()[0].outputs()[0]
                .video_description()
                .unwrap();
            let h264 = video.codec_settings().unwrap().h264_settings().unwrap();
            (video.width(), video.height(), h264.codec_level().cloned())
        };
        let level = Some(H264CodecLevel::Level31);
        assert_eq!(video(Some((1920, 1080))), (Some(1280), Some(1280), level.clone()));
        assert_eq!(video(Some((1080, 1920))), (Some(1280), Some(1280), level.clone()));
        assert_eq!(video(Some((1440, 1080))), (Some(960), Some(960), level));
        let any = Some(H264CodecLevel::Auto);
        assert_eq!(video(None), (Some(1280), Some(1280), any), "the size is unknown");
    }

    #[test]
    fn only_a_source_that_is_known_to_be_longer_is_clipped() {
        let end = |duration| {
            let settings = settings(Source { duration, size: None });
            let clippings = settings.inputs()[0].input_clippings().to_vec();
            assert!(clippings.len() <= 1);
            clippings
                .first()
                .and_then(|clipping| clipping.end_timecode.clone())
        };
        assert_eq!(end(Some(10_800.001)).as_deref(), Some("03:00:00:00"));
        assert_eq!(end(Some(10_800.0)), None);
        assert_eq!(end(None), None);
        let config = MediaConvertConfig {
            max_seconds: 86_399,
            ..config()
        };
        let source = Source {
            duration: Some(90_000.0),
            size: None,
        };
        let clipping = clipping(config.max_seconds, source).unwrap();
        assert_eq!(clipping.end_timecode(), Some("23:59:59:00"));
    }

    #[test]
    fn a_probe_tells_duration_and_size_in_square_pixels() {
        let video = |width, height, aspect: Option<(i32, i32)>| {
            let aspect = aspect
                .map(|(across, down)| AspectRatio::builder().numerator(across).denominator(down).build());
            let video = VideoProperties::builder()
                .width(width)
                .height(height)
                .set_sample_aspect_ratio(aspect);
            Track::builder()
                .video_properties(video.build())
                .duration(9.5)
                .build()
        };
        let source = |container: Container| Source::of(&ProbeResult::builder().container(container).build());
        let known = Container::builder()
            .duration(10.0)
            .tracks(video(720, 576, Some((64, 45))));
        assert_eq!(
            source(known.build()),
            Source {
                duration: Some(10.0),
                size: Some((1024, 576))
            }
        );
        let partly = Container::builder().tracks(video(1920, 1080, Some((0, 0))));
        assert_eq!(
            source(partly.build()),
            Source {
                duration: Some(9.5),
                size: Some((1920, 1080))
            }
        );
        let empty = Container::builder()
            .tracks(video(0, -1, None))
            .tracks(Track::builder().build());
        assert_eq!(source(empty.build()).size, None);
        assert_eq!(Source::of(&ProbeResult::builder().build()), Source::default());
    }

    #[test]
    fn poster_of_a_job_that_names_no_files_is_one_that_is_there() {
        let poster = |millis: i32| {
            let output = aws_sdk_mediaconvert::types::OutputDetail::builder().duration_in_ms(millis);
            let group =
                aws_sdk_mediaconvert::types::OutputGroupDetail::builder().output_details(output.build());
            let job = Job::builder()
                .role("role")
                .settings(JobSettings::builder().build())
                .status(JobStatus::Complete)
                .output_group_details(group.build());
            let JobState::Complete(made) = state(&job.build(), &request(), 10) else {
                panic!("the job is complete")
            };
            (made.poster.unwrap(), made.cut_at_seconds)
        };
        let folder = "output/web/demo/0/hash/take-1-poster";
        assert_eq!(poster(900), (format!("{folder}.0000000.jpg"), None));
        assert_eq!(poster(2_000), (format!("{folder}.0000001.jpg"), None));
        assert_eq!(poster(10_033).1, Some(10), "it reaches the limit");
    }
}
