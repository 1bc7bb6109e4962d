//! The engines that transcode.

pub mod elastic;
