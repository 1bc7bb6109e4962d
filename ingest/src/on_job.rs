//! Applies the events of the engine: the response becomes ready, or failed.

use aws::error::chain;
use aws::objects::{Renditions, Uploads};
use aws::table::{ResponsesTable, WriteOutcome};
use model::lifecycle::{Change, Ignored};
use model::notification::parse_job;
use model::object_key::{rendition_name, rendition_prefix};
use model::transcode::{JobMetadata, JobReport, JobState};
use model::upload::identify;
use model::{Failure, Response, ResponseKey};

use crate::transcode::{Engine, Transcoder as _};
use crate::{Disposition, RetryableError};

/// The clients of the function.
pub struct OnJob {
    /// The responses table.
    pub table: ResponsesTable,
    /// The uploads bucket: the source identifies the response.
    pub uploads: Uploads,
    /// The renditions bucket.
    pub renditions: Renditions,
    /// The engine, which cancels a job that is too long.
    pub engine: Engine,
    /// The maximum seconds of a source that are transcoded.
    pub max_seconds: u32,
}

impl OnJob {
    /// Processes a message of either engine.
    pub async fn message(&self, body: &str) -> Vec<Result<Disposition, RetryableError>> {
        vec![match parse_job(body) {
            Ok(report) => self.report(report).await,
            Err(error) => Ok(Disposition::Reject(chain(&error))),
        }]
    }

    async fn report(&self, report: JobReport) -> Result<Disposition, RetryableError> {
        let source = self
            .uploads
            .head(&report.input_key, report.tag.version.as_deref());
        let Some(source) = source.await? else {
            return self.without_source(report).await;
        };
        let (owner, _) = match identify(source) {
            Ok(identified) => identified,
            Err(error) => {
                return Ok(Disposition::Reject(format!(
                    "the job's source is not an upload of a respondent: {error}"
                )));
            }
        };
        match report.tag.response_of(owner.email) {
            Some(key) => self.apply(&key, report).await,
            None => Ok(Disposition::Reject(
                "the job's metadata and its source name different respondents".to_owned(),
            )),
        }
    }

    /// Processes a job whose source was deleted while it ran: by a deletion of the response, or by an operator or a
    /// lifecycle rule, in which case the result counts.
    async fn without_source(&self, report: JobReport) -> Result<Disposition, RetryableError> {
        let JobMetadata {
            project, step, hash, ..
        } = &report.tag;
        match self.table.find(project, *step, hash).await? {
            Some(key) => self.apply(&key, report).await,
            None => {
                self.remove_output(&report.tag, "deleted the output: the job's response is deleted")
                    .await
            }
        }
    }

    async fn apply(&self, key: &ResponseKey, report: JobReport) -> Result<Disposition, RetryableError> {
        let is_too_long =
            report.exceeds(self.max_seconds) && self.engine.cancel_unlimited_job(&report.job_id).await?;
        let state = match report.state {
            _ if is_too_long => JobState::Failed(Failure::too_long()),
            JobState::Complete(made) => JobState::Complete(made.limited_to(self.max_seconds)),
            state => state,
        };
        let finished = state != JobState::Progressing;
        let tag = report.tag.clone();
        let change = Change::JobReported {
            take: report.tag.take,
            attempt: report.tag.attempt,
            job_id: report.job_id,
            state,
        };
        let outcome = self.table.apply(key, &change).await?;
        match outcome {
            WriteOutcome::Written(response) => Ok(Disposition::Done(now_is(&response))),
            WriteOutcome::Ignored(Ignored::Superseded | Ignored::Deleting | Ignored::NotApplicable, _)
                if finished =>
            {
                self.remove_output(&tag, "deleted the output: the job's attempt does not count")
                    .await
            }
            WriteOutcome::Ignored(..) => Ok(Disposition::Done(
                "ignored: a duplicate, or from an attempt that does not count",
            )),
        }
    }

    async fn remove_output(
        &self,
        tag: &JobMetadata,
        what: &'static str,
    ) -> Result<Disposition, RetryableError> {
        let folder = rendition_prefix(&tag.project, tag.step, &tag.hash);
        let name = rendition_name(tag.take, tag.attempt);
        self.renditions.remove_attempt(&folder, &name).await?;
        Ok(Disposition::Done(what))
    }
}

fn now_is(response: &Response) -> &'static str {
    use model::Status::{Failed, Ready};
    match response.status {
        Ready => "the response is ready",
        Failed => "the response has failed",
        _ => "the job is running",
    }
}
