//! Jobs: claimed in the table first, then started at the engine, then stored by their name.

use aws::AwsError;
use aws::call::AwsErrorKind;
use aws::table::{Outcome, ResponsesTable};
use model::lifecycle::{Change, Ignored, Refusal};
use model::transcode::JobRequest;
use model::{EngineError, Response, ResponseKey, Status, Timestamp};

use crate::transcode::{Engine, Transcoder as _};
use crate::{End, Retry};

/// After how many seconds without a result a job is overdue: longer than any video takes.
const RESULT_DUE_SECONDS: i64 = 2 * 3600;

/// Starts jobs.
pub struct Jobs {
    /// The responses table.
    pub table: ResponsesTable,
    /// The engine.
    pub engine: Engine,
    /// How long a claim keeps others from starting the job too, in seconds.
    pub lease_seconds: i64,
}

impl Jobs {
    /// When a claim of this moment ends.
    pub fn lease_from(&self, now: Timestamp) -> Timestamp {
        now.plus_seconds(self.lease_seconds)
    }

    /// Claims the job of a take that has none, and starts it.
    pub async fn claim(&self, key: &ResponseKey) -> Result<End, Retry> {
        let now = aws::now();
        let lease_until = self.lease_from(now);
        let change = Change::ClaimJob { lease_until };
        match self.table.apply(key, &change).await? {
            Outcome::Written(response) => self.start(&response).await,
            Outcome::Ignored(Ignored::Leased { until }, _) => Err(Retry::Leased(until)),
            Outcome::Ignored(..) => Ok(End::Done("ignored: there is no job to start")),
        }
    }

    /// Starts the job that the response has been claimed for.
    pub async fn start(&self, response: &Response) -> Result<End, Retry> {
        let (Some(request), Some(job)) = (JobRequest::of(response), &response.job) else {
            return Ok(End::Done("there is no job to start"));
        };
        let attempt = job.attempt;
        let change = match self.engine.start(&request).await {
            Ok(job_id) => {
                let due = aws::now().plus_seconds(RESULT_DUE_SECONDS);
                Change::JobStarted { attempt, job_id, due }
            }
            // There may be a job all the same: the claim stands until its lease ends.
            Err(error) => match refusal(&error) {
                Some(refusal) => Change::JobNotStarted { attempt, refusal },
                None => return Err(error.into()),
            },
        };
        let outcome = self.table.apply(&response.key, &change).await?;
        Ok(match change {
            Change::JobNotStarted { refusal, .. } => refused(&refusal, &outcome),
            _ => End::Done("started a job"),
        })
    }
}

/// Why the engine did not create a job; `None` when it may have.
fn refusal(error: &AwsError) -> Option<Refusal> {
    let said = || EngineError::new(error.code.as_deref(), error.message.as_deref());
    match error.kind {
        AwsErrorKind::Throttled => Some(Refusal::Throttled),
        AwsErrorKind::Refused => Some(Refusal::Request(said())),
        AwsErrorKind::Configuration => Some(Refusal::Configuration(said())),
        AwsErrorKind::Unknown => None,
    }
}

fn refused(refusal: &Refusal, outcome: &Outcome) -> End {
    let (Refusal::Request(said) | Refusal::Configuration(said)) = refusal else {
        // No failure: reconcile starts it when there is room.
        return End::Done("parked: the engine takes no more at the moment");
    };
    let response = match outcome {
        Outcome::Written(response) => response,
        Outcome::Ignored(..) => return End::Done("ignored: the job is not waited for any more"),
    };
    let what = match response.status {
        Status::Failed => "the response has failed",
        _ => "the job is tried again later",
    };
    End::EngineRefused(format!("{what}: {}: {}", said.code, said.message))
}
