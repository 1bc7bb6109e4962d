//! The pinned Node and its programs.

use std::env;
use std::path::Path;
use std::process::Command;

use crate::stack::repository;

/// Returns a command that runs a program in one of the folders with a `package.json`. The folder is relative to the
/// repository. The pinned Node is the first in the program's search path.
#[track_caller]
pub fn command(folder: &str, program: &str) -> Command {
    let (folder, bin) = (
        repository().join(folder),
        repository().join(".local/venv-consumers/bin"),
    );
    for needed in [bin.join("node"), folder.join("node_modules/.stamp")] {
        assert!(
            needed.exists(),
            "{} is missing: `make test-programs` creates it",
            needed.display()
        );
    }
    let mut command = Command::new(program);
    command.current_dir(&folder).env("PATH", search_path(&bin));
    command
}

fn search_path(first: &Path) -> std::ffi::OsString {
    let inherited = env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(first.to_owned()).chain(env::split_paths(&inherited));
    env::join_paths(folders).expect("a search path")
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
