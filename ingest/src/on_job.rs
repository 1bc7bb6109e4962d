//! The transcoder tells how a job stands: the response becomes ready, or failed.

use aws::objects::{Renditions, Uploads};
use aws::table::{Outcome, ResponsesTable};
use model::lifecycle::{Change, Ignored};
use model::notification::parse_job;
use model::object_key::{rendition_name, rendition_prefix};
use model::transcode::{JobMetadata, JobReport, JobState};
use model::upload::identify;
use model::{Failure, Response, ResponseKey};

use crate::transcode::{Engine, Transcoder as _};
use crate::{End, Retry};

/// What the function works with.
pub struct OnJob {
    /// The responses table.
    pub table: ResponsesTable,
    /// Where the source is, which tells whose it is.
    pub uploads: Uploads,
    /// Where the rendition is.
    pub renditions: Renditions,
    /// Cancels a job that is too long.
    pub engine: Engine,
    /// How many seconds of a source are transcoded.
    pub max_seconds: u32,
}

impl OnJob {
    /// Works on a message of either engine.
    pub async fn message(&self, body: &str) -> Vec<Result<End, Retry>> {
        vec![match parse_job(body) {
            Ok(report) => self.report(report).await,
            Err(reason) => Ok(End::Reject(reason)),
        }]
    }

    async fn report(&self, report: JobReport) -> Result<End, Retry> {
        let source = self
            .uploads
            .look(&report.input_key, report.tag.version.as_deref());
        let Some(source) = source.await? else {
            return self.without_source(report).await;
        };
        let (owner, _) = match identify(source) {
            Ok(identified) => identified,
            Err(error) => {
                return Ok(End::Reject(format!(
                    "the job's source is nobody's upload: {error}"
                )));
            }
        };
        match report.tag.response_of(owner.mail) {
            Some(key) => self.apply(&key, report).await,
            None => Ok(End::Reject(
                "the job's metadata name another respondent than its source".to_owned(),
            )),
        }
    }

    /// The source was removed while the job was running: by a deletion of the response, or by an operator or a lifecycle
    /// rule, in which case the result counts.
    async fn without_source(&self, report: JobReport) -> Result<End, Retry> {
        let JobMetadata {
            project, step, hash, ..
        } = &report.tag;
        match self.table.find(project, *step, hash).await? {
            Some(key) => self.apply(&key, report).await,
            None => {
                self.remove_output(
                    &report.tag,
                    "removed the output of a job whose response is deleted",
                )
                .await
            }
        }
    }

    async fn apply(&self, key: &ResponseKey, report: JobReport) -> Result<End, Retry> {
        let is_too_long =
            report.exceeds(self.max_seconds) && self.engine.cancel_unlimited(&report.job_id).await?;
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
            Outcome::Written(response) => Ok(End::Done(now_is(&response))),
            Outcome::Ignored(Ignored::Superseded | Ignored::Deleting | Ignored::NotApplicable, _)
                if finished =>
            {
                self.remove_output(&tag, "removed what an attempt made that does not count")
                    .await
            }
            Outcome::Ignored(..) => Ok(End::Done("ignored: known, or of an attempt that does not count")),
        }
    }

    async fn remove_output(&self, tag: &JobMetadata, what: &'static str) -> Result<End, Retry> {
        let folder = rendition_prefix(&tag.project, tag.step, &tag.hash);
        let name = rendition_name(tag.take, tag.attempt);
        self.renditions.remove_attempt(&folder, &name).await?;
        Ok(End::Done(what))
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
