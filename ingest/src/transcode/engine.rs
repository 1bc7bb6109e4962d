use aws::AwsError;
use model::transcode::{JobRequest, JobState};

use super::{ElasticTranscoder, MediaConvert, Transcoder};

/// The engine that the stage has chosen.
pub enum Engine {
    /// Elastic Transcoder, which AWS ended on 2025-11-13.
    Elastic(ElasticTranscoder),
    /// MediaConvert.
    MediaConvert(MediaConvert),
}

impl Transcoder for Engine {
    async fn start(&self, request: &JobRequest) -> Result<String, AwsError> {
        match self {
            Self::Elastic(engine) => engine.start(request).await,
            Self::MediaConvert(engine) => engine.start(request).await,
        }
    }

    async fn end(&self, job_id: &str) -> Result<bool, AwsError> {
        match self {
            Self::Elastic(engine) => engine.end(job_id).await,
            Self::MediaConvert(engine) => engine.end(job_id).await,
        }
    }

    async fn cancel_unlimited(&self, job_id: &str) -> Result<bool, AwsError> {
        match self {
            Self::Elastic(engine) => engine.cancel_unlimited(job_id).await,
            Self::MediaConvert(engine) => engine.cancel_unlimited(job_id).await,
        }
    }

    async fn look(&self, job_id: &str, request: &JobRequest) -> Result<Option<JobState>, AwsError> {
        match self {
            Self::Elastic(engine) => engine.look(job_id, request).await,
            Self::MediaConvert(engine) => engine.look(job_id, request).await,
        }
    }
}
