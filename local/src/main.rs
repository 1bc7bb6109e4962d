//! The cloud on one machine: starts the emulator and the transcoder, applies the local stage, sends
//! a video through it. It knows nothing of the product but its addresses.

mod aws;
mod cli;
mod commands;
mod demo;
mod engine;
mod error;
mod files;
mod http;
mod journal;
mod paths;
mod process;
mod session;
mod setup;
mod signal;
mod stack;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == process::BOUND) {
        eprintln!("{}", process::bound(arguments));
        return ExitCode::from(127);
    }
    process::adopt_orphans();
    match signal::install().and_then(|()| cli::run()) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
