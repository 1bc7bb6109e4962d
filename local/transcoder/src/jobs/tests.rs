//! Jobs that are canceled, interrupted, or finished long ago.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use tempfile::TempDir;

use super::adapter::{Adapter, Adapters};
use super::fixture;
use super::job::{Event, JobRecord, JobStatus, OutputFile, TranscodeJob};
use super::notification::Notification;
use super::scheduler::Scheduler;
use crate::api::harness::arguments;
use crate::cloud::AwsAccess;
use crate::failure::{Code, JobFailure};
use crate::store::Store;
use crate::task::{Object, Task};

/// An adapter that sends every event to EventBridge, which does not answer.
#[derive(Debug)]
struct Verbose;

impl Adapter for Verbose {
    fn is_paused(&self, _: &TranscodeJob) -> bool {
        false
    }

    fn task(&self, _: &TranscodeJob) -> Result<Task, JobFailure> {
        Err(JobFailure::new(Code::Internal, "not run"))
    }

    fn notification(&self, job: &TranscodeJob, event: Event<'_>) -> Option<Notification> {
        Some(Notification::Event {
            source: "test".into(),
            detail_type: "test".into(),
            resource: job.arn.clone(),
            time_millis: 0,
            detail: json!(format!("{event:?}")),
        })
    }
}

struct JobFixture {
    scheduler: Scheduler,
    state: TempDir,
}

impl JobFixture {
    /// Returns a scheduler with one job that was taken and started.
    async fn running() -> Self {
        let state = tempfile::tempdir().unwrap();
        let scheduler = open(state.path());
        scheduler.submit(fixture::job("a"), |_| false).await.unwrap();
        assert_eq!(scheduler.next_job().await.0, "a");
        scheduler.start("a").await.unwrap();
        Self { scheduler, state }
    }

    fn status(&self) -> JobStatus {
        self.scheduler.get("a").unwrap().status
    }

    /// Returns the record on disk.
    fn record(&self) -> JobRecord {
        let store = Store::<JobRecord>::open(self.state.path().join("jobs")).unwrap();
        store.get("a").unwrap()
    }

    /// Returns the events of the undelivered notifications.
    fn waiting(&self) -> Vec<String> {
        let outbox = self.record().outbox;
        let events = outbox.into_iter().map(|notification| match notification {
            Notification::Event { detail, .. } => detail.as_str().unwrap().to_owned(),
            other @ Notification::Topic { .. } => panic!("{other:?}"),
        });
        events.collect()
    }
}

fn open(state: &Path) -> Scheduler {
    let adapter: Arc<dyn Adapter> = Arc::new(Verbose);
    let cloud = Arc::new(AwsAccess::new(&arguments(state)));
    Scheduler::open(state.join("jobs"), Adapters::new([("test", adapter)]), cloud).unwrap()
}

fn file() -> OutputFile {
    OutputFile {
        object: Object {
            bucket: "renditions".into(),
            key: "a.mp4".into(),
        },
        duration_millis: None,
        size: None,
        frames_per_second: None,
        file_size: 1,
        warning: None,
    }
}

#[tokio::test]
async fn running_job_is_canceled_once_its_run_has_stopped() {
    let jobs = JobFixture::running().await;
    assert!(!jobs.scheduler.cancel("a", false).await.unwrap());
    assert!(jobs.scheduler.cancel("a", true).await.unwrap());
    assert!(jobs.scheduler.cancel("a", true).await.unwrap(), "again");
    assert_eq!(jobs.status(), JobStatus::Progressing);
    assert_eq!(jobs.waiting(), ["Started"]);
    jobs.scheduler.finish_canceled("a").await;
    assert_eq!(jobs.status(), JobStatus::Canceled);
    assert_eq!(jobs.waiting(), ["Started", "Canceled"]);
    assert!(!jobs.scheduler.cancel("a", true).await.unwrap(), "it has ended");
}

#[tokio::test]
async fn run_that_ends_after_its_cancellation_ends_as_canceled() {
    let jobs = JobFixture::running().await;
    assert!(jobs.scheduler.cancel("a", true).await.unwrap());
    jobs.scheduler.finish("a", Ok(vec![Ok(file())])).await;
    assert_eq!(jobs.status(), JobStatus::Canceled);
    assert_eq!(jobs.waiting(), ["Started", "Canceled"]);
}

#[tokio::test]
async fn cancellation_survives_a_restart() {
    let jobs = JobFixture::running().await;
    assert!(jobs.scheduler.cancel("a", true).await.unwrap());
    let again = open(jobs.state.path());
    assert_eq!(again.get("a").unwrap().status, JobStatus::Progressing);
    again.resume().await;
    assert_eq!(again.get("a").unwrap().status, JobStatus::Canceled);
}

#[tokio::test]
async fn job_that_has_not_started_is_canceled_without_an_event() {
    let jobs = JobFixture::running().await;
    jobs.scheduler.submit(fixture::job("b"), |_| false).await.unwrap();
    assert!(jobs.scheduler.cancel("b", false).await.unwrap());
    assert_eq!(jobs.scheduler.get("b").unwrap().status, JobStatus::Canceled);
    assert!(jobs.scheduler.start("b").await.is_none());
    let store = Store::<JobRecord>::open(jobs.state.path().join("jobs")).unwrap();
    assert!(store.get("b").unwrap().outbox.is_empty());
}

#[tokio::test]
async fn interrupted_job_is_canceled_at_once() {
    let jobs = JobFixture::running().await;
    // Its run is over, as after a restart.
    jobs.scheduler.release("a");
    assert!(jobs.scheduler.cancel("a", true).await.unwrap());
    assert_eq!(jobs.status(), JobStatus::Canceled);
}

#[tokio::test]
async fn failure_while_the_service_stops_leaves_the_job_open() {
    let jobs = JobFixture::running().await;
    jobs.scheduler.stop();
    let failure = JobFailure::new(Code::Internal, "the runtime is gone");
    jobs.scheduler.finish("a", Err(failure)).await;
    assert_eq!(jobs.record().job.status, JobStatus::Progressing);
}

#[tokio::test]
async fn old_job_is_removed_once_its_notifications_are_delivered() {
    let jobs = JobFixture::running().await;
    jobs.scheduler.finish("a", Ok(vec![Ok(file())])).await;
    let age = |record: &mut JobRecord| record.job.timing.finish_time_millis = Some(0);
    jobs.scheduler.record("a", None, age).await.unwrap();
    jobs.scheduler.remove_expired().await;
    assert_eq!(jobs.status(), JobStatus::Complete, "its notifications wait");
    let deliver = |record: &mut JobRecord| record.outbox.clear();
    jobs.scheduler.record("a", None, deliver).await.unwrap();
    jobs.scheduler.remove_expired().await;
    assert_eq!(jobs.scheduler.get("a"), None);
    assert!(!jobs.state.path().join("jobs/a.json").exists());
}
