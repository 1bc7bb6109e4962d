//! The API by itself: requests as the gateway sends them, with something in AWS's place that no emulator plays.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is not as it should be"
)]

mod answers;
mod calls;
mod completion;
mod unavailable;
mod world;
