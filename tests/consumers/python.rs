//! The consumer in Python: it generates pydantic models and an API client, and mypy checks them with the programs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tests::media::Sample;
use tests::stack::repository;
use tests::{Stack, tool};

const FOLDER: &str = "tests/consumers/python";

#[test]
fn reads_and_writes_every_example() {
    let types = generate("examples");
    let folder = repository().join(FOLDER);
    tool::run(
        Command::new(tool::installed("mypy"))
            .current_dir(&types)
            .arg("--config-file")
            .arg(folder.join("mypy.ini"))
            .arg("--cache-dir")
            .arg(types.join("../mypy"))
            .arg(".")
            .arg(&folder),
    );
    tool::run(&mut program("consume.py", &types));
}

#[test]
fn drives_the_stage() {
    let stack = Stack::shared();
    tool::run(
        program("drive.py", &generate("drive"))
            .env("STACK", stack.info.state.join("stack.json"))
            .env("CLIP", stack.sample(Sample::Clip)),
    );
}

/// Generates the types in a new folder; panics if a generator warns.
fn generate(name: &str) -> PathBuf {
    let output = repository().join(".local/consumers/python").join(name);
    if output.exists() {
        fs::remove_dir_all(&output).unwrap();
    }
    fs::create_dir_all(&output).unwrap();
    tool::installed("datamodel-codegen");
    let warnings = tool::run(
        Command::new(repository().join(FOLDER).join("generate.sh"))
            .args([&repository().join("schemas"), &output])
            .env("PATH", tool::search_path())
            .env("PYTHONWARNINGS", "always"),
    );
    assert_eq!(warnings, "", "a generator warns");
    output
}

/// Returns a program that imports the generated types. A warning of the generated code is an error.
fn program(name: &str, types: &Path) -> Command {
    let mut command = Command::new(tool::installed("python"));
    command
        .args(["-B", "-W", "error"])
        .arg(repository().join(FOLDER).join(name))
        .arg(repository().join("schemas"))
        .env("PYTHONPATH", types);
    command
}
