//! Jobs, whichever API they came by: kept on disk, run in submission order, their events delivered.
//!
//! `Adapter` is all that an API tells about its jobs. A `Scheduler` keeps the jobs and decides which one runs next, a
//! `Worker` runs them, an `Outbox` delivers their notifications.

mod adapter;
mod context;
#[cfg(test)]
pub mod fixture;
mod job;
mod notification;
mod outbox;
mod retention;
mod run;
mod scheduler;
#[cfg(test)]
mod tests;
mod transcode;
mod worker;
mod writes;

pub use adapter::{Adapter, Adapters};
pub use job::{Event, JobStatus, MediaInfo, OutputFile, RunOutcome, Timing, TranscodeJob};
pub use notification::Notification;
pub use scheduler::Scheduler;
pub use worker::Worker;
