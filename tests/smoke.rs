//! `make smoke` on the local stage, with only the inputs for a deployed stage: Terraform's outputs, AWS credentials and
//! an owner's token.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tests::Stack;
use tests::stack::{program, repository};

/// A run of the smoke test.
struct SmokeRun {
    child: Child,
    output: BufReader<ChildStdout>,
    text: String,
}

impl SmokeRun {
    fn start(stack: &Stack, token: &str) -> Self {
        let info = &stack.info;
        let program = program("smoke");
        let mut child = Command::new(&program)
            .arg("local")
            .current_dir(repository())
            .env("TOKEN", token)
            .env("TF_DATA_DIR", info.state.join("terraform/data"))
            .env("AWS_ENDPOINT_URL", &info.aws_endpoint_url)
            .env("AWS_ACCESS_KEY_ID", &info.access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", &info.secret_access_key)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}: run `cargo build -p smoke`", program.display()));
        let output = BufReader::new(child.stdout.take().unwrap());
        Self {
            child,
            output,
            text: String::new(),
        }
    }

    /// Reads the output until a line starts with `start`.
    fn until_line(&mut self, start: &str) {
        loop {
            let mut line = String::new();
            let read = self.output.read_line(&mut line).unwrap();
            assert!(read > 0, "no line {start:?} in {}", self.text);
            self.text += &line;
            if line.starts_with(start) {
                return;
            }
        }
    }

    /// Reads the rest of the output; returns the exit code and all output.
    fn end(mut self) -> (Option<i32>, String) {
        self.output.read_to_string(&mut self.text).unwrap();
        (self.child.wait().unwrap().code(), self.text)
    }
}

/// Returns the number of stored versions for the respondent of a run.
fn stored_versions(stack: &Stack, text: &str) -> usize {
    let email = text.lines().next().unwrap().rsplit(' ').next().unwrap();
    let steps = [0, 1, 2].map(|step| stack.respondent_with_email("smoke", email).at_step(step));
    steps.iter().map(|response| stack.stored_versions(response)).sum()
}

#[test]
fn smoke_test_passes_on_the_local_stage() {
    let stack = Stack::shared();
    let (code, text) = SmokeRun::start(&stack, &stack.info.token).end();
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("13 of 13 promises kept"), "{text}");
    assert!(text.contains("Cost at list prices"), "{text}");
    assert_eq!(stored_versions(&stack, &text), 0, "{text}");
}

#[test]
fn interrupted_smoke_test_cleans_up() {
    let stack = Stack::shared();
    let mut run = SmokeRun::start(&stack, &stack.info.token);
    run.until_line("a clip is posted");
    kill_process(Pid::from_child(&run.child), Signal::INT).unwrap();
    let (code, text) = run.end();
    assert_eq!(code, Some(130), "{text}");
    assert!(text.contains("not tried"), "{text}");
    assert_eq!(stored_versions(&stack, &text), 0, "{text}");
}

#[test]
fn missing_scope_fails_the_smoke_test() {
    let stack = Stack::shared();
    let (code, text) = SmokeRun::start(&stack, &stack.token("responses/read")).end();
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("status 403 instead of 201"), "{text}");
    assert_eq!(stored_versions(&stack, &text), 0, "{text}");
}
