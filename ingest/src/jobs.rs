//! Starts jobs: claims them in the table, creates them at the engine, stores their identifiers.

use aws::AwsError;
use aws::error::AwsErrorKind;
use aws::table::{Outcome, ResponsesTable};
use model::lifecycle::{Change, Ignored, Refusal};
use model::transcode::JobRequest;
use model::{EngineError, Response, ResponseKey, Status, Timestamp};

use crate::transcode::{Engine, Transcoder as _};
use crate::{Disposition, RetryableError};

/// The seconds after which a job without a result is overdue: longer than any video takes.
const RESULT_DUE_SECONDS: i64 = 2 * 3600;

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
            Outcome::Written(response) => self.start(&response).await,
            Outcome::Ignored(Ignored::Leased { until }, _) => Err(RetryableError::Leased(until)),
            Outcome::Ignored(..) => Ok(Disposition::Done("ignored: there is no job to start")),
        }
    }

    /// Creates the job that has been claimed.
    pub async fn start(&self, response: &Response) -> Result<Disposition, RetryableError> {
        let (Some(request), Some(job)) = (JobRequest::of(response), &response.job) else {
            return Ok(Disposition::Done("there is no job to start"));
        };
        let attempt = job.attempt;
        let change = match self.engine.create_job(&request).await {
            Ok(job_id) => {
                let due = aws::now().plus_seconds(RESULT_DUE_SECONDS);
                Change::JobStarted { attempt, job_id, due }
            }
            // The job may exist all the same: the claim lasts until its lease ends.
            Err(error) => match refusal(&error) {
                Some(refusal) => Change::JobNotStarted { attempt, refusal },
                None => return Err(error.into()),
            },
        };
        let outcome = self.table.apply(&response.key, &change).await?;
        Ok(match change {
            Change::JobNotStarted { refusal, .. } => refused(&refusal, &outcome),
            _ => Disposition::Done("started a job"),
        })
    }
}

/// Returns why the engine did not create a job; `None` where it may have.
fn refusal(error: &AwsError) -> Option<Refusal> {
    let said = || EngineError::new(error.code.as_deref(), error.message.as_deref());
    match error.kind {
        AwsErrorKind::Throttled => Some(Refusal::Throttled),
        AwsErrorKind::Refused => Some(Refusal::Request(said())),
        AwsErrorKind::Configuration => Some(Refusal::Configuration(said())),
        AwsErrorKind::Unknown => None,
    }
}

fn refused(refusal: &Refusal, outcome: &Outcome) -> Disposition {
    let (Refusal::Request(said) | Refusal::Configuration(said)) = refusal else {
        // No failure: reconcile creates it when the engine accepts more.
        return Disposition::Done("parked: the engine takes no more at the moment");
    };
    let response = match outcome {
        Outcome::Written(response) => response,
        Outcome::Ignored(..) => return Disposition::Done("ignored: the job is not waited for any more"),
    };
    let what = match response.status {
        Status::Failed => "the response has failed",
        _ => "the job is tried again later",
    };
    Disposition::EngineRefused(format!("{what}: {}: {}", said.code, said.message))
}
