//! Jobs of both APIs: stored on disk, run in submission order, with notifications of their events.
//!
//! An `Adapter` connects an API to its jobs. A `Scheduler` keeps the jobs and decides which one runs next, a
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
