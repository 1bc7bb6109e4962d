//! Starts jobs: claims them in the table, creates them at the engine, stores their identifiers.

use aws::AwsError;
use aws::error::AwsErrorKind;
use aws::table::{ResponsesTable, WriteOutcome};
use model::lifecycle::{Change, Ignored, Refusal};
use model::transcode::JobRequest;
use model::{EngineError, Response, ResponseKey, Status, Timestamp};

use crate::transcode::{Engine, Transcoder as _};
use crate::{Disposition, RetryableError};

/// The seconds after which a job without a result is overdue: longer than any video takes.
const RESULT_DUE_SECONDS: i64 = 2 * 3600;

/// The dispositions of a job that was created, and of one that `reconcile` creates when the engine accepts more.
pub(crate) const STARTED: &str = "started a job";
pub(crate) const THROTTLED: &str = "parked: the engine throttles job creation";

/// Starts jobs.
#[derive(Clone)]
pub struct Jobs {
    /// The responses table.
    pub table: ResponsesTable,
    /// The engine.
    pub engine: Engine,
    /// The duration of a claim, in seconds. No other invocation starts the job meanwhile.
    pub lease_seconds: i64,
}

impl Jobs {
    /// Returns the end of a claim that starts now.
    pub fn lease_from(&self, now: Timestamp) -> Timestamp {
        now.plus_seconds(self.lease_seconds)
    }

    /// Claims the job of a take that has none and creates it.
    pub async fn claim(&self, key: &ResponseKey) -> Result<Disposition, RetryableError> {
        let now = aws::now();
        let lease_until = self.lease_from(now);
        let change = Change::ClaimJob { lease_until };
        match self.table.apply(key, &change).await? {
            WriteOutcome::Written(response) => self.start(&response).await,
            WriteOutcome::Ignored(Ignored::Leased { until }, _) => Err(RetryableError::Leased(until)),
            WriteOutcome::Ignored(..) => Ok(Disposition::Done("ignored: the response has no job to start")),
        }
    }

    /// Creates the claimed job.
    pub async fn start(&self, response: &Response) -> Result<Disposition, RetryableError> {
        let (Some(request), Some(job)) = (JobRequest::of(response), &response.job) else {
            return Ok(Disposition::Done(
                "nothing done: the response has no job to start",
            ));
        };
        let attempt = job.attempt;
        let change = match self.engine.create_job(&request).await {
            Ok(job_id) => {
                let due = aws::now().plus_seconds(RESULT_DUE_SECONDS);
                Change::JobStarted { attempt, job_id, due }
            }
            // The job may exist despite the error: the claim lasts until its lease ends.
            Err(error) => match refusal(&error) {
                Some(refusal) => Change::JobNotStarted { attempt, refusal },
                None => return Err(error.into()),
            },
        };
        let outcome = self.table.apply_to(response, &change).await?;
        Ok(match change {
            Change::JobNotStarted { refusal, .. } => refused(&refusal, &outcome),
            _ => Disposition::Done(STARTED),
        })
    }
}

/// Returns why the engine did not create a job; `None` if it may have created one.
fn refusal(error: &AwsError) -> Option<Refusal> {
    let said = || EngineError::new(error.code.as_deref(), error.message.as_deref());
    match error.kind {
        AwsErrorKind::Throttled => Some(Refusal::Throttled),
        AwsErrorKind::Refused => Some(Refusal::Request(said())),
        AwsErrorKind::Configuration => Some(Refusal::Configuration(said())),
        AwsErrorKind::Unknown => None,
    }
}

fn refused(refusal: &Refusal, outcome: &WriteOutcome) -> Disposition {
    let (Refusal::Request(said) | Refusal::Configuration(said)) = refusal else {
        // Not a failure: reconcile creates the job when the engine accepts more.
        return Disposition::Done(THROTTLED);
    };
    let response = match outcome {
        WriteOutcome::Written(response) => response,
        WriteOutcome::Ignored(..) => {
            return Disposition::Done("ignored: the response does not need the job any more");
        }
    };
    let what = match response.status {
        Status::Failed => "the response has failed",
        _ => "the job is retried later",
    };
    Disposition::EngineRefused(format!("{what}: {}: {}", said.code, said.message))
}
