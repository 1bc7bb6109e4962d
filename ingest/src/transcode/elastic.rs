use aws::AwsError;
use aws_sdk_elastictranscoder::Client;
use aws_sdk_elastictranscoder::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_elastictranscoder::operation::create_job::builders::CreateJobInputBuilder;
use aws_sdk_elastictranscoder::types::{CreateJobOutput, Job, JobInput, TimeSpan};
use model::notification::elastic_transcoder::FIRST_THUMBNAIL;
use model::preset::WEB;
use model::transcode::{JobRequest, JobState};
use model::{Failure, Rendition};

use super::Transcoder;

/// A pipeline of Elastic Transcoder.
#[derive(Clone)]
pub struct ElasticTranscoder {
    client: Client,
    pipeline: ElasticTranscoderConfig,
}

/// The configuration of jobs: pipeline, preset and duration limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElasticTranscoderConfig {
    /// The pipeline, which is configured with both buckets.
    pub id: String,
    /// The identifier of the preset "web".
    pub preset_id: String,
    /// The maximum seconds of a source that are transcoded, at most 86399.
    pub max_seconds: u32,
}

impl ElasticTranscoder {
    /// Returns the client of a pipeline.
    pub fn new(client: Client, pipeline: ElasticTranscoderConfig) -> Self {
        Self { client, pipeline }
    }

    async fn read(&self, job_id: &str) -> Result<Option<Job>, AwsError> {
        match self.client.read_job().id(job_id).send().await {
            Ok(answer) => Ok(answer.job),
            Err(error) if is_unknown(&error) => Ok(None),
            Err(error) => Err(AwsError::new("ReadJob", error)),
        }
    }
}

impl Transcoder for ElasticTranscoder {
    async fn create_job(&self, request: &JobRequest) -> Result<String, AwsError> {
        let answer = input(&self.pipeline, request).send_with(&self.client).await;
        let answer = answer.map_err(|error| AwsError::new("CreateJob", error))?;
        let job_id = answer.job.and_then(|job| job.id).filter(|id| !id.is_empty());
        job_id.ok_or_else(|| AwsError::incomplete("CreateJob", "job.id"))
    }

    async fn cancel_job(&self, job_id: &str) -> Result<bool, AwsError> {
        match self.client.cancel_job().id(job_id).send().await {
            // CancelJob only accepts the request: the status read below says whether the job has ended.
            Ok(_) => {}
            Err(error) if is_unknown(&error) => return Ok(true),
            // The job has started or ended.
            Err(error) if error.code() == Some("ResourceInUseException") => {}
            Err(error) => return Err(AwsError::new("CancelJob", error)),
        }
        let status = self.read(job_id).await?.and_then(|job| job.status);
        Ok(!matches!(status.as_deref(), Some("Submitted" | "Progressing")))
    }

    async fn cancel_unlimited_job(&self, _: &str) -> Result<bool, AwsError> {
        Ok(false)
    }

    async fn job_state(&self, job_id: &str, request: &JobRequest) -> Result<Option<JobState>, AwsError> {
        Ok(self
            .read(job_id)
            .await?
            .map(|job| state(&job, request, self.pipeline.max_seconds)))
    }
}

fn state(job: &Job, request: &JobRequest, max_seconds: u32) -> JobState {
    let output = job.outputs().first();
    match job.status() {
        Some("Complete") => JobState::Complete(
            Rendition {
                key: format!("{}{}", request.output_prefix, request.output_file(&WEB)),
                poster: Some(format!(
                    "{}{}-{FIRST_THUMBNAIL}.png",
                    request.output_prefix, request.output_name
                )),
                width: output.and_then(|output| output.width()?.try_into().ok()),
                height: output.and_then(|output| output.height()?.try_into().ok()),
                duration: output.and_then(|output| output.duration_millis()?.try_into().ok()),
                cut_at_seconds: None,
            }
            .limited_to(max_seconds),
        ),
        Some("Canceled") => JobState::Failed(Failure::canceled()),
        Some("Error") => JobState::Failed(failure(output.and_then(|output| output.status_detail()))),
        _ => JobState::Progressing,
    }
}

/// Parses a status detail, which begins with the code: `4000 12345678-…: what is wrong`.
fn failure(detail: Option<&str>) -> Failure {
    let first = detail.and_then(|detail| detail.split_whitespace().next());
    let code = first.filter(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
    Failure::of_elastic_transcoder(code, detail)
}

fn is_unknown<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error.code() == Some("ResourceNotFoundException")
}

/// Returns the CreateJob request: automatic rotation, thumbnails beside the video, and the duration limit.
///
/// "If you specify a value longer than the duration of the input file, Elastic Transcoder transcodes the file and
/// returns a warning message" (API reference, TimeSpan), so every job has the limit.
fn input(pipeline: &ElasticTranscoderConfig, request: &JobRequest) -> CreateJobInputBuilder {
    let limit = TimeSpan::builder().duration(format!("{}.000", pipeline.max_seconds));
    let source = JobInput::builder()
        .key(&request.input_key)
        .time_span(limit.build());
    let output = CreateJobOutput::builder()
        .key(request.output_file(&WEB))
        .preset_id(&pipeline.preset_id)
        .rotate("auto")
        .thumbnail_pattern(format!("{}-{{count}}", request.output_name));
    let metadata = request
        .metadata
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()));
    CreateJobInputBuilder::default()
        .pipeline_id(&pipeline.id)
        .input(source.build())
        .output_key_prefix(&request.output_prefix)
        .outputs(output.build())
        .set_user_metadata(Some(metadata.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failure_has_the_engines_code_and_a_message() {
        let said = failure(Some("4000 018b: the input is no video"));
        assert_eq!(said.code, model::FailureCode::Unreadable);
        assert_eq!(said.engine.unwrap().code, "4000");
        let silent = failure(None);
        assert_eq!(silent.code, model::FailureCode::EngineError);
        assert!(!silent.engine.unwrap().message.is_empty());
    }

    #[test]
    fn create_job_request() {
        let pipeline = ElasticTranscoderConfig {
            id: "1111111111111-abcde1".into(),
            preset_id: WEB.elastic_transcoder_id.into(),
            max_seconds: 10_800,
        };
        let request = JobRequest {
            input_key: "demo/0/hash/take.mp4".into(),
            output_prefix: "output/web/demo/0/hash/".into(),
            output_name: "take-1".into(),
            metadata: [("attempt".to_owned(), "1".to_owned())].into(),
        };
        insta::assert_debug_snapshot!(input(&pipeline, &request).build().unwrap());
    }
}
