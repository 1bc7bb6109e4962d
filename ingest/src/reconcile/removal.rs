//! A removal that was asked for: all that there is of a response goes, and at last its record.

use model::deletion::{AfterSweep, after_sweep};
use model::lifecycle::Change;
use model::object_key::{rendition_prefix, upload_prefix};
use model::{Response, Timestamp};

use super::Reconcile;
use crate::transcode::Transcoder;
use crate::{End, Retry};

impl Reconcile {
    /// Removes all that there is of a response; the record itself when nothing can come any more. Whatever
    /// interrupts it, it begins again.
    pub(super) async fn delete(&self, response: &Response, began: Timestamp) -> Result<End, Retry> {
        let awaits_job = self.awaits_job(response).await?;
        self.sweep(response).await?;
        let table = &self.on_upload.table;
        match after_sweep(response, awaits_job, began) {
            AfterSweep::Gone => {
                let removed = table.remove(response).await?;
                let changed = "ignored: it was changed meanwhile";
                Ok(End::Done(if removed { "removed for good" } else { changed }))
            }
            AfterSweep::Again { next } => {
                let (key, change) = (&response.key, Change::DeletionProgressed { next, awaits_job });
                table.apply(key, &change).await?;
                Ok(End::Done("removed what was there; something may still come"))
            }
        }
    }

    /// Whether a job may still write; it is called off if it can be.
    async fn awaits_job(&self, response: &Response) -> Result<bool, Retry> {
        let awaited = response
            .deletion
            .as_ref()
            .is_some_and(|deletion| deletion.awaits_job);
        match response.job.as_ref().filter(|_| awaited) {
            None => Ok(false),
            Some(job) => match &job.id {
                Some(id) => Ok(!self.on_upload.jobs.engine.end(id).await?),
                // Its start was never stored: it is waited for until its claim ends.
                None => Ok(true),
            },
        }
    }

    async fn sweep(&self, response: &Response) -> Result<(), Retry> {
        let (key, uploads) = (&response.key, &self.on_upload.uploads);
        let folder = upload_prefix(key);
        uploads.abort_all(&folder).await?;
        uploads.remove_folder(&folder).await?;
        // Files that were put by hand lie elsewhere.
        let video = response.video.iter().filter(|video| !video.starts_with(&folder));
        for key in video.chain(&response.unmanaged_keys) {
            uploads.remove_object(key).await?;
        }
        let folder = rendition_prefix(&key.project, key.step, &key.mail.hash());
        self.renditions.remove_folder(&folder).await?;
        Ok(())
    }
}
