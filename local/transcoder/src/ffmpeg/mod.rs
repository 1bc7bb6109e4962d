//! ffmpeg: inspecting an input, building the command line, running the program.

pub mod arguments;
mod color;
mod command_line;
pub mod inspect;
mod joined;
mod packets;
pub mod run;
pub mod selection;
mod sizing;
