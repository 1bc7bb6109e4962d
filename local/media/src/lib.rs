//! What a media file is: its container, its streams and their colors, read from what `ffmpeg -i` prints.
//!
//! A static ffmpeg comes without ffprobe. The transcoder and the demo read ffmpeg's text through this crate alone.

mod color;
mod probe;

pub use color::Color;
pub use probe::{AudioStream, Probe, Size, Track, Tracks, VideoStream};
