//! A file has arrived in the uploads bucket: it becomes a response's take, and a job is started for it.

use aws::CallError;
use aws::call::CallErrorKind;
use aws::objects::Uploads;
use aws::table::{Outcome, ResponsesTable};
use model::lifecycle::{Change, Ignored, decide, receive};
use model::notification::s3::{self, ObjectCreated};
use model::transcode::JobRequest;
use model::upload::{Upload, identify};
use model::{Response, ResponseKey};

use crate::transcode::elastic::ElasticTranscoder;
use crate::{End, Retry};

/// After how many seconds without a result a job is overdue: longer than any video takes.
const RESULT_DUE_SECONDS: i64 = 2 * 3600;

/// What the function works with.
pub struct OnUpload {
    /// The responses table.
    pub table: ResponsesTable,
    /// Where the file is.
    pub uploads: Uploads,
    /// Where the job goes.
    pub transcoder: ElasticTranscoder,
    /// How long a claim keeps others from starting the job too, in seconds.
    pub lease_seconds: i64,
}

impl OnUpload {
    /// Works on a message: a notification of S3, with a record or more.
    pub async fn message(&self, body: &str) -> Vec<Result<End, Retry>> {
        let records = match s3::parse(body) {
            Ok(records) => records,
            Err(error) => return vec![Ok(End::Reject(error.to_string()))],
        };
        let mut ends = Vec::with_capacity(records.len());
        for record in records {
            ends.push(match record {
                Ok(event) => self.object(event).await,
                Err(error) => Ok(End::Reject(error.to_string())),
            });
        }
        ends
    }

    async fn object(&self, event: ObjectCreated) -> Result<End, Retry> {
        if event.bucket != self.uploads.bucket() {
            return Ok(End::Reject(format!(
                "the bucket {:?} is not the uploads bucket",
                event.bucket
            )));
        }
        let Some(object) = self.uploads.look(&event.key, event.version.as_deref()).await? else {
            return Ok(End::Done("the object is gone"));
        };
        match identify(object) {
            Ok((key, upload)) => self.upload(&key, &upload).await,
            Err(error) => Ok(End::Reject(error.to_string())),
        }
    }

    async fn upload(&self, key: &ResponseKey, upload: &Upload) -> Result<End, Retry> {
        let now = aws::now();
        let lease_until = now.plus_seconds(self.lease_seconds);
        let outcome = self
            .table
            .change(key, |current| receive(current, key, upload, lease_until, now))
            .await?;
        match outcome {
            Outcome::Written(response) => self.start(&response).await,
            Outcome::Ignored(Ignored::Leased { until }, _) => Err(Retry::Leased(until)),
            Outcome::Ignored(Ignored::SecondVersion, _) => {
                self.remove(upload, "removed: a take's second version").await
            }
            Outcome::Ignored(Ignored::Answered, _) => {
                self.remove(upload, "removed: the response is finished").await
            }
            Outcome::Ignored(Ignored::Deleting, _) => {
                self.remove(upload, "removed: the response is deleted").await
            }
            Outcome::Ignored(Ignored::Older, _) => Ok(End::Done("ignored: older than the take that counts")),
            Outcome::Ignored(..) => Ok(End::Done("ignored: known")),
        }
    }

    async fn remove(&self, upload: &Upload, what: &'static str) -> Result<End, Retry> {
        self.uploads
            .remove(&upload.key, upload.version.as_deref())
            .await?;
        Ok(End::Done(what))
    }

    /// Starts the job that the response has been claimed for.
    async fn start(&self, response: &Response) -> Result<End, Retry> {
        let (Some(request), Some(job)) = (JobRequest::of(response), &response.job) else {
            return Ok(End::Done("nothing to start"));
        };
        let attempt = job.attempt;
        let started = self.transcoder.start(&request).await;
        let change = match &started {
            Ok(job_id) => {
                let due = aws::now().plus_seconds(RESULT_DUE_SECONDS);
                Change::Start {
                    attempt,
                    job_id: job_id.clone(),
                    due,
                }
            }
            Err(CallError {
                kind: CallErrorKind::Throttled | CallErrorKind::Refused,
                ..
            }) => Change::Release { attempt },
            // There may be a job all the same: the claim stands until its lease ends.
            Err(_) => return started.map(|_| End::Done("started")).map_err(Retry::from),
        };
        let key = &response.key;
        self.table
            .change(key, |current| decide(current, key, &change, aws::now()))
            .await?;
        started?;
        Ok(End::Done("started a job"))
    }
}
