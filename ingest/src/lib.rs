//! The event functions: what S3 and the transcoder say becomes the state of responses.
//!
//! Each handler ends a record as [`End`]: done, to be tried again, or rejected with a reason. Nothing is
//! dropped: a record that nobody can use is kept in the queue of rejects.

pub mod batch;
pub mod deadline;
pub mod jobs;
pub mod on_job;
pub mod on_upload;
pub mod reconcile;
pub mod settings;
pub mod transcode;

use aws::AwsError;
use aws::table::TableError;
use thiserror::Error;

/// How a record ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// All that follows from it is done; the word says what that was.
    Done(&'static str),
    /// The engine refused to create a job, for a reason that a person must know: the response is tried again later
    /// or has failed.
    EngineRefused(String),
    /// It cannot be used, now or later.
    Reject(String),
}

/// Why a record must be tried again: its message goes back to the queue.
#[derive(Debug, Error)]
pub enum Retry {
    /// A call failed.
    #[error("{}", .0.chain())]
    Call(#[from] AwsError),
    /// The table could not be read or written.
    #[error("{}", .0.chain())]
    Table(#[from] TableError),
    /// Another invocation is starting the job, or died while it did.
    #[error("the job is claimed until {0}")]
    Leased(model::Timestamp),
    /// The invocation's time is over.
    #[error("there was no time left for it")]
    OutOfTime,
}
