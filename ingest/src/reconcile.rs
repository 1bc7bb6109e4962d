//! Finds and repairs overdue work: an upload that never arrived or whose event was lost, a job that was never created, a
//! result that never arrived, an unfinished deletion.
//!
//! It queries the index of open responses and then reads each response from the table, because the index may lag. A
//! full run also lists the bucket, for unmanaged files whose event was lost.

mod bucket;
mod deletion;
mod overdue;
mod pace;

use std::collections::BTreeMap;
use std::ops::Add;
use std::time::Duration;

use aws::objects::{Renditions, Uploads};
use aws::rejects::Rejects;
use aws::table::ResponsesTable;
use model::measurement::{Measurement, Repair};
use serde::{Deserialize, Serialize};

use crate::deadline::Deadline;
use crate::jobs::{Jobs, STARTED, THROTTLED};
use crate::on_upload::OnUpload;
use crate::record::{Record, log_disposition};
use crate::transcode::Engine;
use crate::{Disposition, RetryableError};

/// The time at the end of a run in which it starts no new work: enough for a few calls with their retries.
pub const STOP_MARGIN: Duration = Duration::from_secs(15);

/// The clients of the function.
pub struct Reconcile {
    table: ResponsesTable,
    uploads: Uploads,
    renditions: Renditions,
    rejects: Rejects,
    engine: Engine,
    jobs: Jobs,
    on_upload: OnUpload,
}

impl Reconcile {
    /// Returns the function with these clients. Makes no call.
    pub fn new(jobs: Jobs, uploads: Uploads, renditions: Renditions, rejects: Rejects) -> Self {
        Self {
            table: jobs.table.clone(),
            uploads: uploads.clone(),
            renditions,
            rejects,
            engine: jobs.engine.clone(),
            on_upload: OnUpload {
                table: jobs.table.clone(),
                uploads,
                jobs: jobs.clone(),
            },
            jobs,
        }
    }
}

/// The request of a run. The event of the schedule has none of its fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ReconcileRequest {
    /// Whether the run also lists the bucket.
    pub full: bool,
    /// The object key after which the listing continues: `next` of the previous run.
    pub after: Option<String>,
}

/// The result of a run.
#[derive(Debug, Default, Serialize)]
pub struct ReconcileSummary {
    /// The number of overdue responses and of examined objects.
    pub examined: u32,
    /// The number of each disposition.
    pub dispositions: BTreeMap<String, u32>,
    /// The number of failures, which the next run retries.
    pub failed: u32,
    /// The seconds for which the oldest response was overdue.
    pub oldest_overdue_seconds: u64,
    /// The number of each repair.
    #[serde(skip)]
    pub repairs: BTreeMap<Repair, u32>,
    /// The position where a full run ran out of time: `after` of the next run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl Reconcile {
    /// Processes all overdue work and, in a full run, all objects of the bucket.
    pub async fn run(&self, request: ReconcileRequest, deadline: Deadline) -> ReconcileSummary {
        let mut summary = ReconcileSummary::default();
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

impl Add for ReconcileSummary {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self.examined += other.examined;
        self.failed += other.failed;
        self.oldest_overdue_seconds = self.oldest_overdue_seconds.max(other.oldest_overdue_seconds);
        for (what, times) in other.dispositions {
            *self.dispositions.entry(what).or_default() += times;
        }
        for (repair, responses) in other.repairs {
            *self.repairs.entry(repair).or_default() += responses;
        }
        Self {
            next: self.next.or(other.next),
            ..self
        }
    }
}

/// Returns the disposition of an object whose event `reconcile` processed: the event was lost if its job was created now.
fn repaired_upload(disposition: Disposition) -> Disposition {
    match disposition {
        Disposition::Done(STARTED | THROTTLED) => Disposition::Repaired(Repair::UploadEvent),
        other => other,
    }
}

impl ReconcileSummary {
    /// Returns the measurements of the run.
    pub fn measurements(&self) -> Vec<Measurement> {
        let run = Measurement::Reconciled {
            oldest_overdue_seconds: self.oldest_overdue_seconds,
            retries: self.failed,
        };
        let repaired = self
            .repairs
            .iter()
            .map(|(repair, responses)| Measurement::Repaired {
                repair: *repair,
                responses: *responses,
            });
        std::iter::once(run).chain(repaired).collect()
    }

    /// Counts and logs a disposition; `subject` identifies the response or object without an email.
    fn count(&mut self, subject: &str, disposition: &Result<Disposition, RetryableError>) {
        self.examined += 1;
        log_disposition(&Record::Repaired { subject }, disposition);
        let counted = match disposition {
            Ok(Disposition::Done(what)) => what,
            Ok(Disposition::Repaired(repair)) => {
                *self.repairs.entry(*repair).or_default() += 1;
                repair.disposition()
            }
            Ok(Disposition::EngineRefused(_)) => "engine-refused",
            Ok(Disposition::Reject(_)) => "rejected",
            Err(_) => {
                self.failed += 1;
                return;
            }
        };
        *self.dispositions.entry(counted.to_owned()).or_default() += 1;
    }
}
