//! Sends a video through the whole pipeline of a local stack, as a front end would, and shows the result.

mod api;
mod command;
mod fetch;
mod probe;
mod send;
mod summary;
mod upload;
mod video;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use local::cli::{StackArguments, variable};
use local::program;

/// Sends a video through the whole pipeline of a local stack and shows the result
#[derive(Debug, Parser)]
#[command(name = "demo", version)]
struct DemoArguments {
    #[command(flatten)]
    stack: StackArguments,
    /// Video to send [default: $VIDEO, or a generated one]
    video: Option<PathBuf>,
}

fn main() -> ExitCode {
    program::run(|| {
        let arguments = DemoArguments::parse();
        let video = arguments.video.or_else(|| variable("VIDEO").map(PathBuf::from));
        command::run(
            arguments.stack.paths()?,
            video.as_deref(),
            arguments.stack.port()?,
        )
    })
}
