//! The consumer in TypeScript: it generates types, the compiler checks them, and Node runs the programs.
//!
//! The first test generates and compiles the types of both programs. At run time no program needs them.

use std::fs;
use std::path::Path;

use tests::media::Sample;
use tests::stack::repository;
use tests::{Stack, node, tool};

const FOLDER: &str = "tests/consumers/typescript";

#[test]
fn reads_and_writes_every_example() {
    let schemas = repository().join("schemas");
    let types = repository().join(".local/consumers/typescript");
    // Types of an earlier run may belong to documents that no longer exist.
    if types.exists() {
        fs::remove_dir_all(&types).unwrap();
    }
    let warnings = tool::run(
        node::command(FOLDER, "./generate.sh")
            .args([&schemas, &types])
            // npx's own messages, such as a notice of a new version, are not the generators'.
            .env("npm_config_loglevel", "silent")
            .env("npm_config_update_notifier", "false"),
    );
    assert_eq!(warnings, "", "a generator warns");
    assert_eq!(numbered_types(&types.join("documents")), [""; 0]);
    tool::run(
        node::command(FOLDER, "node")
            .arg("typed-examples.ts")
            .args([&schemas, &types]),
    );
    tool::run(&mut node::command(FOLDER, "node_modules/.bin/tsc"));
    tool::run(node::command(FOLDER, "node").arg("consume.ts").arg(&schemas));
}

#[test]
fn drives_the_stage() {
    let stack = Stack::shared();
    tool::run(
        node::command(FOLDER, "node")
            .arg("drive.ts")
            .env("STACK", stack.info.state.join("stack.json"))
            .env("CLIP", stack.sample(Sample::Clip)),
    );
}

/// Returns the names to which the generator appended a number, because a document gives several types the same name.
fn numbered_types(folder: &Path) -> Vec<String> {
    let texts = fs::read_dir(folder)
        .unwrap()
        .map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    let names = texts.flat_map(|text| {
        text.lines()
            .filter_map(|line| line.strip_prefix("export ")?.split(' ').nth(1).map(str::to_owned))
            .collect::<Vec<_>>()
    });
    names
        .filter(|name| name.ends_with(|letter: char| letter.is_ascii_digit()))
        .collect()
}
