//! What a job's topics are owed is kept with the job until it is published: at least once, in order.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tracing::{error, info, warn};

use crate::notification::Notice;
use crate::service::Service;

/// How often one notice is tried; together about eight minutes. After that it is tried again at the next start.
const TRIES: u32 = 22;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Publishes what a job's topics are owed, unless that is already being done.
pub fn publish(service: &Arc<Service>, job: &str) {
    if service.publishing.lock().insert(job.to_owned()) {
        tokio::spawn(drain(Arc::clone(service), job.to_owned()));
    }
}

/// Publishes what an earlier run of this service still owed.
pub fn resume(service: &Arc<Service>) {
    for record in service.jobs.filter(|record| !record.unsent.is_empty()) {
        publish(service, &record.job.id);
    }
}

async fn drain(service: Arc<Service>, job: String) {
    while let Some((role, notice)) = next(&service, &job) {
        if !deliver(&service, &role, &notice, &job).await {
            service.publishing.lock().remove(&job);
            return;
        }
        // Where this cannot be written the notice goes out once more after a restart, and only then.
        if let Err(error) = service.jobs.settle(&job, |record| drop(record.unsent.remove(0))) {
            error!(job, %error, "a sent notice could not be struck off");
        }
    }
}

/// The next notice and the role to publish it with. That nothing is left is decided under the lock that `publish`
/// takes, so that no notice is overlooked in between.
fn next(service: &Service, job: &str) -> Option<(String, Notice)> {
    let mut publishing = service.publishing.lock();
    let found = service.jobs.get(job).and_then(|record| {
        let pipeline = service.pipelines.get(&record.job.pipeline_id)?;
        Some((pipeline.role, record.unsent.into_iter().next()?))
    });
    if found.is_none() {
        publishing.remove(job);
    }
    found
}

async fn deliver(service: &Service, role: &str, notice: &Notice, job: &str) -> bool {
    let mut pause = FIRST_PAUSE;
    for attempt in 1..=TRIES {
        let sent = match service.cloud.assume(role).await {
            Ok(session) => session.publish(notice).await,
            Err(failure) => Err(failure.to_string()),
        };
        match sent {
            Ok(()) => {
                info!(job, topic = notice.topic, "published");
                return true;
            }
            Err(reason) if attempt == TRIES => error!(
                job,
                topic = notice.topic,
                reason,
                "not published; tried again at the next start"
            ),
            Err(reason) => {
                warn!(job, topic = notice.topic, reason, attempt, "not published yet");
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
    false
}
