//! What a video response is, and how it lives.
//!
//! This crate decides and never acts: it knows no AWS SDK, no clock and no environment. Shells read
//! from the world, ask [`lifecycle::decide`] what follows, and write what it says.

pub mod deletion;
pub mod due;
#[cfg(any(test, feature = "examples"))]
pub mod examples;
pub mod failure;
pub mod identifier;
pub mod lifecycle;
pub mod notification;
pub mod object_key;
pub mod preset;
pub mod response;
mod text;
pub mod timestamp;
pub mod transcode;
pub mod upload;

pub use failure::{EngineError, Failure, FailureCode};
pub use identifier::{Email, EmailHash, Invalid, Project, ResponseKey, Step, TakeId};
pub use response::{Deletion, Job, Parked, PendingUpload, Rendition, Response, Status, Take};
pub use timestamp::Timestamp;
