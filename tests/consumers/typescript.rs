//! The consumer in TypeScript: it generates types, the compiler checks them, Node 24 runs the programs.
//!
//! The types are generated and compiled by the first test only. At run time `drive.ts` needs none.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tests::Stack;
use tests::media::Sample;
use tests::stack::repository;

#[test]
fn reads_and_writes_every_example() {
    let schemas = repository().join("schemas");
    let types = repository().join(".local/consumers/typescript");
    // Types of an earlier run may belong to documents that no longer exist.
    if types.exists() {
        fs::remove_dir_all(&types).unwrap();
    }
    let warnings = run(program("./generate.sh").args([&schemas, &types]));
    assert_eq!(warnings, "", "a generator warns");
    run(program("node").arg("typed-examples.ts").args([&schemas, &types]));
    run(program("node").arg("node_modules/typescript/bin/tsc"));
    run(program("node").arg("consume.ts").arg(&schemas));
}

#[test]
fn drives_the_stage() {
    let stack = Stack::shared();
    run(program("node")
        .arg("drive.ts")
        .env("STACK", stack.info.state.join("stack.json"))
        .env("CLIP", stack.sample(Sample::Clip)));
}

/// Returns a command that runs in the consumer's folder, with the pinned Node.
#[track_caller]
fn program(name: &str) -> Command {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("consumers/typescript");
    let node = repository().join(".local/venv-consumers/bin");
    for needed in [node.join("node"), folder.join("node_modules/.stamp")] {
        assert!(
            needed.exists(),
            "{} is missing: `make test-programs` creates it",
            needed.display()
        );
    }
    let path: PathBuf = node;
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let search = std::env::join_paths(std::iter::once(path).chain(std::env::split_paths(&inherited)));
    let mut command = Command::new(name);
    command
        .current_dir(folder)
        .env("PATH", search.expect("a search path"))
        // npx's own messages, such as its news of a version, are not the generators'.
        .env("npm_config_loglevel", "silent")
        .env("npm_config_update_notifier", "false");
    command
}

/// Runs a command to its success; returns what it wrote to its standard error.
#[track_caller]
fn run(command: &mut Command) -> String {
    let output = command.output().expect("the program starts");
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{command:?}: {printed}{messages}");
    messages
}
