//! The commands of `local` behind `make up`, `down`, `token`, `logs` and `reset`, from the user's view.

use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;
use tests::eventually;
use tests::http::{self, Answer};
use tests::stack::program;
use tests::wait::SOON;
use ureq::http::Request;

use crate::checkout::{Checkout, FROM_NOTHING, FinishedRun};

/// Time limit of a command that does not start a stack.
const COMMAND_LIMIT: Duration = Duration::from_secs(60);

/// The files and folders in the state folder that `reset` deletes.
const STATE: [&str; 8] = [
    "emulator",
    "transcoder",
    "terraform",
    "logs",
    "stack.json",
    "ports.json",
    "record.json",
    "processes.json",
];

/// Stops the background stack of a checkout when dropped, so that a failed test leaves no process.
struct StopOnDrop<'a>(&'a Checkout);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = Command::new(program("local"))
                .arg("down")
                .env_remove("STATE")
                .current_dir(&self.0.root)
                .status();
        }
    }
}

fn make(checkout: &Checkout, arguments: &[&str]) -> FinishedRun {
    checkout
        .start(Command::new("make").args(arguments))
        .end(FROM_NOTHING)
}

#[track_caller]
fn assert_prints(finished: &FinishedRun, expected: &[&str]) {
    assert!(finished.status.success(), "{}", finished.output);
    for text in expected {
        assert!(
            finished.output.contains(text),
            "no {text:?} in {}",
            finished.output
        );
    }
}

/// Lists the responses of the open project with a token.
fn list(api_url: &str, token: &str) -> Answer {
    let request = Request::get(format!("{api_url}/projects/demo/responses"));
    let request = request.header("authorization", format!("Bearer {token}"));
    http::send(request.body(()).unwrap())
}

#[test]
fn commands_report_a_missing_stack() {
    let checkout = Checkout::prepared("no-stack");
    assert_prints(&make(&checkout, &["down"]), &["no stack runs in .local"]);
    assert_prints(
        &make(&checkout, &["down", "STATE=.local/none"]),
        &["no stack runs in .local/none"],
    );
    assert_prints(
        &make(&checkout, &["reset", "STATE=.local/none"]),
        &["nothing to delete", ".local/none"],
    );
    make(&checkout, &["token"]).expect_failure(&["no stack runs in .local", "make up"]);
    make(&checkout, &["logs", "STATE=.local/none"])
        .expect_failure(&["no logs in .local/none/logs", "no stack has run there"]);
    checkout.assert_nothing_left();
}

/// This is one test so that only one stack is started from nothing.
#[test]
fn stack_is_started_used_stopped_and_deleted() {
    let checkout = Checkout::prepared("commands");
    let _stop = StopOnDrop(&checkout);

    let up = make(&checkout, &["up", "DETACH=1"]);
    assert_prints(&up, &["The stack is ready.", "`make down` stops it"]);
    let api_url = checkout.json("stack.json")["api_url"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(up.output.contains(&api_url), "{}", up.output);

    // A second `up` joins the running stack, in the foreground and in the background.
    for arguments in [&["up"][..], &["up", "DETACH=1"]] {
        let second = make(&checkout, arguments);
        assert_prints(&second, &["a stack is already running", &api_url]);
        assert!(second.took < COMMAND_LIMIT, "{:?}", second.took);
    }

    let token = make(&checkout, &["token"]);
    assert_prints(&token, &[]);
    list(&api_url, token.output.trim()).expect(200);
    list(&api_url, "not-a-token").expect(401);
    eventually(SOON, "`make logs` prints the request", || {
        let logs = make(&checkout, &["logs"]);
        assert_prints(&logs, &["==> local", "==> terraform", "==> emulator"]);
        let (_, functions) = logs.output.split_once("==> functions")?;
        functions
            .contains("\"route\":\"/projects/{project}/responses\"")
            .then_some(())
    });

    assert_prints(&make(&checkout, &["down"]), &["stopped the stack in .local"]);
    checkout.assert_nothing_left();
    assert_eq!(checkout.json("record.json")["clean"], true);
    make(&checkout, &["token"]).expect_failure(&["no stack runs in .local"]);

    // In the foreground, from the saved state: Ctrl-C stops the stack with exit code 0.
    let mut up = checkout.start(Command::new(program("local")).arg("up"));
    up.until_printed("Ctrl-C stops it.");
    up.signal(Signal::INT);
    let ended = up.end_promptly();
    assert_prints(&ended, &[&api_url]);
    assert!(!ended.output.contains("rebuilding"), "{}", ended.output);
    assert_eq!(checkout.json("record.json")["clean"], true);

    assert_prints(
        &make(&checkout, &["reset"]),
        &["deleted the state of the stack in .local"],
    );
    for name in STATE {
        assert!(!checkout.local(name).exists(), "{name} still exists");
    }
    for shared in ["functions", "venv"] {
        let entries = checkout.local(shared).read_dir().unwrap();
        assert!(entries.count() > 0, "{shared} must not be deleted");
    }
    checkout.assert_nothing_left();
}
