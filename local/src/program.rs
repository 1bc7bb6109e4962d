//! The entry point that the programs on top of this library share.

use std::process::ExitCode;

use crate::error::Result;
use crate::{process, signal};

/// Runs a program: counts signals, adopts orphans, prints the error it ends with. `main` returns the exit code.
///
/// Child processes are started through the program itself (see `process::command`), so this must be the first call of
/// its `main`.
pub fn run(main: impl FnOnce() -> Result<u8>) -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == process::BOUND) {
        eprintln!("{}", process::exec_bound(arguments));
        return ExitCode::from(127);
    }
    process::adopt_orphans();
    match signal::install().and_then(|()| main()) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
