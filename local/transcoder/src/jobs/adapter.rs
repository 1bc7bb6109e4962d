//! The interface between the jobs and the API that they belong to.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use super::job::{Event, JobRecord, TranscodeJob};
use super::notification::Notification;
use crate::failure::{Code, JobFailure};
use crate::task::Task;

/// Translates the requests of one API into tasks, and the events of its jobs into notifications.
pub trait Adapter: Debug + Send + Sync {
    /// Returns whether the job's pipeline or queue is paused.
    fn is_paused(&self, job: &TranscodeJob) -> bool;

    /// Returns the job's task, by the current pipeline, presets and settings.
    fn task(&self, job: &TranscodeJob) -> Result<Task, JobFailure>;

    /// Returns the notification of an event; `None` where the API has none.
    fn notification(&self, job: &TranscodeJob, event: Event<'_>) -> Option<Notification>;
}

/// The adapters, by the name of the API.
#[derive(Debug)]
pub struct Adapters(BTreeMap<&'static str, Arc<dyn Adapter>>);

impl Adapters {
    /// Returns the adapters by the names of their APIs.
    pub fn new(adapters: impl IntoIterator<Item = (&'static str, Arc<dyn Adapter>)>) -> Self {
        Self(adapters.into_iter().collect())
    }

    /// Returns whether a job's pipeline or queue is paused. Without an adapter a job waits.
    pub fn is_paused(&self, job: &TranscodeJob) -> bool {
        self.of(job).is_none_or(|adapter| adapter.is_paused(job))
    }

    /// Returns a job's task.
    pub fn task(&self, job: &TranscodeJob) -> Result<Task, JobFailure> {
        let unknown = || JobFailure::new(Code::Internal, format!("no API has the name {}", job.api));
        self.of(job).ok_or_else(unknown)?.task(job)
    }

    /// Enqueues the notification of an event.
    pub fn enqueue(&self, record: &mut JobRecord, event: Event<'_>) {
        let adapter = self.of(&record.job);
        let notification = adapter.and_then(|adapter| adapter.notification(&record.job, event));
        record.outbox.extend(notification);
    }

    fn of(&self, job: &TranscodeJob) -> Option<&dyn Adapter> {
        self.0.get(job.api.as_str()).map(AsRef::as_ref)
    }
}
