//! Functions that run the Python programs of this folder, which check our programs' output with third-party libraries.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

pub mod probe;

/// The Python environment of most programs.
pub const TESTS: &str = "venv-tests";

/// The Python environment with the newest service models of botocore.
pub const MODELS: &str = "venv-models";

/// Runs a program that reads JSON from its standard input; returns its output. Panics with its messages if it fails.
#[track_caller]
pub fn run(program: &str, input: &Value) -> String {
    run_in(TESTS, program, &[], input)
}

/// Runs a program with arguments in one of the environments.
#[track_caller]
pub fn run_in(environment: &str, program: &str, arguments: &[&str], input: &Value) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = folder.join("../../.local").join(environment).join("bin/python");
    assert!(
        python.exists(),
        "{} is missing: `make test` creates it",
        python.display()
    );
    let mut child = Command::new(python)
        .arg("-B")
        .arg(folder.join(program))
        .args(arguments)
        .env_remove("PYTHONPATH")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let input = input.to_string();
    // A program may exit without reading all input; its exit status decides.
    let _ = child
        .stdin
        .take()
        .expect("stdin is piped")
        .write_all(input.as_bytes());
    let output = child.wait_with_output().expect("Python exits");
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {messages}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
