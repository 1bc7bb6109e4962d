//! Applies the events of the uploads bucket: a file becomes a response's take, and a job is started for it.

use aws::error::chain;
use aws::objects::Uploads;
use aws::table::{ResponsesTable, WriteOutcome};
use model::ResponseKey;
use model::lifecycle::{Change, Ignored};
use model::notification::s3::{self, ObjectCreated};
use model::object_key::upload_prefix;
use model::upload::{Upload, identify, is_folder_marker};

use crate::jobs::Jobs;
use crate::{Disposition, RetryableError};

/// The clients of the function.
pub struct OnUpload {
    /// The responses table.
    pub table: ResponsesTable,
    /// The uploads bucket.
    pub uploads: Uploads,
    /// Starts the job.
    pub jobs: Jobs,
}

impl OnUpload {
    /// Processes a message: a notification of S3 with one or more records.
    pub async fn message(&self, body: &str) -> Vec<Result<Disposition, RetryableError>> {
        let records = match s3::parse(body) {
            Ok(records) => records,
            Err(error) => return vec![Ok(Disposition::Reject(chain(&error)))],
        };
        let mut dispositions = Vec::with_capacity(records.len());
        for record in records {
            dispositions.push(match record {
                Ok(event) => self.object(event).await,
                Err(error) => Ok(Disposition::Reject(chain(&error))),
            });
        }
        dispositions
    }

    /// Processes the current version of an object, whose event may have been lost.
    pub async fn stored_object(&self, key: &str) -> Result<Disposition, RetryableError> {
        self.object(ObjectCreated {
            bucket: self.uploads.bucket().to_owned(),
            key: key.to_owned(),
            version: None,
            at: None,
        })
        .await
    }

    /// Processes the event of one object.
    pub async fn object(&self, event: ObjectCreated) -> Result<Disposition, RetryableError> {
        if event.bucket != self.uploads.bucket() {
            return Ok(Disposition::Reject(format!(
                "the bucket {:?} is not the uploads bucket",
                event.bucket
            )));
        }
        let Some(object) = self.uploads.head(&event.key, event.version.as_deref()).await? else {
            return Ok(Disposition::Done("the object does not exist any more"));
        };
        if is_folder_marker(&object) {
            return Ok(Disposition::Done("ignored: a folder marker"));
        }
        match identify(object) {
            Ok((key, upload)) => self.upload(&key, &upload.completed_at(event.at)).await,
            Err(error) => Ok(Disposition::Reject(error.to_string())),
        }
    }

    async fn upload(&self, key: &ResponseKey, upload: &Upload) -> Result<Disposition, RetryableError> {
        let now = aws::now();
        let lease_until = self.jobs.lease_from(now);
        let changes = [
            Change::UploadArrived(upload.clone()),
            Change::ClaimJob { lease_until },
        ];
        let outcome = self.table.apply_all(key, &changes, now).await?;
        match outcome {
            WriteOutcome::Written(response) => self.jobs.start(&response).await,
            WriteOutcome::Ignored(Ignored::Leased { until }, _) => Err(RetryableError::Leased(until)),
            WriteOutcome::Ignored(Ignored::SecondVersion, _) => {
                self.remove(upload, "deleted: a second version of a take").await
            }
            WriteOutcome::Ignored(Ignored::AlreadyAnswered, _) => {
                self.remove(upload, "deleted: the response is finished").await
            }
            WriteOutcome::Ignored(Ignored::Deleting, _) => {
                self.remove(upload, "deleted: the response is being deleted")
                    .await
            }
            WriteOutcome::Ignored(Ignored::Older, _) => {
                self.record_unmanaged_key(key, upload).await?;
                Ok(Disposition::Done("ignored: older than the current take"))
            }
            WriteOutcome::Ignored(..) => Ok(Disposition::Done("ignored: duplicate")),
        }
    }

    /// Records the key of an unmanaged file that is not the current take: a deletion of the response deletes it too.
    async fn record_unmanaged_key(&self, key: &ResponseKey, upload: &Upload) -> Result<(), RetryableError> {
        if upload.key.starts_with(&upload_prefix(key)) {
            return Ok(());
        }
        let change = Change::UnmanagedFileFound {
            key: upload.key.clone(),
        };
        self.table.apply(key, &change).await?;
        Ok(())
    }

    async fn remove(&self, upload: &Upload, what: &'static str) -> Result<Disposition, RetryableError> {
        self.uploads
            .remove(&upload.key, upload.version.as_deref())
            .await?;
        Ok(Disposition::Done(what))
    }
}
