//! Writes `schemas/openapi.json`, or with `--check` says whether it is what the types and routes say.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

fn main() -> ExitCode {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/openapi.json");
    let text = format!("{:#}\n", api::openapi::document());
    if env::args().skip(1).any(|argument| argument == "--check") {
        if fs::read_to_string(&path).is_ok_and(|written| written == text) {
            return ExitCode::SUCCESS;
        }
        eprintln!(
            "schemas/openapi.json is not what the API says: run `make schemas` and look at the difference"
        );
        return ExitCode::FAILURE;
    }
    match fs::write(&path, text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", path.display());
            ExitCode::FAILURE
        }
    }
}
