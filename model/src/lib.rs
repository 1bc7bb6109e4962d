//! The domain of video responses: identifiers, responses and their lifecycle.
//!
//! This crate makes decisions and has no side effects: it uses no AWS SDK, no clock and no environment. Handlers read a
//! response, call [`lifecycle::decide`], and write its result.

pub mod deletion;
pub mod due;
#[cfg(any(test, feature = "examples"))]
pub mod examples;
pub mod failure;
pub mod identifier;
pub mod json;
pub mod lifecycle;
pub mod measurement;
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
