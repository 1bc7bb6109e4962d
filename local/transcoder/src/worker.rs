//! Runs the jobs: in submission order, a bounded number at a time.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::service::Service;
use crate::{outbox, transcode};

/// Takes jobs for as long as it is let.
pub async fn run(service: Arc<Service>, max_jobs: u16) {
    let places = Arc::new(Semaphore::new(usize::from(max_jobs)));
    outbox::resume(&service);
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        let job = service.next_job().await;
        let service = Arc::clone(&service);
        tokio::spawn(async move {
            let run = tokio::spawn({
                let (service, job) = (Arc::clone(&service), job.clone());
                async move { transcode::run(&service, &job).await }
            });
            if let Err(error) = run.await {
                transcode::abandon(&service, &job, &error.to_string());
            }
            service.running.lock().remove(&job);
            drop(place);
        });
    }
}
