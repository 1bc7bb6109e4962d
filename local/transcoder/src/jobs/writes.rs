//! Writes to S3 that complete even if the run that started them is stopped.

use std::sync::Arc;

use tokio::sync::RwLock;

use crate::failure::{Code, JobFailure};

/// The writes of one run. An interrupted request may still take effect later; a completed one cannot.
#[derive(Debug, Clone, Default)]
pub struct Writes(Arc<RwLock<()>>);

impl Writes {
    /// Completes a write, even if the caller is dropped in the meantime.
    pub async fn complete(
        &self,
        write: impl Future<Output = Result<(), JobFailure>> + Send + 'static,
    ) -> Result<(), JobFailure> {
        let under_way = Arc::clone(&self.0).read_owned().await;
        let task = tokio::spawn(async move {
            let written = write.await;
            drop(under_way);
            written
        });
        task.await
            .unwrap_or_else(|error| Err(JobFailure::new(Code::Internal, error.to_string())))
    }

    /// Waits until no write is in progress.
    pub async fn completed(&self) {
        drop(self.0.write().await);
    }
}
