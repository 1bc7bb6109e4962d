//! The pinned Node and its programs.

use std::process::Command;

use crate::stack::repository;
use crate::tool::{installed, search_path};

/// Returns a command that runs a program in one of the folders with a `package.json`. The folder is relative to the
/// repository. The pinned Node is the first in the program's search path.
#[track_caller]
pub fn command(folder: &str, program: &str) -> Command {
    installed("node");
    let folder = repository().join(folder);
    let stamp = folder.join("node_modules/.stamp");
    assert!(
        stamp.exists(),
        "{} is missing: `make test-programs` creates it",
        stamp.display()
    );
    let mut command = Command::new(program);
    command.current_dir(&folder).env("PATH", search_path());
    command
}
