//! Deletes a response: its files, and finally its record.

use model::deletion::{DeletionProgress, deletion_progress};
use model::lifecycle::Change;
use model::object_key::{rendition_prefix, upload_prefix};
use model::{Response, Timestamp};

use super::Reconcile;
use crate::transcode::Transcoder;
use crate::{Disposition, RetryableError};

impl Reconcile {
    /// Deletes the files of a response, and its record once no more files can arrive. Safe to repeat.
    pub(super) async fn delete(
        &self,
        response: &Response,
        began: Timestamp,
    ) -> Result<Disposition, RetryableError> {
        let awaits_job = self.awaits_job(response).await?;
        self.sweep(response).await?;
        let table = &self.table;
        match deletion_progress(response, awaits_job, began) {
            DeletionProgress::Complete => {
                let removed = table.remove(response).await?;
                let changed = "ignored: the response changed in the meantime";
                Ok(Disposition::Done(if removed {
                    "deleted the response"
                } else {
                    changed
                }))
            }
            DeletionProgress::Incomplete { next } => {
                let change = Change::DeletionProgressed { next, awaits_job };
                table.apply_to(response, &change).await?;
                Ok(Disposition::Done(
                    "deleted the present files; more may still arrive",
                ))
            }
        }
    }

    /// Cancels the job. Returns whether the job may still write.
    async fn awaits_job(&self, response: &Response) -> Result<bool, RetryableError> {
        let awaited = response
            .deletion
            .as_ref()
            .is_some_and(|deletion| deletion.awaits_job);
        match response.job.as_ref().filter(|_| awaited) {
            None => Ok(false),
            Some(job) => match &job.id {
                Some(id) => Ok(!self.engine.cancel_job(id).await?),
                // The job's identifier was never stored: the claim must end first.
                None => Ok(true),
            },
        }
    }

    async fn sweep(&self, response: &Response) -> Result<(), RetryableError> {
        let (key, uploads) = (&response.key, &self.uploads);
        let folder = upload_prefix(key);
        uploads.abort_all(&folder).await?;
        uploads.remove_folder(&folder).await?;
        // Unmanaged files are outside of the folder.
        let video = response.video.iter().filter(|video| !video.starts_with(&folder));
        for key in video.chain(&response.unmanaged_keys) {
            uploads.remove_object(key).await?;
        }
        let folder = rendition_prefix(&key.project, key.step, &key.email.hash());
        self.renditions.remove_folder(&folder).await?;
        Ok(())
    }
}
