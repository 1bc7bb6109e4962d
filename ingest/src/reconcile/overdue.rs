//! Processes overdue work that the index of open responses lists.
//!
//! Each kind of work has its own partitions of the index, its own concurrency, and the whole time of a run, so a
//! backlog of one kind does not delay another. A run postpones each response behind the others before it processes it, so a
//! response that fails repeatedly does not delay the others. Two concurrent runs may safely process the same response:
//! writes are conditional, and a run claims a job before it creates it.

use std::cell::Cell;
use std::future::ready;
use std::pin::pin;
use std::time::Duration;

use aws::table::{TableError, WriteOutcome};
use futures_util::{FutureExt, Stream, StreamExt, TryStreamExt, join, stream};
use model::due::WorkKind;
use model::lifecycle::Change;
use model::measurement::Repair;
use model::object_key::upload_prefix;
use model::transcode::{JobRequest, JobState};
use model::{Job, Response, ResponseKey, Status, TakeId, Timestamp};

use super::pace::Pace;
use super::{Reconcile, ReconcileSummary, STOP_MARGIN, repaired_upload};
use crate::deadline::Deadline;
use crate::jobs::STARTED;
use crate::transcode::Transcoder;
use crate::{Disposition, RetryableError};

/// The interval between two job creations: Elastic Transcoder accepts two a second.
const JOB_START_INTERVAL: Duration = Duration::from_millis(500);

/// The state of a run.
struct Run {
    job_starts: Pace,
    oldest_overdue_seconds: Cell<u64>,
}

impl Run {
    /// Records that a response was due at this time.
    fn found(&self, due: Timestamp, now: Timestamp) {
        let seconds = (now.as_seconds() - due.as_seconds()).max(0).unsigned_abs();
        let oldest = self.oldest_overdue_seconds.get();
        self.oldest_overdue_seconds.set(oldest.max(seconds));
    }
}

/// The number of responses of one kind that are processed at the same time.
fn concurrency(kind: WorkKind) -> usize {
    match kind {
        WorkKind::Expiry => 8,
        WorkKind::Job | WorkKind::Deletion => 4,
    }
}

impl Reconcile {
    /// Processes overdue work until [`STOP_MARGIN`] is left; the next run continues.
    pub(super) async fn overdue(&self, deadline: Deadline) -> ReconcileSummary {
        let run = Run {
            job_starts: Pace::new(JOB_START_INTERVAL),
            oldest_overdue_seconds: Cell::new(0),
        };
        // Boxed: the compiler limits the depth of nested futures.
        let work = |kind| self.overdue_of(kind, &run, deadline).boxed_local();
        let (expiries, jobs, deletions) = join!(
            work(WorkKind::Expiry),
            work(WorkKind::Job),
            work(WorkKind::Deletion)
        );
        ReconcileSummary {
            oldest_overdue_seconds: run.oldest_overdue_seconds.get(),
            ..expiries + jobs + deletions
        }
    }

    async fn overdue_of(&self, kind: WorkKind, run: &Run, deadline: Deadline) -> ReconcileSummary {
        let mut summary = ReconcileSummary::default();
        let in_time = |_: &_| ready(!deadline.less_than(STOP_MARGIN));
        let work = self
            .keys(kind, aws::now())
            .take_while(in_time)
            .map(async |key| match key {
                Ok(key) => {
                    let subject = format!("{}/{}/{}", key.project, key.step, key.email.hash());
                    // Boxed: the compiler limits the depth of nested futures.
                    let end = deadline.timeout(self.response(&key, run).boxed_local()).await;
                    (subject, end.unwrap_or(Err(RetryableError::OutOfTime)))
                }
                Err(error) => (
                    format!("the index of open responses, {kind:?}"),
                    Err(error.into()),
                ),
            });
        let mut ends = pin!(work.buffer_unordered(concurrency(kind)));
        while let Some((subject, end)) = ends.next().await {
            summary.count(&subject, &end);
        }
        summary
    }

    /// Returns the keys of the responses with overdue work of this kind, or an error for each unreadable partition.
    fn keys(&self, kind: WorkKind, now: Timestamp) -> impl Stream<Item = Result<ResponseKey, TableError>> {
        let shards = kind.shards();
        // Each run starts with another partition, so that a backlog in one does not delay the others.
        let minute = now.as_seconds().div_euclid(60);
        let rotation = usize::try_from(minute.rem_euclid(shards.len() as i64)).unwrap_or_default();
        let rotated = shards.clone().cycle().skip(rotation).take(shards.len());
        stream::iter(rotated).flat_map(move |shard| {
            let pages = stream::try_unfold(Some(None), move |after| async move {
                let Some(after) = after else {
                    return Ok::<_, TableError>(None);
                };
                let page = self.table.overdue(shard, now, after).await?;
                let keys = stream::iter(page.keys.into_iter().map(Ok));
                Ok(Some((keys, page.next.map(Some))))
            });
            pages.try_flatten()
        })
    }

    async fn response(&self, key: &ResponseKey, run: &Run) -> Result<Disposition, RetryableError> {
        let now = aws::now();
        let table = &self.table;
        let response = table.get(key).await?;
        let due = response.and_then(|response| Some((response.due_at()?, response)));
        let Some((due, response)) = due.filter(|(due, _)| *due <= now) else {
            return Ok(Disposition::Done("ignored: the response is not overdue any more"));
        };
        run.found(due, now);
        if !table.postpone(&response, now).await? {
            return Ok(Disposition::Done("ignored: the response changed in the meantime"));
        }
        match self.work(&response, now, run).await {
            Err(RetryableError::Leased(_)) => {
                Ok(Disposition::Done("left: another invocation has claimed the job"))
            }
            end => end,
        }
    }

    async fn work(
        &self,
        response: &Response,
        now: Timestamp,
        run: &Run,
    ) -> Result<Disposition, RetryableError> {
        if response.status == Status::Deleting {
            return self.delete(response, now).await;
        }
        if let Some(pending) = response
            .pending_upload
            .as_ref()
            .filter(|pending| pending.until <= now)
        {
            return self.upload(response, pending.take).await;
        }
        match response.job.as_ref().and_then(|job| Some((job, job.id.clone()?))) {
            Some((job, job_id)) if response.status == Status::Transcoding => {
                self.result(response, job, job_id).await
            }
            _ => {
                run.job_starts.wait().await;
                let disposition = self.jobs.claim(&response.key).await?;
                // A job that the engine throttled or refused, or whose retry was requested, is created here regularly.
                Ok(match (response.status, disposition) {
                    (Status::Transcoding, Disposition::Done(STARTED)) => {
                        Disposition::Repaired(Repair::JobCreation)
                    }
                    (_, disposition) => disposition,
                })
            }
        }
    }

    /// Requests a missing result from the engine.
    async fn result(
        &self,
        response: &Response,
        job: &Job,
        job_id: String,
    ) -> Result<Disposition, RetryableError> {
        let Some(request) = JobRequest::of(response) else {
            return Ok(Disposition::Done("ignored: the job belongs to an older take"));
        };
        let attempt = job.attempt;
        let (change, repair) = match self.engine.job_state(&job_id, &request).await? {
            Some(JobState::Progressing) => return Ok(Disposition::Done("left: the job is still running")),
            Some(state) => {
                let take = job.take;
                (
                    Change::JobReported {
                        take,
                        attempt,
                        job_id,
                        state,
                    },
                    Repair::JobEvent,
                )
            }
            None => (Change::JobLost { attempt, job_id }, Repair::LostJob),
        };
        match self.table.apply_to(response, &change).await? {
            WriteOutcome::Written(_) => Ok(Disposition::Repaired(repair)),
            WriteOutcome::Ignored(..) => Ok(Disposition::Done("ignored: the result arrived in the meantime")),
        }
    }

    /// Ends an expired upload: its file never arrived, or the event of this or an earlier upload's file was lost.
    async fn upload(&self, response: &Response, take: TakeId) -> Result<Disposition, RetryableError> {
        let (key, uploads) = (&response.key, &self.uploads);
        let folder = upload_prefix(key);
        let mut taken_in = None;
        // Keys sort by take: this visits them from the newest to the current one.
        for object_key in uploads.list_folder(&folder).await?.iter().rev() {
            if response.video.as_ref() == Some(object_key) {
                break;
            }
            let end = self.arrived(object_key).await?;
            let counts = self.table.get(key).await?;
            if counts.is_some_and(|response| response.video.as_ref() == Some(object_key)) {
                taken_in = Some(repaired_upload(end));
                break;
            }
        }
        uploads.abort_all(&format!("{folder}{take}.")).await?;
        let change = Change::ExpireUpload { take };
        let expired = self.table.apply(key, &change).await?;
        Ok(taken_in.unwrap_or(match expired {
            WriteOutcome::Written(_) => Disposition::Done("expired: nothing was uploaded"),
            WriteOutcome::Ignored(..) => Disposition::Done("ignored: the upload is not pending any more"),
        }))
    }

    /// Processes an object whose event may have been lost. Keeps an unusable one as a reject.
    async fn arrived(&self, key: &str) -> Result<Disposition, RetryableError> {
        let disposition = self.on_upload.stored_object(key).await?;
        if let Disposition::Reject(reason) = &disposition {
            let record = format!("s3://{}/{key}", self.uploads.bucket());
            self.rejects.keep(reason, &record).await?;
        }
        Ok(disposition)
    }
}
