//! The comparison of published documents with their released versions.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

mod agreement;
mod api;
mod edit;
mod examples;
mod messages;
mod real;
mod releases;
mod repository;
mod schemas;
