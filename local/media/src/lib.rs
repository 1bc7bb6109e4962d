//! The properties of a media file: container, streams and colors, parsed from the output of `ffmpeg -i`.
//!
//! A static ffmpeg comes without ffprobe. The transcoder and the demo parse ffmpeg's output only through this crate.

mod color;
mod probe;

pub use color::Color;
pub use probe::{AudioStream, Probe, Size, Track, Tracks, VideoStream};
