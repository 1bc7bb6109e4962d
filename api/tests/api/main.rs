//! Tests of the API alone: requests in API Gateway's format, with a fake AWS whose answers no emulator gives.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

mod answers;
mod calls;
mod completion;
mod fixture;
mod unavailable;
