//! The API by itself: requests as the gateway sends them, with something in AWS's place that no emulator plays.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by a panic"
)]

mod answers;
mod calls;
mod completion;
mod unavailable;
mod world;
