use aws::AwsError;
use model::transcode::{JobRequest, JobState};

use super::{ElasticTranscoder, MediaConvert, Transcoder};

/// The engine of the stage.
#[derive(Clone)]
pub enum Engine {
    /// Elastic Transcoder, which AWS discontinued on 2025-11-13.
    Elastic(ElasticTranscoder),
    /// MediaConvert.
    MediaConvert(MediaConvert),
}

impl Transcoder for Engine {
    async fn create_job(&self, request: &JobRequest) -> Result<String, AwsError> {
        match self {
            Self::Elastic(engine) => engine.create_job(request).await,
            Self::MediaConvert(engine) => engine.create_job(request).await,
        }
    }

    async fn cancel_job(&self, job_id: &str) -> Result<bool, AwsError> {
        match self {
            Self::Elastic(engine) => engine.cancel_job(job_id).await,
            Self::MediaConvert(engine) => engine.cancel_job(job_id).await,
        }
    }

    async fn cancel_unlimited_job(&self, job_id: &str) -> Result<bool, AwsError> {
        match self {
            Self::Elastic(engine) => engine.cancel_unlimited_job(job_id).await,
            Self::MediaConvert(engine) => engine.cancel_unlimited_job(job_id).await,
        }
    }

    async fn job_state(&self, job_id: &str, request: &JobRequest) -> Result<Option<JobState>, AwsError> {
        match self {
            Self::Elastic(engine) => engine.job_state(job_id, request).await,
            Self::MediaConvert(engine) => engine.job_state(job_id, request).await,
        }
    }
}
