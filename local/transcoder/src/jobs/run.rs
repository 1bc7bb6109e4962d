//! The run of one job, from its start to its last notification.

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tracing::{error, info};

use super::context::RunContext;
use super::job::{RunOutcome, TranscodeJob};
use super::transcode::Transcoding;
use super::writes::Writes;
use crate::failure::{Code, JobFailure};

impl RunContext {
    /// Runs a job to its end.
    pub async fn run(&self, id: &str, writes: &Writes) {
        let Some(job) = self.scheduler.start(id).await else {
            return;
        };
        info!(job = id, input = job.input_key, "job started");
        let outcomes = tokio::select! {
            outcomes = self.transcode(&job, writes) => outcomes,
            never = self.report_progress(&job) => match never {},
        };
        self.scheduler.finish(id, outcomes).await;
    }

    /// Fails a job whose run has panicked.
    pub async fn abandon(&self, id: &str, reason: &str) {
        error!(job = id, reason, "the run of a job failed");
        let failure = JobFailure::new(Code::Internal, reason);
        self.scheduler.finish(id, Err(failure)).await;
    }

    /// Removes the temporary files of a job that does not run any more.
    pub async fn clean_up(&self, id: &str) {
        self.workspace.remove(id).await;
        self.scheduler.release(id);
        self.scheduler.remove_expired().await;
    }

    /// Returns the outcome of each output, or the failure that prevented all of them.
    async fn transcode(&self, job: &TranscodeJob, writes: &Writes) -> Result<Vec<RunOutcome>, JobFailure> {
        let task = self.scheduler.adapters().task(job)?;
        let transcoding = Transcoding::prepare(self, job, &task, writes).await?;
        Ok(transcoding.outputs().await)
    }

    /// Reports progress at the job's interval, where it has one.
    async fn report_progress(&self, job: &TranscodeJob) -> Infallible {
        let Some(seconds) = job.progress_interval else {
            return std::future::pending().await;
        };
        let mut next = Instant::now();
        loop {
            next += Duration::from_secs(u64::from(seconds));
            sleep_until(next).await;
            self.scheduler.report_progress(&job.id).await;
        }
    }
}
