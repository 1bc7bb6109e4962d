//! However a run ends, nothing is left of it, and the next one goes well.

use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use rustix::process::Signal;
use tests::Stack;

use crate::checkout::{Checkout, FROM_NOTHING};

/// A second run, with everything built, takes no longer.
const SECOND_RUN: Duration = Duration::from_secs(60);

/// Ctrl-C at each of these, from the first run of a fresh clone on; each run goes on from where the last one was.
const PHASES: [&str; 10] = [
    "check",
    "python",
    "video",
    "build",
    "emulator",
    "terraform init",
    "terraform apply",
    "upload",
    "transcode",
    "fetch",
];

fn interrupt(checkout: &Checkout, phase: &str) {
    let applied = fs::metadata(checkout.local("logs/terraform.log")).map_or(0, |log| log.len());
    let mut run = checkout.demo(&[]);
    run.until_phase(phase);
    if phase == "terraform apply" {
        // In the middle of it: what was made so far must be found again.
        run.until_logged(
            "logs/terraform.log",
            "Creation complete",
            usize::try_from(applied).unwrap(),
        );
    }
    run.signal(Signal::INT);
    let ended = run.end_at_once();
    assert!(!ended.status.success(), "{phase}: {}", ended.said);
    assert!(
        ended.said.contains("demo interrupted at"),
        "{phase}: {}",
        ended.said
    );
    if checkout.local("record.json").exists() {
        assert_eq!(
            checkout.json("record.json")["clean"],
            true,
            "{phase}: its state is saved: {}",
            ended.said
        );
    }
}

/// One test, because each part begins where the last one ended.
#[test]
fn a_run_goes_on_from_wherever_the_last_one_ended() {
    // Beside the stack that the other tests run on; alone, because it measures time.
    let stack = Stack::alone();
    let checkout = Checkout::fresh("interrupted");
    for phase in PHASES {
        interrupt(&checkout, phase);
    }

    let ended = checkout.demo(&[]).end(FROM_NOTHING);
    ended.expect_success();
    assert!(ended.took <= SECOND_RUN, "{:?}: {}", ended.took, ended.said);
    assert!(!ended.said.contains("rebuilding"), "{}", ended.said);
    checkout.assert_nothing_left();
    stack.api_get(None, "/health").expect(200);

    // Killed, and its port taken meanwhile: it is built from nothing, and that is said.
    let mut run = checkout.demo(&[]);
    run.until_phase("transcode");
    run.signal(Signal::KILL);
    assert!(!run.end_at_once().status.success());
    let port = checkout.json("ports.json")["emulator"].as_u64().unwrap();
    let taken = TcpListener::bind(("127.0.0.1", u16::try_from(port).unwrap())).unwrap();
    let ended = checkout.demo(&[]).end(FROM_NOTHING);
    ended.expect_success();
    assert!(
        ended.said.contains("rebuilding the stack from nothing"),
        "{}",
        ended.said
    );
    assert!(
        ended.said.contains(&format!("port {port} is in use")),
        "{}",
        ended.said
    );
    assert_ne!(checkout.json("ports.json")["emulator"], port);
    checkout.assert_nothing_left();
    drop(taken);

    // With the other engine, for which the stack is changed.
    let ended = checkout.demo(&["ENGINE=media-convert"]).end(FROM_NOTHING);
    ended.expect_success();
    assert!(!ended.said.contains("rebuilding"), "{}", ended.said);
    assert_eq!(checkout.json("stack.json")["engine"], "media-convert");
    checkout.assert_nothing_left();
}
