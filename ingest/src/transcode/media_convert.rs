use aws::CallError;
use aws_sdk_mediaconvert::Client;
use aws_sdk_mediaconvert::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_mediaconvert::operation::create_job::builders::CreateJobInputBuilder;
use aws_sdk_mediaconvert::types::{
    AacCodecProfile, AacCodingMode, AacSettings, AudioCodec, AudioCodecSettings, AudioDefaultSelection,
    AudioDescription, AudioSelector, ContainerSettings, ContainerType, FileGroupSettings,
    FrameCaptureSettings, H264CodecLevel, H264CodecProfile, H264FramerateControl, H264GopSizeUnits,
    H264RateControlMode, H264Settings, Input, InputRotate, InputTimecodeSource, Job, JobSettings, JobStatus,
    Mp4Settings, Output, OutputGroup, OutputGroupSettings, OutputGroupType, ScalingBehavior, VideoCodec,
    VideoCodecSettings, VideoDescription, VideoSelector,
};
use model::preset::WEB;
use model::transcode::{JobRequest, JobState};
use model::{Failure, Rendition};

use super::Transcoder;

/// What MediaConvert adds to a poster's name, and to a captured frame's.
const POSTER_MODIFIER: &str = "-poster";
const FIRST_FRAME: &str = ".0000000.jpg";

const SOUND: &str = "Audio Selector 1";

/// A queue of MediaConvert.
pub struct MediaConvert {
    client: Client,
    place: Place,
}

/// Where a job runs, and from where to where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The queue's ARN.
    pub queue_arn: String,
    /// The ARN of the role by which it reads and writes.
    pub role_arn: String,
    /// Where sources are.
    pub uploads_bucket: String,
    /// Where renditions go.
    pub renditions_bucket: String,
}

impl MediaConvert {
    /// The queue that the settings name.
    pub fn new(client: Client, place: Place) -> Self {
        Self { client, place }
    }

    async fn read(&self, job_id: &str) -> Result<Option<Job>, CallError> {
        match self.client.get_job().id(job_id).send().await {
            Ok(answer) => Ok(answer.job),
            Err(error) if is_unknown(&error) => Ok(None),
            Err(error) => Err(CallError::new("GetJob", error)),
        }
    }
}

impl Transcoder for MediaConvert {
    async fn start(&self, request: &JobRequest) -> Result<String, CallError> {
        let answer = input(&self.place, request).send_with(&self.client).await;
        let answer = answer.map_err(|error| CallError::new("CreateJob", error))?;
        let job_id = answer.job.and_then(|job| job.id).filter(|id| !id.is_empty());
        job_id.ok_or_else(|| CallError::incomplete("CreateJob", "job.id"))
    }

    async fn end(&self, job_id: &str) -> Result<bool, CallError> {
        match self.client.cancel_job().id(job_id).send().await {
            Ok(_) => return Ok(true),
            Err(error) if is_unknown(&error) => return Ok(true),
            // It has ended, or is about to.
            Err(error) if matches!(error.code(), Some("ConflictException" | "BadRequestException")) => {}
            Err(error) => return Err(CallError::new("CancelJob", error)),
        }
        let status = self.read(job_id).await?.and_then(|job| job.status);
        Ok(!matches!(
            status,
            Some(JobStatus::Submitted | JobStatus::Progressing)
        ))
    }

    async fn look(&self, job_id: &str, request: &JobRequest) -> Result<Option<JobState>, CallError> {
        Ok(self.read(job_id).await?.map(|job| state(&job, request)))
    }
}

fn is_unknown<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error.code() == Some("NotFoundException")
}

fn state(job: &Job, request: &JobRequest) -> JobState {
    match job.status {
        Some(JobStatus::Complete) => JobState::Complete(rendition(job, request)),
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
    Rendition {
        key: format!("{folder}{}", request.output_file(&WEB)),
        poster: Some(format!(
            "{folder}{}{POSTER_MODIFIER}{FIRST_FRAME}",
            request.output_name
        )),
        width: pixels(|video: &aws_sdk_mediaconvert::types::VideoDetail| video.width_in_px()),
        height: pixels(|video| video.height_in_px()),
        duration: output
            .and_then(|output| output.duration_in_ms())
            .and_then(|millis| millis.try_into().ok()),
    }
}

/// The job in the engine's words. Its token has the service take a repeated call for the first, for a minute.
fn input(place: &Place, request: &JobRequest) -> CreateJobInputBuilder {
    let source = format!("s3://{}/{}", place.uploads_bucket, request.input_key);
    let target = format!(
        "s3://{}/{}{}",
        place.renditions_bucket, request.output_prefix, request.output_name
    );
    // The poster has a group of its own, so that the video's name needs no modifier.
    let settings = JobSettings::builder()
        .inputs(source_of(&source))
        .output_groups(group(&target, video()))
        .output_groups(group(&target, poster()));
    let metadata = request
        .metadata
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()));
    CreateJobInputBuilder::default()
        .queue(&place.queue_arn)
        .role(&place.role_arn)
        .client_request_token(&request.output_name)
        .settings(settings.build())
        .set_user_metadata(Some(metadata.collect()))
}

/// Upright whatever way the camera was held.
fn source_of(location: &str) -> Input {
    let sound = AudioSelector::builder().default_selection(AudioDefaultSelection::Default);
    Input::builder()
        .file_input(location)
        .timecode_source(InputTimecodeSource::Zerobased)
        .video_selector(VideoSelector::builder().rotate(InputRotate::Auto).build())
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
fn video() -> Output {
    let h264 = H264Settings::builder()
        .rate_control_mode(H264RateControlMode::Cbr)
        .bitrate(bits(WEB.video.kilobits))
        .codec_profile(H264CodecProfile::Main)
        .codec_level(H264CodecLevel::Level31)
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
        .video_description(within(WEB.video.max_width, WEB.video.max_height, codec.build()))
        .audio_descriptions(sound.build())
        .build()
}

/// A still of its first moment.
fn poster() -> Output {
    let stills = FrameCaptureSettings::builder()
        .framerate_numerator(1)
        .framerate_denominator(60)
        .max_captures(1)
        .quality(80);
    let codec = VideoCodecSettings::builder()
        .codec(VideoCodec::FrameCapture)
        .frame_capture_settings(stills.build());
    let (width, height) = WEB.poster;
    Output::builder()
        .container_settings(ContainerSettings::builder().container(ContainerType::Raw).build())
        .name_modifier(POSTER_MODIFIER)
        .video_description(within(width, height, codec.build()))
        .build()
}

/// Its shape is kept, and it is not enlarged.
fn within(width: u32, height: u32, codec: VideoCodecSettings) -> VideoDescription {
    VideoDescription::builder()
        .width(width.cast_signed())
        .height(height.cast_signed())
        .scaling_behavior(ScalingBehavior::FitNoUpscale)
        .codec_settings(codec)
        .build()
}

fn bits(kilobits: u32) -> i32 {
    kilobits.saturating_mul(1000).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_looks_like_this() {
        let place = Place {
            queue_arn: "arn:aws:mediaconvert:eu-west-1:123456789012:queues/responses".into(),
            role_arn: "arn:aws:iam::123456789012:role/responses-media-convert".into(),
            uploads_bucket: "uploads".into(),
            renditions_bucket: "renditions".into(),
        };
        let request = JobRequest {
            input_key: "demo/0/two words & more.mp4".into(),
            output_prefix: "output/web/demo/0/hash/".into(),
            output_name: "take-1".into(),
            metadata: [("attempt".to_owned(), "1".to_owned())].into(),
        };
        let job = input(&place, &request).build().unwrap();
        let metadata = job.user_metadata().unwrap();
        assert_eq!((metadata["attempt"].as_str(), metadata.len()), ("1", 1));
        insta::assert_debug_snapshot!((
            job.queue(),
            job.role(),
            job.client_request_token(),
            job.settings()
        ));
    }
}
