//! Faults: dropped answers, killed functions, a burst above the engine's rate. After each there is one record, one
//! current attempt with its rendition, and no output of other attempts.
//!
//! A killed function also interrupts its other requests, so no other suite uses the stack at the same time.

mod burst;
mod events;
mod refused;
mod schedule;
