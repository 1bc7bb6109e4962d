//! The engines that transcode.

use aws::CallError;
use model::transcode::{JobRequest, JobState};

mod elastic;
mod media_convert;

pub use elastic::{ElasticTranscoder, Pipeline};
pub use media_convert::{MediaConvert, Place};

/// What an engine can do for us.
#[expect(
    async_fn_in_trait,
    reason = "nobody needs its futures to be sent to another thread"
)]
pub trait Transcoder {
    /// Starts a job; its name at the engine.
    async fn start(&self, request: &JobRequest) -> Result<String, CallError>;

    /// Cancels a job where that is possible. Returns whether it has ended and writes no more; an unknown job has. A job that
    /// is being canceled may still write, so the caller asks again.
    async fn end(&self, job_id: &str) -> Result<bool, CallError>;

    /// Cancels a job that is not cut at the stage's limit. Returns whether it is such a job and is being canceled or has
    /// ended. Elastic Transcoder cuts every job.
    async fn cancel_unlimited(&self, job_id: &str) -> Result<bool, CallError>;

    /// How a job stands that was started with this request; `None` when the engine does not know it.
    async fn look(&self, job_id: &str, request: &JobRequest) -> Result<Option<JobState>, CallError>;
}

/// The engine that the stage has chosen.
pub enum Engine {
    /// Elastic Transcoder, which AWS ended on 2025-11-13.
    Elastic(ElasticTranscoder),
    /// MediaConvert.
    MediaConvert(MediaConvert),
}

impl Transcoder for Engine {
    async fn start(&self, request: &JobRequest) -> Result<String, CallError> {
        match self {
            Self::Elastic(engine) => engine.start(request).await,
            Self::MediaConvert(engine) => engine.start(request).await,
        }
    }

    async fn end(&self, job_id: &str) -> Result<bool, CallError> {
        match self {
            Self::Elastic(engine) => engine.end(job_id).await,
            Self::MediaConvert(engine) => engine.end(job_id).await,
        }
    }

    async fn cancel_unlimited(&self, job_id: &str) -> Result<bool, CallError> {
        match self {
            Self::Elastic(engine) => engine.cancel_unlimited(job_id).await,
            Self::MediaConvert(engine) => engine.cancel_unlimited(job_id).await,
        }
    }

    async fn look(&self, job_id: &str, request: &JobRequest) -> Result<Option<JobState>, CallError> {
        match self {
            Self::Elastic(engine) => engine.look(job_id, request).await,
            Self::MediaConvert(engine) => engine.look(job_id, request).await,
        }
    }
}
