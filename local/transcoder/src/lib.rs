//! Elastic Transcoder's REST API (2012-09-25) and MediaConvert's (2017-08-29) in front of ffmpeg, for one machine.
//!
//! `elastic` and `media_convert` are adapters: each turns its API's words into a `job` and a job's events into its own
//! news. What is behind them is one workshop: `store` keeps everything on disk, `worker` runs the jobs in submission
//! order, `transcode` runs one, `outbox` delivers the news. README.md says what is served and what is not.

pub mod api;
mod cloud;
pub mod config;
pub mod elastic;
pub mod failure;
pub mod ffmpeg;
mod id;
mod job;
mod media_convert;
mod metadata;
mod model;
mod notice;
mod outbox;
mod page;
pub mod progress;
pub mod rate;
pub mod recipe;
pub mod service;
mod store;
mod transcode;
pub mod worker;
