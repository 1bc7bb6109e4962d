//! Delivers notifications at least once and in order. They are stored with their job until they are delivered.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_smithy_types::DateTime;
use tokio::time::sleep;
use tracing::{error, info, warn};

use super::job::JobRecord;
use super::notification::Notification;
use crate::cloud::AwsAccess;
use crate::store::Store;

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// Delivers the notifications of all jobs.
#[derive(Debug)]
pub struct Outbox {
    jobs: Arc<Store<JobRecord>>,
    cloud: Arc<AwsAccess>,
    /// The jobs whose notifications are being delivered.
    delivering: Mutex<HashSet<String>>,
}

impl Outbox {
    /// Returns an outbox of these jobs.
    pub fn new(jobs: Arc<Store<JobRecord>>, cloud: Arc<AwsAccess>) -> Self {
        Self {
            jobs,
            cloud,
            delivering: Mutex::default(),
        }
    }

    /// Delivers the notifications of a job in the background, unless a delivery is already running.
    pub fn deliver(self: &Arc<Self>, job: &str) {
        if self.delivering().insert(job.to_owned()) {
            let (outbox, job) = (Arc::clone(self), job.to_owned());
            tokio::spawn(async move { outbox.drain(&job).await });
        }
    }

    /// Delivers the notifications that an earlier run of the service left.
    pub fn resume(self: &Arc<Self>) {
        let waiting = |record: &JobRecord| (!record.outbox.is_empty()).then(|| record.job.id.clone());
        for job in self.jobs.filter_map(waiting) {
            self.deliver(&job);
        }
    }

    async fn drain(&self, job: &str) {
        while let Some(notification) = self.next(job) {
            self.deliver_one(job, &notification).await;
            let delivered = self.jobs.update_in_memory_first(job, |record| {
                let first = record.outbox.len().min(1);
                record.outbox.drain(..first);
            });
            if let Err(error) = delivered.await {
                error!(job, %error, "a delivered notification could not be removed; a restart delivers it again");
            }
        }
    }

    /// Returns the next notification of a job. Checks for the last one under the lock that `deliver` takes, so that it
    /// does not miss a concurrent one.
    fn next(&self, job: &str) -> Option<Notification> {
        let mut delivering = self.delivering();
        let record = self.jobs.get(job);
        let next = record.and_then(|record| record.outbox.into_iter().next());
        if next.is_none() {
            delivering.remove(job);
        }
        next
    }

    /// Retries indefinitely; logs at exponentially spaced attempts.
    async fn deliver_one(&self, job: &str, notification: &Notification) {
        let destination = notification.destination();
        for attempt in 1_u32.. {
            let Err(reason) = self.send(notification).await else {
                info!(job, destination, "notification delivered");
                return;
            };
            if attempt.is_power_of_two() {
                warn!(
                    job,
                    destination, reason, attempt, "notification not delivered yet"
                );
            }
            sleep(pause(attempt)).await;
        }
    }

    /// Sends a notification. The error is a text for the log.
    async fn send(&self, notification: &Notification) -> Result<(), String> {
        match notification {
            Notification::Topic {
                topic,
                subject,
                message,
                role,
            } => {
                let session = self.cloud.assumed(role).await;
                let session = session.map_err(|failure| failure.to_string())?;
                let published = session.publish(topic, subject, message).await;
                published.inspect_err(|_| self.cloud.forget(role))
            }
            Notification::Event {
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
                self.cloud.put_event(entry.build()).await
            }
        }
    }

    fn delivering(&self) -> MutexGuard<'_, HashSet<String>> {
        self.delivering.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns how long to wait after this many attempts.
fn pause(attempts: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
    FIRST_PAUSE.saturating_mul(doubled).min(MAX_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_a_maximum() {
        let millis = [1, 2, 3, 8].map(|attempts| pause(attempts).as_millis());
        assert_eq!(millis, [200, 400, 800, 25_600]);
        assert_eq!([pause(9), pause(1_000), pause(u32::MAX)], [MAX_PAUSE; 3]);
    }
}
