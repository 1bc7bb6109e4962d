//! What is overdue, by the index of open responses.

use std::time::Duration;

use aws::table::Outcome;
use model::item::OPEN_SHARDS;
use model::lifecycle::Change;
use model::notification::s3::ObjectCreated;
use model::object_key::upload_prefix;
use model::transcode::{JobRequest, JobState};
use model::{Job, Response, ResponseKey, Status, TakeId};
use tokio::time::sleep;

use super::{LAST_BEGIN, Reconcile, Summary};
use crate::deadline::Deadline;
use crate::transcode::Transcoder;
use crate::{End, Retry};

/// Between one job and the next: Elastic Transcoder takes two a second.
const PACE: Duration = Duration::from_millis(500);

impl Reconcile {
    /// Looks at everything that is overdue, for as long as there is time: what is left is still overdue in the next run.
    pub(super) async fn overdue(&self, deadline: Deadline, summary: &mut Summary) {
        // Each run begins with another part, so that much to do in one does not keep it from the others.
        let minute = aws::now().as_seconds().div_euclid(60);
        let first = u8::try_from(minute.rem_euclid(i64::from(OPEN_SHARDS))).unwrap_or_default();
        for shard in (first..OPEN_SHARDS).chain(0..first) {
            if let Err(error) = self.shard(shard, deadline, summary).await {
                tracing::error!(
                    shard,
                    error = error.to_string(),
                    "a part of the index could not be read"
                );
                summary.failed += 1;
            }
        }
    }

    /// Looks at what is overdue in one part of the index, page by page: what fails keeps nothing from those behind it.
    async fn shard(&self, shard: u8, deadline: Deadline, summary: &mut Summary) -> Result<(), Retry> {
        let (now, mut after) = (aws::now(), None);
        loop {
            let page = self.on_upload.table.overdue(shard, now, after).await?;
            for key in page.keys {
                if deadline.is_within(LAST_BEGIN) {
                    tracing::warn!(
                        shard,
                        "there is more than a run has time for: the next one goes on"
                    );
                    return Ok(());
                }
                let whose = format!("{}/{}/{}", key.project, key.step, key.mail.hash());
                let end = deadline.before(self.response(&key)).await;
                summary.count(&whose, end.unwrap_or(Err(Retry::OutOfTime)));
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
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
            return self.upload(&response, asked.take).await;
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
            None => (
                Change::Lose { attempt, job_id },
                "repaired: the engine knows its job no more",
            ),
        };
        match self.on_upload.table.apply(&response.key, &change).await? {
            Outcome::Written(_) => Ok(End::Done(what)),
            Outcome::Ignored(..) => Ok(End::Done("ignored: it is known by now")),
        }
    }

    /// A form has ended: either its file came unnoticed, or it never came. An earlier form's file may have come too.
    async fn upload(&self, response: &Response, take: TakeId) -> Result<End, Retry> {
        let (key, uploads) = (&response.key, &self.on_upload.uploads);
        let folder = upload_prefix(key);
        let mut taken_in = None;
        // Keys are in the order of their takes: the newest that counts is looked for, down to the one that does.
        for object_key in uploads.list_folder(&folder).await?.iter().rev() {
            if response.video.as_ref() == Some(object_key) {
                break;
            }
            let end = self.arrived(object_key).await?;
            let counts = self.on_upload.table.get(key).await?;
            if counts.is_some_and(|response| response.video.as_ref() == Some(object_key)) {
                taken_in = Some(end);
                break;
            }
        }
        uploads.abort_all(&format!("{folder}{take}.")).await?;
        let change = Change::Expire { take };
        let expired = self.on_upload.table.apply(key, &change).await?;
        Ok(taken_in.unwrap_or(match expired {
            Outcome::Written(_) => End::Done("expired: nothing was uploaded"),
            Outcome::Ignored(..) => End::Done("ignored: it is no longer waited for"),
        }))
    }

    /// Takes an object in whose event nobody may have heard.
    async fn arrived(&self, key: &str) -> Result<End, Retry> {
        let uploads = &self.on_upload.uploads;
        let arrived = ObjectCreated {
            bucket: uploads.bucket().to_owned(),
            key: key.to_owned(),
            version: None,
            at: None,
        };
        let end = self.on_upload.object(arrived).await?;
        if let End::Reject(reason) = &end {
            let record = format!("s3://{}/{key}", uploads.bucket());
            self.rejects.keep(reason, &record).await?;
        }
        Ok(end)
    }
}
