//! Programs in Python that consume what this system publishes: `tests/python`.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::stack::repository;

/// Runs a program of `tests/python` in the tests' environment; it reads JSON and ends well, or the test
/// fails with what it said.
#[track_caller]
pub fn run(program: &str, input: &Value) -> String {
    let python = repository().join(".local/venv-tests/bin/python");
    assert!(
        python.exists(),
        "{} is missing: `make test` makes it",
        python.display()
    );
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(program);
    let mut child = Command::new(python)
        .arg("-B")
        .arg(&program)
        .env_remove("PYTHONPATH")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python starts");
    let written = child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(input.to_string().as_bytes());
    let output = child.wait_with_output().expect("python ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && written.is_ok(),
        "{}: {said}",
        program.display()
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}
