//! The stored jobs: submits them, starts them in submission order, cancels them, and removes finished ones later.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::Notify;
use tracing::{error, info, warn};

use super::adapter::Adapters;
use super::job::{Event, JobRecord, JobStatus, RunOutcome, TranscodeJob};
use super::outbox::Outbox;
use super::retention::{self, Finished};
use crate::cloud::AwsAccess;
use crate::failure::JobFailure;
use crate::id::now_millis;
use crate::page::{Page, PageRequest};
use crate::progress::{Progress, ProgressTracker};
use crate::store::{Store, StoreError};

/// The jobs of all APIs.
#[derive(Debug)]
pub struct Scheduler {
    records: Arc<Store<JobRecord>>,
    adapters: Adapters,
    outbox: Arc<Outbox>,
    progress: ProgressTracker,
    /// Notified when a job may have become ready to run.
    wake: Notify,
    /// The running jobs, each with the means to stop it.
    running: Mutex<HashMap<String, Arc<Notify>>>,
    stopping: AtomicBool,
}

impl Scheduler {
    /// Reads the jobs of a folder.
    pub fn open(folder: PathBuf, adapters: Adapters, cloud: Arc<AwsAccess>) -> Result<Self, StoreError> {
        let records = Arc::new(Store::open(folder)?);
        Ok(Self {
            outbox: Arc::new(Outbox::new(Arc::clone(&records), cloud)),
            records,
            adapters,
            progress: ProgressTracker::default(),
            wake: Notify::new(),
            running: Mutex::default(),
            stopping: AtomicBool::new(false),
        })
    }

    /// Returns the identifiers of all jobs, oldest first.
    pub fn ids(&self) -> Vec<String> {
        self.records.ids()
    }

    /// Returns a job.
    pub fn get(&self, id: &str) -> Option<TranscodeJob> {
        self.records.get(id).map(|record| record.job)
    }

    /// Returns a page of the jobs that match.
    pub fn page(
        &self,
        request: PageRequest<'_>,
        matches: impl Fn(&TranscodeJob) -> bool,
    ) -> Page<TranscodeJob> {
        let Page { items, next } = self.records.page(request, |record| matches(&record.job));
        let items = items.into_iter().map(|record| record.job).collect();
        Page { items, next }
    }

    /// Returns how many jobs match.
    pub fn count(&self, matches: impl Fn(&TranscodeJob) -> bool) -> usize {
        self.records.count(|record| matches(&record.job))
    }

    /// Returns the jobs that match, oldest first.
    pub fn filter(&self, matches: impl Fn(&TranscodeJob) -> bool) -> Vec<TranscodeJob> {
        self.records
            .filter_map(|record| matches(&record.job).then(|| record.job.clone()))
    }

    /// Returns whether a job matches.
    pub fn any(&self, matches: impl Fn(&TranscodeJob) -> bool) -> bool {
        self.records.first(|_, record| matches(&record.job)).is_some()
    }

    /// Stores a new job, which may run from now on, unless an existing one is used instead. Returns the stored job.
    pub async fn submit(
        &self,
        job: TranscodeJob,
        serves: impl Fn(&TranscodeJob) -> bool,
    ) -> Result<TranscodeJob, StoreError> {
        let id = job.id.clone();
        let record = JobRecord::from(job);
        let kept = self
            .records
            .insert_unless(&id, record, |kept| serves(&kept.job))
            .await?;
        self.wake();
        Ok(kept.job)
    }

    /// Changes the client's request, such as its tags. Returns the job.
    pub async fn update_request(&self, id: &str, request: Value) -> Result<TranscodeJob, StoreError> {
        let updated = self.records.update(id, |record| record.job.request = request);
        Ok(updated.await?.job)
    }

    /// Cancels a job that has not ended, and one that runs only with `started_too`. Returns whether it is canceled.
    ///
    /// A job that runs is stopped; its status becomes Canceled once its run has stopped writing.
    pub async fn cancel(&self, id: &str, started_too: bool) -> Result<bool, StoreError> {
        let mut accepted = false;
        self.records
            .update(id, |record| {
                let status = record.job.status;
                accepted = status == JobStatus::Submitted || (started_too && !status.is_final());
                if accepted && status == JobStatus::Progressing && self.running().contains_key(id) {
                    record.cancel_requested = true;
                } else if accepted {
                    self.end_canceled(record);
                }
            })
            .await?;
        if let Some(stop) = self.running().get(id) {
            stop.notify_one();
        }
        self.outbox.deliver(id);
        Ok(accepted)
    }

    /// Ends a job as canceled. A job that has not started has no event (MediaConvert's user guide, "Job states").
    fn end_canceled(&self, record: &mut JobRecord) {
        let has_started = record.job.status != JobStatus::Submitted;
        record.job.end(JobStatus::Canceled);
        if has_started {
            self.adapters.enqueue(record, Event::Canceled);
        }
    }

    /// Wakes the worker: a job may have become ready to run.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Waits for the oldest job that is ready and takes it. Returns its identifier and the means to stop it.
    pub async fn next_job(&self) -> (String, Arc<Notify>) {
        loop {
            let woken = self.wake.notified();
            if let Some(taken) = self.take_job() {
                return taken;
            }
            woken.await;
        }
    }

    fn take_job(&self) -> Option<(String, Arc<Notify>)> {
        let mut running = self.running();
        let id = self.records.first(|id, JobRecord { job, .. }| {
            !job.status.is_final() && !running.contains_key(id) && !self.adapters.is_paused(job)
        })?;
        let stop = Arc::new(Notify::new());
        running.insert(id.clone(), Arc::clone(&stop));
        Some((id, stop))
    }

    /// Records that a job does not run any more.
    pub fn release(&self, id: &str) {
        self.progress.clear(id);
        self.running().remove(id);
    }

    /// Resumes after a restart of the service: ends jobs that were being canceled, delivers remaining notifications.
    pub async fn resume(&self) {
        let canceled = |record: &JobRecord| {
            let open = record.cancel_requested && !record.job.status.is_final();
            open.then(|| record.job.id.clone())
        };
        for id in self.records.filter_map(canceled) {
            self.finish_canceled(&id).await;
        }
        self.outbox.resume();
        self.remove_expired().await;
    }

    /// Marks a job as started and enqueues the notification, unless an earlier run did. Returns the job; `None` if it
    /// has ended.
    pub async fn start(&self, id: &str) -> Option<TranscodeJob> {
        let started = self.records.update_in_memory_first(id, |record| {
            if record.job.status == JobStatus::Submitted {
                record.job.status = JobStatus::Progressing;
                record.job.timing.start_time_millis = Some(now_millis());
                self.adapters.enqueue(record, Event::Started);
            }
        });
        if let Err(error) = started.await {
            error!(job = id, %error, "the job's start is not on disk");
        }
        self.progress.set(id, Progress::default());
        self.outbox.deliver(id);
        let job = self.get(id)?;
        (!job.status.is_final()).then_some(job)
    }

    /// Changes the record of a job that runs, and enqueues the notification of an event.
    pub async fn record(
        &self,
        id: &str,
        event: Option<Event<'_>>,
        change: impl FnOnce(&mut JobRecord),
    ) -> Result<(), StoreError> {
        let updated = self.records.update(id, |record| {
            change(record);
            if let Some(event) = event {
                self.adapters.enqueue(record, event);
            }
        });
        updated.await?;
        self.outbox.deliver(id);
        Ok(())
    }

    /// Enqueues a notification of a job's progress.
    pub async fn report_progress(&self, id: &str) {
        let progress = self.progress.get(id).unwrap_or_default();
        let reported = self.records.update_in_memory_first(id, |record| {
            if !record.job.status.is_final() {
                self.adapters.enqueue(record, Event::Progress(progress));
            }
        });
        if let Err(error) = reported.await {
            warn!(job = id, %error, "the job's progress is not on disk");
        }
        self.outbox.deliver(id);
    }

    /// Ends a job with the outcomes of its outputs, or with the one failure of all. One that was canceled meanwhile ends
    /// as canceled.
    pub async fn finish(&self, id: &str, outcomes: Result<Vec<RunOutcome>, JobFailure>) {
        // A failure while the service stops does not count: the job runs again at the next start.
        if self.is_stopping() {
            return;
        }
        self.end(id, |record| {
            let job = &mut record.job;
            job.outcomes = outcomes.unwrap_or_else(|failure| vec![Err(failure); job.outputs.max(1)]);
            job.end(match job.failure() {
                Some(_) => JobStatus::Error,
                None => JobStatus::Complete,
            });
            let warnings: Vec<String> = job.warnings().map(str::to_owned).collect();
            for warning in &warnings {
                self.adapters.enqueue(record, Event::Warning(warning));
            }
            self.adapters.enqueue(record, Event::Ended);
        })
        .await;
    }

    /// Ends a job that was canceled and writes no more.
    pub async fn finish_canceled(&self, id: &str) {
        self.end(id, |record| self.end_canceled(record)).await;
    }

    async fn end(&self, id: &str, end: impl FnOnce(&mut JobRecord)) {
        let ended = self.records.update_in_memory_first(id, |record| {
            if record.job.status.is_final() {
                return;
            }
            if record.cancel_requested {
                self.end_canceled(record);
            } else {
                end(record);
            }
        });
        match ended.await {
            Ok(JobRecord { job, .. }) => log_end(&job),
            Err(error) => {
                error!(job = id, %error, "the job's end is not on disk; it runs again after a restart")
            }
        }
        self.outbox.deliver(id);
    }

    /// Removes finished jobs that are too old or too many.
    pub async fn remove_expired(&self) {
        let finished = self.records.filter_map(Finished::of);
        for id in retention::expired(finished, now_millis()) {
            if let Err(error) = self.records.remove(&id).await {
                warn!(job = id, %error, "an expired job is not removed");
            }
        }
    }

    /// Returns the keys whose upload a job has started.
    pub fn has_begun_upload(&self, id: &str, key: &str) -> bool {
        self.records.is(id, |record| record.uploading.contains(key))
    }

    /// The progress of the jobs that run.
    pub fn progress(&self) -> &ProgressTracker {
        &self.progress
    }

    /// The adapters of the APIs.
    pub fn adapters(&self) -> &Adapters {
        &self.adapters
    }

    /// Stops recording the ends of jobs: a run that the shutdown interrupts does not decide its job's outcome.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    fn running(&self) -> MutexGuard<'_, HashMap<String, Arc<Notify>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn log_end(job: &TranscodeJob) {
    info!(job = job.id, status = ?job.status, "job ended");
    for (index, outcome) in job.outcomes.iter().enumerate() {
        if let Err(failure) = outcome {
            warn!(job = job.id, output = index + 1, %failure, "output failed");
        }
    }
}
