//! Elastic Transcoder's REST API (2012-09-25) in front of ffmpeg, for one machine.
//!
//! `api` answers requests, `store` keeps pipelines and jobs on disk, `worker` runs the jobs in submission order,
//! `outbox` publishes what the pipeline's topics are owed. README.md says what is served and what is not.

pub mod api;
mod cloud;
pub mod config;
pub mod failure;
pub mod ffmpeg;
mod id;
mod job;
mod notification;
mod outbox;
mod pipeline;
pub mod preset;
pub mod progress;
pub mod service;
mod store;
mod transcode;
pub mod worker;
