//! A file has arrived in the uploads bucket: it becomes a response's take, and a job is started for it.

use aws::objects::Uploads;
use aws::table::{Outcome, ResponsesTable};
use model::ResponseKey;
use model::lifecycle::{Change, Ignored, record_and_claim};
use model::notification::s3::{self, ObjectCreated};
use model::object_key::upload_prefix;
use model::upload::{Upload, identify, is_folder_marker};

use crate::jobs::Jobs;
use crate::{End, Retry};

/// What the function works with.
pub struct OnUpload {
    /// The responses table.
    pub table: ResponsesTable,
    /// Where the file is.
    pub uploads: Uploads,
    /// Starts the job.
    pub jobs: Jobs,
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

    /// Works on one object.
    pub async fn object(&self, event: ObjectCreated) -> Result<End, Retry> {
        if event.bucket != self.uploads.bucket() {
            return Ok(End::Reject(format!(
                "the bucket {:?} is not the uploads bucket",
                event.bucket
            )));
        }
        let Some(object) = self.uploads.look(&event.key, event.version.as_deref()).await? else {
            return Ok(End::Done("the object is gone"));
        };
        if is_folder_marker(&object) {
            return Ok(End::Done("ignored: a folder marker"));
        }
        match identify(object) {
            Ok((key, upload)) => self.upload(&key, &upload.completed_at(event.at)).await,
            Err(error) => Ok(End::Reject(error.to_string())),
        }
    }

    async fn upload(&self, key: &ResponseKey, upload: &Upload) -> Result<End, Retry> {
        let now = aws::now();
        let lease_until = self.jobs.lease_from(now);
        let outcome = self
            .table
            .change(key, |current| {
                record_and_claim(current, key, upload, lease_until, now)
            })
            .await?;
        match outcome {
            Outcome::Written(response) => self.jobs.start(&response).await,
            Outcome::Ignored(Ignored::Leased { until }, _) => Err(Retry::Leased(until)),
            Outcome::Ignored(Ignored::SecondVersion, _) => {
                self.remove(upload, "removed: a take's second version").await
            }
            Outcome::Ignored(Ignored::AlreadyAnswered, _) => {
                self.remove(upload, "removed: the response is finished").await
            }
            Outcome::Ignored(Ignored::Deleting, _) => {
                self.remove(upload, "removed: the response is deleted").await
            }
            Outcome::Ignored(Ignored::Older, _) => {
                self.remember(key, upload).await?;
                Ok(End::Done("ignored: older than the take that counts"))
            }
            Outcome::Ignored(..) => Ok(End::Done("ignored: known")),
        }
    }

    /// A file that was put by hand and does not count is found again when the response is removed.
    async fn remember(&self, key: &ResponseKey, upload: &Upload) -> Result<(), Retry> {
        if upload.key.starts_with(&upload_prefix(key)) {
            return Ok(());
        }
        let change = Change::UnmanagedFileFound {
            key: upload.key.clone(),
        };
        self.table.apply(key, &change).await?;
        Ok(())
    }

    async fn remove(&self, upload: &Upload, what: &'static str) -> Result<End, Retry> {
        self.uploads
            .remove(&upload.key, upload.version.as_deref())
            .await?;
        Ok(End::Done(what))
    }
}
