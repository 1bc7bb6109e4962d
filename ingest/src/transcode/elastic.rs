//! Elastic Transcoder.

use aws::CallError;
use aws_sdk_elastictranscoder::Client;
use aws_sdk_elastictranscoder::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_elastictranscoder::operation::create_job::builders::CreateJobInputBuilder;
use aws_sdk_elastictranscoder::types::{CreateJobOutput, JobInput};
use model::preset::WEB;
use model::transcode::JobRequest;

use crate::settings::JobSettings;

/// A pipeline of Elastic Transcoder.
#[derive(Clone)]
pub struct ElasticTranscoder {
    client: Client,
    settings: JobSettings,
}

impl ElasticTranscoder {
    /// The pipeline that the settings name.
    pub fn new(client: Client, settings: JobSettings) -> Self {
        Self { client, settings }
    }

    /// Starts a job; its name at the engine.
    pub async fn start(&self, request: &JobRequest) -> Result<String, CallError> {
        let answer = input(&self.settings, request).send_with(&self.client).await;
        let answer = answer.map_err(|error| CallError::new("CreateJob", error))?;
        Ok(answer.job.and_then(|job| job.id).unwrap_or_default())
    }

    /// Calls a job off, if it has not begun; whether it is over. One that the engine does not know is.
    pub async fn end(&self, job_id: &str) -> Result<bool, CallError> {
        match self.client.cancel_job().id(job_id).send().await {
            Ok(_) => return Ok(true),
            Err(error) if is_unknown(&error) => return Ok(true),
            // It has begun, or ended.
            Err(error) if error.code() == Some("ResourceInUseException") => {}
            Err(error) => return Err(CallError::new("CancelJob", error)),
        }
        let read = match self.client.read_job().id(job_id).send().await {
            Err(error) if is_unknown(&error) => return Ok(true),
            read => read.map_err(|error| CallError::new("ReadJob", error))?,
        };
        let status = read.job.and_then(|job| job.status);
        Ok(!matches!(status.as_deref(), Some("Submitted" | "Progressing")))
    }
}

fn is_unknown<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error.code() == Some("ResourceNotFoundException")
}

/// The job in the engine's words: upright whatever way the camera was held, its stills beside it.
fn input(settings: &JobSettings, request: &JobRequest) -> CreateJobInputBuilder {
    let source = JobInput::builder().key(&request.input_key);
    let output = CreateJobOutput::builder()
        .key(request.output_file(&WEB))
        .preset_id(&settings.preset_id)
        .rotate("auto")
        .thumbnail_pattern(format!("{}-{{count}}", request.output_name));
    let metadata = request
        .metadata
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()));
    CreateJobInputBuilder::default()
        .pipeline_id(&settings.pipeline_id)
        .input(source.build())
        .output_key_prefix(&request.output_prefix)
        .outputs(output.build())
        .set_user_metadata(Some(metadata.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_looks_like_this() {
        let settings = JobSettings {
            pipeline_id: "1111111111111-abcde1".into(),
            preset_id: WEB.elastic_transcoder_id.into(),
            lease_seconds: 60,
        };
        let request = JobRequest {
            input_key: "demo/0/hash/take.mp4".into(),
            output_prefix: "output/web/demo/0/hash/".into(),
            output_name: "take-1".into(),
            metadata: [("attempt".to_owned(), "1".to_owned())].into(),
        };
        insta::assert_debug_snapshot!(input(&settings, &request).build().unwrap());
    }
}
