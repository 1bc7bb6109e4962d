//! The `local` command; see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    local::program::run(local::cli::run)
}
