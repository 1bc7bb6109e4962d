//! The event functions: they apply the events of S3 and of the engine to responses.
//!
//! Each record ends with a [`Disposition`], or with an error that is retried. Nothing is dropped: an unusable record is
//! kept in the rejects queue.

pub mod batch;
pub mod deadline;
pub mod jobs;
pub mod on_job;
pub mod on_upload;
pub mod reconcile;
mod record;
pub mod settings;
pub mod transcode;

use aws::AwsError;
use aws::table::TableError;
use model::measurement::Repair;
use thiserror::Error;

/// The disposition of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// It was applied, or needs no action; the text says which.
    Done(&'static str),
    /// `reconcile` repaired the response: an event was lost, or a function crashed.
    Repaired(Repair),
    /// The engine refused to create a job for a reason that an operator must know. The job is retried later, or the response
    /// has failed.
    EngineRefused(String),
    /// It is unusable, and a retry cannot succeed.
    Reject(String),
}

/// Why a record is retried: its message goes back to the queue.
#[derive(Debug, Error)]
pub enum RetryableError {
    /// A call to AWS failed.
    #[error(transparent)]
    Call(#[from] AwsError),
    /// The table could not be read or written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// Another invocation is starting the job, or crashed while it did.
    #[error("the job is claimed until {0}")]
    Leased(model::Timestamp),
    /// The invocation has no time left.
    #[error("the invocation has no time left")]
    OutOfTime,
}
