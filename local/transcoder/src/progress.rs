//! How far the running jobs are. Not kept on disk: a job that is run again begins at nothing.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How far one job's ffmpeg is.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Progress {
    /// Hundredths of the whole; absent where the input does not say how long it is.
    pub percent: Option<f64>,
    /// Seconds of output so far.
    pub seconds: f64,
}

/// The progress of all running jobs.
#[derive(Debug, Default)]
pub struct Board {
    jobs: Mutex<HashMap<String, Progress>>,
}

impl Board {
    /// Notes how far a job is.
    pub fn set(&self, id: &str, progress: Progress) {
        self.jobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id.to_owned(), progress);
    }

    /// How far a job is, where it is running.
    pub fn get(&self, id: &str) -> Option<Progress> {
        self.jobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(id)
            .copied()
    }

    /// Forgets a job that has ended.
    pub fn clear(&self, id: &str) {
        self.jobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(id);
    }
}
