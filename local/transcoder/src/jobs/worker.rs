//! Runs the jobs in submission order, a bounded number at a time.

use std::sync::Arc;

use tokio::sync::{Notify, Semaphore};
use tracing::info;

use super::context::RunContext;
use super::scheduler::Scheduler;
use super::writes::Writes;
use crate::reservation::Reservations;
use crate::workspace::Workspace;

/// Runs the jobs of a scheduler.
#[derive(Debug)]
pub struct Worker {
    context: Arc<RunContext>,
    places: Arc<Semaphore>,
}

impl Worker {
    /// Returns a worker that runs at most `max_jobs` jobs at the same time.
    pub fn new(scheduler: Arc<Scheduler>, workspace: Arc<Workspace>, max_jobs: u16) -> Self {
        Self {
            context: Arc::new(RunContext {
                scheduler,
                workspace,
                outputs: Reservations::default(),
            }),
            places: Arc::new(Semaphore::new(usize::from(max_jobs))),
        }
    }

    /// Runs queued jobs until aborted.
    pub async fn run(self) {
        self.context.scheduler.resume().await;
        while let Ok(place) = Arc::clone(&self.places).acquire_owned().await {
            let (job, stop) = self.context.scheduler.next_job().await;
            let context = Arc::clone(&self.context);
            tokio::spawn(async move {
                run_one(&context, &job, &stop).await;
                context.clean_up(&job).await;
                drop(place);
            });
        }
    }
}

/// Runs a job until it ends or is stopped. The end of the run also ends its ffmpeg.
async fn run_one(context: &Arc<RunContext>, job: &str, stop: &Notify) {
    let writes = Writes::default();
    let mut run = tokio::spawn({
        let (context, job, writes) = (Arc::clone(context), job.to_owned(), writes.clone());
        async move { context.run(&job, &writes).await }
    });
    tokio::select! {
        ended = &mut run => if let Err(error) = ended {
            context.abandon(job, &error.to_string()).await;
        },
        () = stop.notified() => {
            run.abort();
            let _ = run.await;
            writes.completed().await;
            context.scheduler.finish_canceled(job).await;
            info!(job, "job canceled");
        }
    }
}
