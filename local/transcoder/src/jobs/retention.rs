//! The retention of finished jobs.

use super::job::{JobRecord, TranscodeJob};

/// The maximum age of a finished job, in milliseconds: a day.
const MAX_AGE_MILLIS: u64 = 24 * 60 * 60 * 1000;

/// The maximum number of finished jobs.
const MAX_FINISHED: usize = 10_000;

/// A finished job whose notifications are delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    id: String,
    finish_time_millis: u64,
}

impl Finished {
    /// Returns the job if it may be removed.
    pub fn of(record: &JobRecord) -> Option<Self> {
        let TranscodeJob {
            id, status, timing, ..
        } = &record.job;
        (status.is_final() && record.outbox.is_empty()).then(|| Self {
            id: id.clone(),
            finish_time_millis: timing.finish_time_millis.unwrap_or_default(),
        })
    }
}

/// Returns the identifiers of the jobs to remove: those past the maximum age, and the oldest beyond the maximum number.
pub fn expired(mut finished: Vec<Finished>, now_millis: u64) -> Vec<String> {
    finished.sort_by_key(|job| job.finish_time_millis);
    let excess = finished.len().saturating_sub(MAX_FINISHED);
    let is_old = |job: &Finished| now_millis.saturating_sub(job.finish_time_millis) > MAX_AGE_MILLIS;
    let expired = finished.into_iter().enumerate();
    expired
        .filter(|(rank, job)| *rank < excess || is_old(job))
        .map(|(_, job)| job.id)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(id: usize, finish_time_millis: u64) -> Finished {
        Finished {
            id: id.to_string(),
            finish_time_millis,
        }
    }

    #[test]
    fn job_expires_after_a_day() {
        let jobs = vec![finished(1, 0), finished(2, 1), finished(3, 2)];
        assert_eq!(expired(jobs.clone(), MAX_AGE_MILLIS), [""; 0]);
        assert_eq!(expired(jobs, MAX_AGE_MILLIS + 2), ["1", "2"]);
    }

    #[test]
    fn oldest_jobs_expire_beyond_the_maximum_number() {
        let jobs: Vec<_> = (0..MAX_FINISHED + 2)
            .map(|id| finished(id, 9_999_999 - id as u64))
            .collect();
        let newest_first = [(MAX_FINISHED + 1).to_string(), MAX_FINISHED.to_string()];
        assert_eq!(expired(jobs, 9_999_999), newest_first);
    }
}
