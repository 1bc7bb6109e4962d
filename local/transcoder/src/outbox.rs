//! News of a job is kept with the job until it is delivered: at least once, in order.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_smithy_types::DateTime;
use tokio::time::sleep;
use tracing::{error, info, warn};

use crate::job::{Order, Record};
use crate::notice::Notice;
use crate::service::Service;

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Why a notice was not taken.
enum Untold {
    /// It may be the next time.
    Yet(String),
    /// Nothing that is tried in this run will help.
    Ever(&'static str),
}

/// Delivers the news of a job, unless that is already being done.
pub fn deliver(service: &Arc<Service>, job: &str) {
    if service.delivering.lock().insert(job.to_owned()) {
        tokio::spawn(drain(Arc::clone(service), job.to_owned()));
    }
}

/// Delivers what an earlier run of this service still owed.
pub fn resume(service: &Arc<Service>) {
    for record in service.jobs.filter(|record| !record.unsent.is_empty()) {
        deliver(service, &record.job.id);
    }
}

async fn drain(service: Arc<Service>, job: String) {
    while let Some(record) = next(&service, &job) {
        if !deliver_first(&service, &record).await {
            service.delivering.lock().remove(&job);
            return;
        }
        // Where this cannot be written the notice goes out once more after a restart, and only then.
        if let Err(error) = service.jobs.settle(&job, |record| drop(record.unsent.remove(0))) {
            error!(job, %error, "a sent notice could not be struck off");
        }
    }
}

/// The record, while something is owed. That nothing is left is decided under the lock that `deliver` takes, so that no
/// notice is overlooked in between.
fn next(service: &Service, job: &str) -> Option<Record> {
    let mut delivering = service.delivering.lock();
    let found = service.jobs.get(job).filter(|record| !record.unsent.is_empty());
    if found.is_none() {
        delivering.remove(job);
    }
    found
}

async fn deliver_first(service: &Service, record: &Record) -> bool {
    let (job, Some(notice)) = (&record.job.id, record.unsent.first()) else {
        return true;
    };
    let to = match notice {
        Notice::Topic { topic, .. } => topic.as_str(),
        Notice::Event { .. } => "EventBridge",
    };
    for attempt in 1_u32.. {
        match send(service, &record.job.order, notice).await {
            Ok(()) => {
                info!(job, to, "told");
                return true;
            }
            Err(Untold::Ever(reason)) => {
                error!(job, to, reason, "not told; tried again at the next start");
                return false;
            }
            Err(Untold::Yet(reason)) => {
                // However long whoever listens is away, the news is owed; the log need not tell of each try.
                if attempt.is_power_of_two() {
                    warn!(job, to, reason, attempt, "not told yet");
                }
                sleep(pause(attempt)).await;
            }
        }
    }
    false
}

/// How long to wait after so many tries.
fn pause(attempts: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
    FIRST_PAUSE.saturating_mul(doubled).min(LONGEST_PAUSE)
}

async fn send(service: &Service, order: &Order, notice: &Notice) -> Result<(), Untold> {
    match notice {
        Notice::Topic {
            topic,
            subject,
            message,
        } => {
            let role = match order {
                Order::Elastic(order) => order.role(service),
                Order::MediaConvert(_) => None,
            };
            let gone = Untold::Ever("the pipeline is gone, and with it the right to publish");
            let role = role.ok_or(gone)?;
            let session = service.cloud.assumed(&role).await;
            let session = session.map_err(|failure| Untold::Yet(failure.to_string()))?;
            let published = session.publish(topic, subject, message).await;
            published.map_err(|reason| {
                service.cloud.forget(&role);
                Untold::Yet(reason)
            })
        }
        Notice::Event {
            source,
            detail_type,
            resource,
            time_millis,
            detail,
        } => {
            let time = i64::try_from(*time_millis).unwrap_or(i64::MAX);
            let entry = PutEventsRequestEntry::builder()
                .source(source)
                .detail_type(detail_type)
                .resources(resource)
                .time(DateTime::from_millis(time))
                .detail(detail.to_string());
            let put = service.cloud.put_event(entry.build()).await;
            put.map_err(Untold::Yet)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_bearable_for_ever() {
        let millis = [1, 2, 3, 8].map(|attempts| pause(attempts).as_millis());
        assert_eq!(millis, [200, 400, 800, 25_600]);
        assert_eq!([pause(9), pause(1_000), pause(u32::MAX)], [LONGEST_PAUSE; 3]);
    }
}
