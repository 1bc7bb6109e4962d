//! Translates MediaConvert's jobs into tasks, and their events into notifications.

use std::sync::Arc;

use super::store::{MediaConvertStore, queue_name};
use super::wire::MediaConvertJobRequest;
use super::{event, translate};
use crate::account::Account;
use crate::failure::{Code, JobFailure};
use crate::jobs::{Adapter, Event, Notification, TranscodeJob};
use crate::task::Task;

/// The adapter of MediaConvert's jobs.
#[derive(Debug)]
pub struct MediaConvertAdapter {
    store: Arc<MediaConvertStore>,
    account: Account,
}

impl MediaConvertAdapter {
    /// Returns an adapter of the jobs in these queues.
    pub fn new(store: Arc<MediaConvertStore>, account: Account) -> Self {
        Self { store, account }
    }
}

impl Adapter for MediaConvertAdapter {
    fn is_paused(&self, job: &TranscodeJob) -> bool {
        // The default queue is stored only after a change; until then it is not paused.
        let name = queue_name(&job.queue);
        self.store.queues.is(name, |queue| queue.is_paused)
    }

    fn task(&self, job: &TranscodeJob) -> Result<Task, JobFailure> {
        let request = MediaConvertJobRequest::of(job)?;
        let work = translate::read(&request.settings);
        let work = work.map_err(|error| JobFailure::new(Code::Validation, error.to_string()))?;
        Ok(Task {
            role: request.role,
            input: work.input,
            clip: work.clip,
            overwrite: true,
            outputs: work.outputs.into_iter().map(Ok).collect(),
        })
    }

    fn notification(&self, job: &TranscodeJob, event: Event<'_>) -> Option<Notification> {
        let request = MediaConvertJobRequest::of(job).ok()?;
        Some(event::notification(&self.account.id, job, &request, event))
    }
}
