//! A consumer of the published documents: checks every example, or uploads, plays and deletes a video.

mod drive;
mod examples;
mod http;
mod json;
mod types;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["examples", schemas] => ExitCode::from(u8::from(!examples::check(Path::new(schemas)))),
        ["drive"] => {
            let (stack, clip) = (path("STACK"), path("CLIP"));
            let video = fs::read(&clip).unwrap_or_else(|error| panic!("{}: {error}", clip.display()));
            println!("played and deleted {}", drive::run(&json::read(&stack), &video));
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("schema-consumer examples SCHEMAS, or schema-consumer drive with STACK and CLIP");
            ExitCode::from(2)
        }
    }
}

/// Returns the path in a variable of the environment.
fn path(variable: &str) -> PathBuf {
    env::var_os(variable)
        .unwrap_or_else(|| panic!("{variable} is missing"))
        .into()
}
