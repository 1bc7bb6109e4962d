//! Runs the jobs: in submission order, a bounded number at a time.

use std::sync::Arc;

use tokio::sync::{Notify, Semaphore};
use tracing::info;

use crate::service::Service;
use crate::{outbox, transcode};

/// Takes jobs for as long as it is let.
pub async fn run(service: Arc<Service>, max_jobs: u16) {
    let places = Arc::new(Semaphore::new(usize::from(max_jobs)));
    outbox::resume(&service);
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        let (job, stop) = service.next_job().await;
        let service = Arc::clone(&service);
        tokio::spawn(async move {
            run_one(&service, &job, &stop).await;
            transcode::tidy(&service, &job).await;
            service.release(&job);
            drop(place);
        });
    }
}

/// Runs a job until it has ended, or is stopped; with its run goes its ffmpeg.
async fn run_one(service: &Arc<Service>, job: &str, stop: &Notify) {
    let mut run = tokio::spawn({
        let (service, job) = (Arc::clone(service), job.to_owned());
        async move { transcode::run(&service, &job).await }
    });
    tokio::select! {
        ended = &mut run => if let Err(error) = ended {
            transcode::abandon(service, job, &error.to_string());
        },
        () = stop.notified() => {
            run.abort();
            let _ = run.await;
            info!(job, "job canceled");
        }
    }
}
