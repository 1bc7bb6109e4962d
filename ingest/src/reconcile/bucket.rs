//! The whole bucket, for files whose event was lost and which nobody was asked for.

use futures_util::{StreamExt, stream};
use model::notification::s3::ObjectCreated;

use super::{Reconcile, STOP_MARGIN, Summary};
use crate::deadline::Deadline;
use crate::{End, Retry};

/// How many objects are looked at at the same time. What they wait for is the network.
const CONCURRENCY: usize = 8;

/// After so many objects it is seen whether there is time for more.
const STRIDE: usize = 50;

impl Reconcile {
    /// Takes in every object behind a key whose event nobody heard; where the next run goes on if there was not time
    /// for all of them. What nobody can use is counted and not kept again: it is still in the bucket.
    pub(super) async fn bucket(
        &self,
        mut after: String,
        deadline: Deadline,
        summary: &mut Summary,
    ) -> Option<String> {
        loop {
            let page = match self.on_upload.uploads.list(&after).await {
                Ok(page) => page,
                Err(error) => {
                    tracing::error!(error = error.chain(), "the bucket could not be listed");
                    summary.failed += 1;
                    return Some(after);
                }
            };
            for keys in page.keys.chunks(STRIDE) {
                if deadline.is_within(STOP_MARGIN) {
                    return Some(after);
                }
                let ends = stream::iter(keys).map(async |key| (key, self.object(key, deadline).await));
                let ends: Vec<_> = ends.buffered(CONCURRENCY).collect().await;
                for (key, end) in ends {
                    summary.count(&shown(key), end);
                }
                after = keys.last().cloned().unwrap_or(after);
            }
            if page.is_last {
                return None;
            }
        }
    }

    async fn object(&self, key: &str, deadline: Deadline) -> Result<End, Retry> {
        let arrived = ObjectCreated {
            bucket: self.on_upload.uploads.bucket().to_owned(),
            key: key.to_owned(),
            version: None,
            at: None,
        };
        let end = deadline.before(self.on_upload.object(arrived)).await;
        end.unwrap_or(Err(Retry::OutOfTime))
    }
}

/// A key as a log may have it: a file that was put by hand may be named after its respondent.
fn shown(key: &str) -> String {
    let parts = key
        .split('/')
        .map(|part| if part.contains('@') { "(a mail)" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_mail_is_shown() {
        assert_eq!(shown("demo/0/ann@example.com.mp4"), "demo/0/(a mail)");
        assert_eq!(shown("demo/0/hash/take.mp4"), "demo/0/hash/take.mp4");
    }
}
