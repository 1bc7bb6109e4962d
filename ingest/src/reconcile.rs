//! What is owed and overdue is looked up and repaired: an upload that never came or came unnoticed, a job that was
//! never started, a result that never arrived, a removal that is not finished.
//!
//! It walks the index of open responses, not the table, and decides by the response itself: the index may lag.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aws::objects::Renditions;
use aws::rejects::Rejects;
use aws::table::Outcome;
use model::deletion::{AfterSweep, after_sweep};
use model::item::OPEN_SHARDS;
use model::lifecycle::{Change, decide};
use model::notification::s3::ObjectCreated;
use model::object_key::{rendition_prefix, upload_prefix};
use model::transcode::{JobRequest, JobState};
use model::{Job, Response, ResponseKey, Status, TakeId, Timestamp};
use serde::Serialize;
use tokio::time::sleep;

use crate::on_upload::OnUpload;
use crate::transcode::Transcoder;
use crate::{End, Retry};

/// The most responses of a part of the index that one run looks at: what is left is still overdue in the next.
const MOST_OF_A_SHARD: usize = 100;

/// How long a run goes on to the next response: Lambda ends it after a minute.
const LONGEST_RUN: Duration = Duration::from_secs(40);

/// Between one job and the next: Elastic Transcoder takes two a second.
const PACE: Duration = Duration::from_millis(500);

/// What the function works with.
pub struct Reconcile {
    /// Takes in what has arrived unnoticed, and starts jobs.
    pub on_upload: OnUpload,
    /// Where renditions are.
    pub renditions: Renditions,
    /// Where that goes which nobody can use.
    pub rejects: Rejects,
}

/// What a run did.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    /// How many responses were overdue.
    pub looked_at: u32,
    /// What was done, and how often.
    pub ends: BTreeMap<String, u32>,
    /// How many are to be tried again.
    pub failed: u32,
}

impl Reconcile {
    /// Looks at everything that is overdue.
    pub async fn run(&self) -> Summary {
        let mut summary = Summary::default();
        let begin = Instant::now();
        for shard in 0..OPEN_SHARDS {
            let overdue = self
                .on_upload
                .table
                .overdue(shard, aws::now(), MOST_OF_A_SHARD)
                .await;
            let Ok(overdue) = overdue.inspect_err(|error| {
                tracing::error!(
                    shard,
                    error = error.chain(),
                    "a part of the index could not be read"
                );
                summary.failed += 1;
            }) else {
                continue;
            };
            for key in overdue {
                if begin.elapsed() > LONGEST_RUN {
                    tracing::warn!(
                        shard,
                        "there is more than a run has time for: the next one goes on"
                    );
                    return summary;
                }
                summary.looked_at += 1;
                self.conclude(&key, &mut summary).await;
            }
        }
        tracing::info!(
            looked_at = summary.looked_at,
            failed = summary.failed,
            "reconciled"
        );
        summary
    }

    /// Works on one response, and writes its line of log.
    async fn conclude(&self, key: &ResponseKey, summary: &mut Summary) {
        let (project, step, respondent) = (&key.project, key.step, key.mail.hash());
        match self.response(key).await {
            Ok(End::Done(what)) => {
                tracing::info!(%project, %step, %respondent, end = "done", what, "record");
                *summary.ends.entry(what.to_owned()).or_default() += 1;
            }
            Ok(End::Reject(reason)) => {
                tracing::warn!(%project, %step, %respondent, end = "rejected", reason, "record");
                *summary.ends.entry("rejected".to_owned()).or_default() += 1;
            }
            Err(retry) => {
                tracing::error!(%project, %step, %respondent, end = "retry", error = retry.to_string(), "record");
                summary.failed += 1;
            }
        }
    }

    async fn response(&self, key: &ResponseKey) -> Result<End, Retry> {
        let now = aws::now();
        let response = self.on_upload.table.get(key).await?;
        let Some(response) = response.filter(|response| response.due_at().is_some_and(|due| due <= now))
        else {
            return Ok(End::Done("nothing is overdue any more"));
        };
        if response.status == Status::Deleting {
            return self.delete(&response, now).await;
        }
        if let Some(asked) = response.asked.as_ref().filter(|asked| asked.until <= now) {
            return self.upload(key, asked.take).await;
        }
        match response.job.as_ref().and_then(|job| Some((job, job.id.clone()?))) {
            Some((job, job_id)) if response.status == Status::Transcoding => {
                self.result(&response, job, job_id).await
            }
            _ => {
                sleep(PACE).await;
                self.on_upload.jobs.claim(key).await
            }
        }
    }

    /// A job has not told its result: the engine is asked.
    async fn result(&self, response: &Response, job: &Job, job_id: String) -> Result<End, Retry> {
        let Some(request) = JobRequest::of(response) else {
            return Ok(End::Done("ignored: its job is of an older take"));
        };
        let attempt = job.attempt;
        let (change, what) = match self.on_upload.jobs.engine.look(&job_id, &request).await? {
            Some(JobState::Progressing) => return Ok(End::Done("left: its job is still at work")),
            Some(state) => {
                let take = job.take;
                (
                    Change::Report {
                        take,
                        attempt,
                        job_id,
                        state,
                    },
                    "repaired: its result had not arrived",
                )
            }
            None => {
                let job_id = Some(job_id);
                (
                    Change::Release { attempt, job_id },
                    "repaired: the engine knows its job no more",
                )
            }
        };
        let (key, table) = (&response.key, &self.on_upload.table);
        match table
            .change(key, |current| decide(current, key, &change, aws::now()))
            .await?
        {
            Outcome::Written(_) => Ok(End::Done(what)),
            Outcome::Ignored(..) => Ok(End::Done("ignored: it is known by now")),
        }
    }

    /// A form has ended: either its file came unnoticed, or it never came.
    async fn upload(&self, key: &ResponseKey, take: TakeId) -> Result<End, Retry> {
        let uploads = &self.on_upload.uploads;
        let name = format!("{}{take}.", upload_prefix(key));
        if let Some((object_key, _)) = uploads.find(&name).await? {
            let arrived = ObjectCreated {
                bucket: uploads.bucket().to_owned(),
                key: object_key,
                version: None,
            };
            let record = format!("s3://{}/{}", arrived.bucket, arrived.key);
            let end = self.on_upload.object(arrived).await?;
            if let End::Reject(reason) = &end {
                self.rejects.keep(reason, &record).await?;
            }
            // What counted is no longer waited for; what did not must not be looked at for ever.
            self.expire(key, take).await?;
            return Ok(end);
        }
        uploads.abort_all(&name).await?;
        match self.expire(key, take).await? {
            Outcome::Written(_) => Ok(End::Done("expired: nothing was uploaded")),
            Outcome::Ignored(..) => Ok(End::Done("ignored: it is no longer waited for")),
        }
    }

    async fn expire(&self, key: &ResponseKey, take: TakeId) -> Result<Outcome, Retry> {
        let change = Change::Expire { take };
        let table = &self.on_upload.table;
        Ok(table
            .change(key, |current| decide(current, key, &change, aws::now()))
            .await?)
    }

    /// Removes all that there is of a response; the record itself when nothing can come any more. Whatever
    /// interrupts it, it begins again.
    async fn delete(&self, response: &Response, began: Timestamp) -> Result<End, Retry> {
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
                let (key, change) = (&response.key, Change::Sweep { next, awaits_job });
                table
                    .change(key, |current| decide(current, key, &change, aws::now()))
                    .await?;
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
        // A file that was put by hand lies elsewhere.
        if let Some(video) = response
            .video
            .as_ref()
            .filter(|video| !video.starts_with(&folder))
        {
            uploads.remove_object(video).await?;
        }
        let folder = rendition_prefix(&key.project, key.step, &key.mail.hash());
        self.renditions.remove_folder(&folder).await?;
        Ok(())
    }
}
