//! ffmpeg: what it says of a file, what it is told, and running it.

pub mod arguments;
pub mod color;
pub mod inspect;
pub mod joined;
pub mod packets;
pub mod probe;
pub mod run;
pub mod sizing;
