//! Jobs: claimed in the table first, then started at the engine, then stored by their name.

use aws::CallError;
use aws::call::CallErrorKind;
use aws::table::{Outcome, ResponsesTable};
use model::lifecycle::{Change, Ignored};
use model::transcode::JobRequest;
use model::{Response, ResponseKey, Timestamp};

use crate::transcode::{Engine, Transcoder};
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
        let change = Change::Claim { lease_until };
        match self.table.apply(key, &change).await? {
            Outcome::Written(response) => self.start(&response).await,
            Outcome::Ignored(Ignored::Leased { until }, _) => Err(Retry::Leased(until)),
            Outcome::Ignored(..) => Ok(End::Done("ignored: there is no job to start")),
        }
    }

    /// Starts the job that the response has been claimed for.
    pub async fn start(&self, response: &Response) -> Result<End, Retry> {
        let (Some(request), Some(job)) = (JobRequest::of(response), &response.job) else {
            return Ok(End::Done("nothing to start"));
        };
        let attempt = job.attempt;
        let started = self.engine.start(&request).await;
        let change = match &started {
            Ok(job_id) => {
                let due = aws::now().plus_seconds(RESULT_DUE_SECONDS);
                let job_id = job_id.clone();
                Change::Start { attempt, job_id, due }
            }
            Err(CallError {
                kind: CallErrorKind::Throttled | CallErrorKind::Refused,
                ..
            }) => Change::Release {
                attempt,
                job_id: None,
            },
            // There may be a job all the same: the claim stands until its lease ends.
            Err(_) => return started.map(|_| End::Done("started")).map_err(Retry::from),
        };
        let key = &response.key;
        self.table.apply(key, &change).await?;
        match started {
            Ok(_) => Ok(End::Done("started a job")),
            // No failure: reconcile starts it when there is room.
            Err(error) if error.kind == CallErrorKind::Throttled => {
                Ok(End::Done("parked: the engine takes no more at the moment"))
            }
            Err(error) => Err(error.into()),
        }
    }
}
