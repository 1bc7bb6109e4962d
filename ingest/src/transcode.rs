//! The engines that transcode.

use aws::AwsError;
use model::transcode::{JobRequest, JobState};

mod elastic;
mod engine;
mod media_convert;

pub use elastic::{ElasticTranscoder, ElasticTranscoderConfig};
pub use engine::Engine;
pub use media_convert::{MediaConvert, MediaConvertConfig};

/// The operations of an engine.
#[expect(async_fn_in_trait, reason = "all callers await the futures on one thread")]
pub trait Transcoder {
    /// Creates a job. Returns its identifier.
    async fn create_job(&self, request: &JobRequest) -> Result<String, AwsError>;

    /// Cancels a job if possible. Returns whether it has ended and writes nothing more; an unknown job counts as ended.
    /// A job that is being canceled may still write: call again later.
    async fn cancel_job(&self, job_id: &str) -> Result<bool, AwsError>;

    /// Cancels a job whose request has no duration limit. Returns whether it is such a job and is being canceled or has
    /// ended. Every job of Elastic Transcoder has a limit.
    async fn cancel_unlimited_job(&self, job_id: &str) -> Result<bool, AwsError>;

    /// Returns the state of a job that was created with this request; `None` if the engine does not know it.
    async fn job_state(&self, job_id: &str, request: &JobRequest) -> Result<Option<JobState>, AwsError>;
}
