//! The workspace's packages, as cargo describes them.

use std::process::Command;

use serde_json::Value;
use tests::stack::repository;

/// Runs a cargo command in the repository and returns its output.
pub fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .current_dir(repository())
        .args(arguments)
        .arg("--locked")
        .output()
        .expect("cargo starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("cargo prints UTF-8")
}

/// Returns `packages` of `cargo metadata`: the packages of the workspace.
pub fn packages() -> Vec<Value> {
    let metadata = cargo(&["metadata", "--format-version", "1", "--no-deps"]);
    let metadata: Value = serde_json::from_str(&metadata).expect("JSON");
    metadata["packages"].as_array().expect("packages").clone()
}
