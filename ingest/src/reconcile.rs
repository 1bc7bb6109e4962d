//! What is owed and overdue is looked up and repaired: an upload that never came or came unnoticed, a job that was
//! never started, a result that never arrived, a removal that is not finished.
//!
//! It walks the index of open responses, not the table, and decides by the response itself: the index may lag. In full
//! it walks the bucket too, for files that nobody was asked for and whose event was lost.

mod bucket;
mod overdue;
mod pace;
mod removal;

use std::collections::BTreeMap;
use std::ops::Add;
use std::time::Duration;

use aws::objects::Renditions;
use aws::rejects::Rejects;
use serde::{Deserialize, Serialize};

use crate::deadline::Deadline;
use crate::on_upload::OnUpload;
use crate::{End, Retry};

/// The time at the end of a run in which it begins nothing new: a few calls, each of which may be tried again.
pub const STOP_MARGIN: Duration = Duration::from_secs(15);

/// What the function works with.
pub struct Reconcile {
    /// Takes in what has arrived unnoticed, and starts jobs.
    pub on_upload: OnUpload,
    /// Where renditions are.
    pub renditions: Renditions,
    /// Where that goes which nobody can use.
    pub rejects: Rejects,
}

/// What the function is called with. What the schedule sends says nothing of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Order {
    /// Whether the bucket is walked too.
    pub full: bool,
    /// The object key behind which that walk goes on: what the run before it answered as `next`.
    pub after: Option<String>,
}

/// What a run did.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    /// How many responses were overdue, and how many objects were looked at.
    pub looked_at: u32,
    /// What was done, and how often.
    pub ends: BTreeMap<String, u32>,
    /// How many are to be tried again.
    pub failed: u32,
    /// Where a full run had no time to go on: the order of the next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl Reconcile {
    /// Looks at everything that is overdue and, if that is wanted, at everything in the bucket.
    pub async fn run(&self, order: Order, deadline: Deadline) -> Summary {
        let mut summary = Summary::default();
        // A walk that goes on has looked at them already.
        if !order.full || order.after.is_none() {
            summary = self.overdue(deadline).await;
        }
        if order.full {
            summary.next = self
                .bucket(order.after.unwrap_or_default(), deadline, &mut summary)
                .await;
        }
        tracing::info!(
            looked_at = summary.looked_at,
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
        self.looked_at += other.looked_at;
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
    /// Counts what came of one, and writes its line of log; `whose` tells which it was, without a mail.
    fn count(&mut self, whose: &str, end: Result<End, Retry>) {
        self.looked_at += 1;
        match end {
            Ok(End::Done(what)) => {
                tracing::info!(whose, end = "done", what, "record");
                *self.ends.entry(what.to_owned()).or_default() += 1;
            }
            Ok(End::EngineRefused(reason)) => {
                tracing::error!(whose, end = "engine-refused", reason, "record");
                *self.ends.entry("engine-refused".to_owned()).or_default() += 1;
            }
            Ok(End::Reject(reason)) => {
                tracing::warn!(whose, end = "rejected", reason, "record");
                *self.ends.entry("rejected".to_owned()).or_default() += 1;
            }
            Err(retry) => {
                tracing::error!(whose, end = "retry", error = retry.to_string(), "record");
                self.failed += 1;
            }
        }
    }
}
