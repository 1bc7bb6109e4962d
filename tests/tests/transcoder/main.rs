//! The transcoder by itself: Elastic Transcoder's API as the Rust SDK and boto3 speak it, what its jobs make, and
//! what becomes of them when it is killed.

mod boto3;
mod jobs;
mod presets;
mod service;
mod sources;
mod workshop;
