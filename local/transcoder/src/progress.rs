//! The progress of the running jobs. Not stored on disk: a job that runs again starts at zero.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The progress of one job's ffmpeg.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Progress {
    /// 0 to 100; absent where the input does not state its duration.
    pub percent: Option<f64>,
    /// Seconds of output so far.
    pub seconds: f64,
}

/// The progress of all running jobs, by job.
#[derive(Debug, Default)]
pub struct ProgressTracker {
    jobs: Mutex<HashMap<String, Progress>>,
}

impl ProgressTracker {
    /// Records the progress of a job.
    pub fn set(&self, id: &str, progress: Progress) {
        self.lock().insert(id.to_owned(), progress);
    }

    /// Returns the progress of a job that runs.
    pub fn get(&self, id: &str) -> Option<Progress> {
        self.lock().get(id).copied()
    }

    /// Removes a job that has ended.
    pub fn clear(&self, id: &str) {
        self.lock().remove(id);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Progress>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
