//! Elastic Transcoder's REST API (2012-09-25) and MediaConvert's (2017-08-29) in front of ffmpeg, for one machine.
//!
//! The parts, each of which uses only those after it: `api` serves the routes; `service` puts the parts together;
//! `elastic` and `media_convert` are the APIs, which are independent of each other; `jobs` keeps and runs the jobs of
//! both through `jobs::Adapter`; `ffmpeg`, `cloud` and `store` are its tools. README.md lists what is supported.

mod account;
mod admission;
pub mod api;
mod api_error;
mod cloud;
pub mod config;
mod elastic;
pub mod encoding;
pub mod failure;
pub mod ffmpeg;
mod id;
mod jobs;
mod media_convert;
mod metadata;
mod model;
mod page;
pub mod progress;
pub mod rate;
mod reservation;
pub mod service;
mod state_folder;
mod store;
mod task;
mod workspace;

pub use elastic::system_encodings;
