//! Finds and repairs overdue work: an upload that never arrived or whose event was lost, a job that was never created, a
//! result that never arrived, a deletion that is not finished.
//!
//! It reads the index of open responses, not the table, and decides by the response itself: the index may lag. A full run
//! lists the bucket too, for unmanaged files whose event was lost.

mod bucket;
mod overdue;
mod pace;
mod removal;

use std::collections::BTreeMap;
use std::ops::Add;
use std::time::Duration;

use aws::error::chain;
use aws::objects::Renditions;
use aws::rejects::Rejects;
use serde::{Deserialize, Serialize};

use crate::deadline::Deadline;
use crate::on_upload::OnUpload;
use crate::{Disposition, RetryableError};

/// The time at the end of a run in which it starts nothing new: enough for a few calls with their retries.
pub const STOP_MARGIN: Duration = Duration::from_secs(15);

/// The clients of the function.
pub struct Reconcile {
    /// Processes uploads whose event was lost, and starts jobs.
    pub on_upload: OnUpload,
    /// The renditions bucket.
    pub renditions: Renditions,
    /// The queue of rejects.
    pub rejects: Rejects,
}

/// The request of a run. The event of the schedule has none of its fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ReconcileRequest {
    /// Whether the bucket is listed too.
    pub full: bool,
    /// The object key after which the listing continues: `next` of the previous run.
    pub after: Option<String>,
}

/// The result of a run.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    /// The number of overdue responses and of examined objects.
    pub examined: u32,
    /// The number of each disposition.
    pub ends: BTreeMap<String, u32>,
    /// The number of failures, which the next run retries.
    pub failed: u32,
    /// Where a full run had no time to continue: `after` of the next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl Reconcile {
    /// Processes all overdue work and, in full, all objects of the bucket.
    pub async fn run(&self, request: ReconcileRequest, deadline: Deadline) -> Summary {
        let mut summary = Summary::default();
        // A run that continues the listing has processed overdue work already.
        if !request.full || request.after.is_none() {
            summary = self.overdue(deadline).await;
        }
        if request.full {
            summary.next = self
                .bucket(request.after.unwrap_or_default(), deadline, &mut summary)
                .await;
        }
        tracing::info!(
            examined = summary.examined,
            failed = summary.failed,
            is_whole = summary.next.is_none(),
            "reconciled"
        );
        summary
    }
}

impl Add for Summary {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self.examined += other.examined;
        self.failed += other.failed;
        for (what, times) in other.ends {
            *self.ends.entry(what).or_default() += times;
        }
        Self {
            next: self.next.or(other.next),
            ..self
        }
    }
}

impl Summary {
    /// Counts and logs a disposition; `whose` identifies the response or object without an email.
    fn count(&mut self, whose: &str, end: Result<Disposition, RetryableError>) {
        self.examined += 1;
        match end {
            Ok(Disposition::Done(what)) => {
                tracing::info!(whose, end = "done", what, "record");
                *self.ends.entry(what.to_owned()).or_default() += 1;
            }
            Ok(Disposition::EngineRefused(reason)) => {
                tracing::error!(whose, end = "engine-refused", reason, "record");
                *self.ends.entry("engine-refused".to_owned()).or_default() += 1;
            }
            Ok(Disposition::Reject(reason)) => {
                tracing::warn!(whose, end = "rejected", reason, "record");
                *self.ends.entry("rejected".to_owned()).or_default() += 1;
            }
            Err(retry) => {
                tracing::error!(whose, end = "retry", error = chain(&retry), "record");
                self.failed += 1;
            }
        }
    }
}
