//! Lists the whole bucket for unmanaged files whose event was lost.

use aws::error::chain;
use futures_util::{StreamExt, stream};

use super::{Reconcile, ReconcileSummary, STOP_MARGIN, repaired_upload};
use crate::deadline::Deadline;
use crate::{Disposition, RetryableError};

/// The number of objects that are processed at the same time. The work is mostly waiting for the network.
const CONCURRENCY: usize = 8;

/// The number of objects between two checks of the deadline.
const DEADLINE_CHECK_INTERVAL: usize = 50;

impl Reconcile {
    /// Processes every object after a key. Returns the key after which the next run continues, if time ran out. Counts
    /// an unusable object but does not keep it as a reject, because it stays in the bucket.
    pub(super) async fn bucket(
        &self,
        mut after: String,
        deadline: Deadline,
        summary: &mut ReconcileSummary,
    ) -> Option<String> {
        loop {
            let page = match self.uploads.list(&after).await {
                Ok(page) => page,
                Err(error) => {
                    tracing::error!(error = chain(&error), "the bucket could not be listed");
                    summary.failed += 1;
                    return Some(after);
                }
            };
            for keys in page.keys.chunks(DEADLINE_CHECK_INTERVAL) {
                if deadline.less_than(STOP_MARGIN) {
                    return Some(after);
                }
                let ends = stream::iter(keys).map(async |key| (key, self.object(key, deadline).await));
                let ends: Vec<_> = ends.buffered(CONCURRENCY).collect().await;
                for (key, end) in ends {
                    summary.count(&redact(key), &end);
                }
                after = keys.last().cloned().unwrap_or(after);
            }
            if page.is_last {
                return None;
            }
        }
    }

    async fn object(&self, key: &str, deadline: Deadline) -> Result<Disposition, RetryableError> {
        let disposition = deadline.timeout(self.on_upload.stored_object(key)).await;
        disposition
            .unwrap_or(Err(RetryableError::OutOfTime))
            .map(repaired_upload)
    }
}

/// Redacts a key for the log: an unmanaged file may be named after its respondent.
fn redact(key: &str) -> String {
    let parts = key
        .split('/')
        .map(|part| if part.contains('@') { "(email)" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn email_in_a_key_is_redacted() {
        assert_eq!(redact("demo/0/ann@example.com.mp4"), "demo/0/(email)");
        assert_eq!(redact("demo/0/hash/take.mp4"), "demo/0/hash/take.mp4");
    }
}
