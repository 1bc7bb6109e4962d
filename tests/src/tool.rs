//! Runs of programs in other languages, in the environment of the consumers of `schemas/`.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use crate::stack::repository;

/// Returns a program of the consumers' environment.
#[track_caller]
pub fn installed(name: &str) -> PathBuf {
    let program = repository().join(".local/venv-consumers/bin").join(name);
    assert!(
        program.exists(),
        "{} is missing: `make test-programs` creates it",
        program.display()
    );
    program
}

/// Returns the search path with the programs of the consumers' environment first.
pub fn search_path() -> OsString {
    let inherited = env::var_os("PATH").unwrap_or_default();
    let first = std::iter::once(repository().join(".local/venv-consumers/bin"));
    env::join_paths(first.chain(env::split_paths(&inherited))).expect("a search path")
}

/// Runs a command, which must succeed; returns what it wrote to its standard error.
#[track_caller]
pub fn run(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{command:?}\n{printed}{messages}");
    messages
}
