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

/// The name modifier of a poster's output.
const POSTER_MODIFIER: &str = "-poster";
/// The names of the captures at the start and after a second, numbered from zero (API reference, FrameCaptureSettings).
const CAPTURE_AT_START: &str = ".0000000.jpg";
const CAPTURE_AT_SECOND: &str = ".0000001.jpg";

/// The duration in milliseconds from which on a video certainly has the second capture.
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

/// The configuration of jobs: queue, role, buckets and duration limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaConvertConfig {
    /// The queue's ARN.
    pub queue_arn: String,
    /// The ARN of the role with which a job reads and writes.
    pub role_arn: String,
    /// The bucket of the sources.
    pub uploads_bucket: String,
    /// The bucket of the renditions.
    pub renditions_bucket: String,
    /// The maximum seconds of a source that are transcoded, at most 86399.
    pub max_seconds: u32,
}

/// The properties of a source that are known before its job.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct JobSource {
    /// Seconds.
    duration: Option<f64>,
    /// Width and height in square pixels, as stored, before rotation.
    size: Option<(u32, u32)>,
}

impl MediaConvert {
    /// Returns the client of a queue.
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

    /// Requests the cancellation of a job. Returns whether the service accepts it; an unknown job counts as accepted.
    async fn cancel(&self, job_id: &str) -> Result<bool, AwsError> {
        match self.client.cancel_job().id(job_id).send().await {
            Ok(_) => Ok(true),
            Err(error) if is_unknown(&error) => Ok(true),
            // The job has ended, or is about to end.
            Err(error) if matches!(error.code(), Some("ConflictException" | "BadRequestException")) => {
                Ok(false)
            }
            Err(error) => Err(AwsError::new("CancelJob", error)),
        }
    }

    /// Returns whether a job has ended or is unknown.
    async fn is_over(&self, job_id: &str) -> Result<bool, AwsError> {
        let status = self.read(job_id).await?.and_then(|job| job.status);
        Ok(!matches!(
            status,
            Some(JobStatus::Submitted | JobStatus::Progressing)
        ))
    }

    /// Returns the properties of a source; none if the service cannot read the file: the job then reports the reason.
    async fn probe(&self, location: &str) -> Result<JobSource, AwsError> {
        let config = aws_sdk_mediaconvert::Config::builder().timeout_config(timeouts::probe());
        let file = ProbeInputFile::builder().file_url(location).build();
        let probe = self.client.probe().input_files(file);
        match probe.customize().config_override(config).send().await {
            Ok(answer) => Ok(answer
                .probe_results()
                .first()
                .map(JobSource::of)
                .unwrap_or_default()),
            Err(error) if is_about_the_file(&error) => Ok(JobSource::default()),
            Err(error) => Err(AwsError::new("Probe", error)),
        }
    }
}

/// Returns whether Probe's error is about the file, and not about permissions or the service.
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

impl JobSource {
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

/// Returns a video's size in square pixels: adjusts the width by the pixel aspect ratio, keeps the height.
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

/// Returns whether a job's request has a duration limit.
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

/// Returns the rendition. GetJob returns no file names, so they follow from the request.
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
    // The first capture always exists.
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

/// Returns the CreateJob request. With its token the service treats a repeated call as the first, for a minute.
fn input(config: &MediaConvertConfig, request: &JobRequest, source: JobSource) -> CreateJobInputBuilder {
    let target = format!(
        "s3://{}/{}{}",
        config.renditions_bucket, request.output_prefix, request.output_name
    );
    // The poster has its own group, so that the video's name needs no modifier.
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

/// Returns the clip of a source that is longer than the limit.
///
/// The effect of a clip that ends after its source is not documented, so a source of unknown duration has none.
fn clipping(max_seconds: u32, source: JobSource) -> Option<InputClipping> {
    source
        .duration
        .filter(|duration| *duration > f64::from(max_seconds))?;
    let (hours, minutes, seconds) = (max_seconds / 3600, max_seconds / 60 % 60, max_seconds % 60);
    let end = format!("{hours:02}:{minutes:02}:{seconds:02}:00");
    Some(InputClipping::builder().end_timecode(end).build())
}

/// Returns the input: automatic rotation, color space and sample range from the source's metadata.
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

/// Returns the video output: the preset "web".
///
/// The box is a square, which suits portrait and landscape. If the source's size is unknown, a video that fits the
/// square may be too large for the preset's level.
fn video(source: JobSource) -> Output {
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

/// Returns the poster output: a capture of the first frame and one a second later, of which the last one counts.
fn poster() -> Output {
    let frame_capture = FrameCaptureSettings::builder()
        .framerate_numerator(1)
        .framerate_denominator(1)
        .max_captures(2)
        .quality(80);
    let codec = VideoCodecSettings::builder()
        .codec(VideoCodec::FrameCapture)
        .frame_capture_settings(frame_capture.build());
    Output::builder()
        .container_settings(ContainerSettings::builder().container(ContainerType::Raw).build())
        .name_modifier(POSTER_MODIFIER)
        .video_description(within(WEB.poster_side, codec.build()))
        .build()
}

/// Returns a video that fits into a square: it keeps its aspect ratio and is not enlarged. For every source it is
/// progressive, in BT.709 with a standard dynamic range and limited range; tone mapping has no effect on a source with
/// a standard dynamic range.
fn within(side: u32, codec: VideoCodecSettings) -> VideoDescription {
    let color = ColorCorrector::builder()
        .color_space_conversion(ColorSpaceConversion::Force709)
        .sample_range_conversion(SampleRangeConversion::LimitedRangeSqueeze)
        .hdr_to_sdr_tone_mapper(HdrToSdrToneMapper::PreserveDetails);
    // A progressive source does not change: NORMAL "does not convert frames that are tagged in metadata as progressive"
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

    fn settings(source: JobSource) -> JobSettings {
        let job = input(&config(), &request(), source).build().unwrap();
        job.settings().unwrap().clone()
    }

    #[test]
    fn create_job_request() {
        let source = JobSource {
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
    fn source_size_determines_the_square_and_the_level() {
        let video = |size| {
            let settings = settings(JobSource { duration: None, size });
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
    fn only_a_longer_source_is_clipped() {
        let end = |duration| {
            let settings = settings(JobSource { duration, size: None });
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
        let source = JobSource {
            duration: Some(90_000.0),
            size: None,
        };
        let clipping = clipping(config.max_seconds, source).unwrap();
        assert_eq!(clipping.end_timecode(), Some("23:59:59:00"));
    }

    #[test]
    fn probe_returns_duration_and_size_in_square_pixels() {
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
        let source =
            |container: Container| JobSource::of(&ProbeResult::builder().container(container).build());
        let known = Container::builder()
            .duration(10.0)
            .tracks(video(720, 576, Some((64, 45))));
        assert_eq!(
            source(known.build()),
            JobSource {
                duration: Some(10.0),
                size: Some((1024, 576))
            }
        );
        let partly = Container::builder().tracks(video(1920, 1080, Some((0, 0))));
        assert_eq!(
            source(partly.build()),
            JobSource {
                duration: Some(9.5),
                size: Some((1920, 1080))
            }
        );
        let empty = Container::builder()
            .tracks(video(0, -1, None))
            .tracks(Track::builder().build());
        assert_eq!(source(empty.build()).size, None);
        assert_eq!(
            JobSource::of(&ProbeResult::builder().build()),
            JobSource::default()
        );
    }

    #[test]
    fn poster_follows_the_duration() {
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
        assert_eq!(poster(10_033).1, Some(10), "the rendition reaches the limit");
    }
}
