//! After any end of a run no process is left, and the next run succeeds.

use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use rustix::process::Signal;
use tests::Stack;

use crate::checkout::{Checkout, CommandRun, FROM_NOTHING, FinishedRun};

/// Time limit of a second run, when everything is built.
const SECOND_RUN: Duration = Duration::from_secs(60);

/// Starts a run and waits until Terraform has applied a part of its changes.
fn until_half_applied<'a>(checkout: &'a Checkout, variables: &[&str]) -> CommandRun<'a> {
    let applied = fs::metadata(checkout.local("logs/terraform.log")).map_or(0, |log| log.len());
    let mut run = checkout.demo(variables);
    run.until_phase("terraform apply");
    run.until_logged(
        "logs/terraform.log",
        "Creation complete",
        usize::try_from(applied).unwrap(),
    );
    run
}

/// Sends Ctrl-C; checks that the run ends promptly, reports the interruption and saves its state.
fn interrupt(checkout: &Checkout, run: CommandRun<'_>) -> FinishedRun {
    run.signal(Signal::INT);
    let ended = run.end_promptly();
    assert!(!ended.status.success(), "{}", ended.output);
    assert!(ended.output.contains("demo interrupted at"), "{}", ended.output);
    assert_eq!(
        checkout.json("record.json")["clean"],
        true,
        "its state is saved: {}",
        ended.output
    );
    ended
}

/// This is one test because each run starts from the state that the previous one left.
#[test]
fn run_continues_after_an_interrupted_run() {
    // Runs next to the other tests' stack; exclusive, because it measures time.
    let stack = Stack::exclusive();
    let checkout = Checkout::fresh("interrupted");

    // Interrupted while the stack is half built, and its port is taken: the next run rebuilds the stack and reports it.
    let run = until_half_applied(&checkout, &[]);
    assert!(
        checkout.running_processes().len() > 1,
        "the processes of the run must be found by the checkout's path"
    );
    interrupt(&checkout, run);
    let port = checkout.json("ports.json")["emulator"].as_u64().unwrap();
    let taken = TcpListener::bind(("127.0.0.1", u16::try_from(port).unwrap())).unwrap();
    let mut run = checkout.demo(&[]);
    run.until_phase("transcode");
    let said = interrupt(&checkout, run).output;
    assert!(said.contains("rebuilding the stack from nothing"), "{said}");
    assert!(said.contains(&format!("port {port} is in use")), "{said}");
    assert_ne!(checkout.json("ports.json")["emulator"], port);
    drop(taken);

    // A change of the engine updates the stack without a rebuild, also after an interruption.
    let media_convert = ["ENGINE=media-convert"];
    let run = until_half_applied(&checkout, &media_convert);
    let said = interrupt(&checkout, run).output;
    assert!(!said.contains("rebuilding"), "{said}");
    let ended = checkout.demo(&media_convert).end(FROM_NOTHING);
    ended.expect_success();
    assert!(!ended.output.contains("rebuilding"), "{}", ended.output);
    let engine = &checkout.json("terraform/terraform.tfstate")["outputs"]["engine"]["value"];
    assert_eq!(*engine, "media-convert");
    checkout.assert_nothing_left();

    let ended = checkout.demo(&media_convert).end(FROM_NOTHING);
    ended.expect_success();
    assert!(ended.took <= SECOND_RUN, "{:?}: {}", ended.took, ended.output);
    checkout.assert_nothing_left();

    // After a kill no process continues. A unit test of `local` checks that the next run rebuilds from nothing.
    let mut run = checkout.demo(&media_convert);
    run.until_phase("transcode");
    run.signal(Signal::KILL);
    assert!(!run.end_promptly().status.success());
    assert_eq!(checkout.json("record.json")["clean"], false);
    stack.api_get(None, "/health").expect(200);
}
