//! Checks that the published documents break no client of a released version. With `--release`, freezes them.

use std::env;
use std::path::Path;
use std::process::ExitCode;

use compatibility::check::check;
use compatibility::documents::release;
use compatibility::error::GateError;
use compatibility::version::ReleaseVersion;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("Error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode, GateError> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let current: ReleaseVersion = env!("CARGO_PKG_VERSION").parse()?;
    let outcome = check(&repository, current)?;
    if !outcome.forbidden.is_empty() {
        eprint!("{outcome}");
        return Ok(ExitCode::FAILURE);
    }
    if !env::args().skip(1).any(|argument| argument == "--release") {
        print!("{outcome}");
        return Ok(ExitCode::SUCCESS);
    }
    if release(&repository, current)? {
        println!(
            "Released {current}: commit schemas/released. Rename \"## Unreleased\" in CHANGELOG.md to \"## {current}\"."
        );
    } else {
        println!("{current} is already released with these documents.");
    }
    Ok(ExitCode::SUCCESS)
}
