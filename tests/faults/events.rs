//! Faults in `on_upload` and `on_job` at each of their calls: the answer is dropped, or the function is killed before
//! it receives the answer. The queue retries the message.

use std::path::PathBuf;

use tests::media::Sample;
use tests::proxy::{FaultAction, FaultScripts, Proxy};
use tests::{Respondent, Stack};

/// Maximum number of runs until a call occurs that not every run makes: two events may arrive in either order.
const MAX_ATTEMPTS: usize = 5;

/// A function with a fault at one of its calls, selected by number.
struct Faulty<'a> {
    stack: &'a Stack,
    scripts: FaultScripts,
    clip: PathBuf,
}

impl<'a> Faulty<'a> {
    /// Uploads a clip, with a fault at one of the resulting calls.
    fn begin(&self, fault: Option<(usize, FaultAction)>) -> (Respondent<'a>, String) {
        let who = self.stack.respondent_in_closed_project();
        self.scripts.add(&who.project, fault);
        let key = who.submit(&self.clip);
        (who, key)
    }

    /// Does the same and waits until the response is complete; returns the calls that were made.
    fn run(&self, fault: Option<(usize, FaultAction)>) -> Vec<String> {
        let (who, key) = self.begin(fault);
        who.until_complete(self.stack, &key);
        self.scripts.calls(&who.project)
    }
}

fn faults_at_every_call(function: &str, expected: &[&str]) {
    let stack = Stack::shared();
    let scripts = FaultScripts::default();
    let proxy = Proxy::start(&stack, scripts.plan());
    let _routed = stack.route_through(function, &proxy);
    let faulty = Faulty {
        stack: &stack,
        scripts,
        clip: stack.sample(Sample::Clip),
    };
    let undisturbed = faulty.run(None);
    for operation in expected {
        assert!(
            undisturbed.iter().any(|seen| seen == operation),
            "{operation}: {undisturbed:?}"
        );
    }
    println!("{function} on {}: {undisturbed:?}", stack.info.engine);

    let dropped: Vec<_> = (0..undisturbed.len())
        .map(|number| faulty.begin(Some((number, FaultAction::DropAnswer))))
        .collect();
    for (number, (who, key)) in dropped.iter().enumerate() {
        who.until_complete(&stack, key);
        let reached = |calls: Vec<String>| calls.len() > number;
        let was_cut = reached(faulty.scripts.calls(&who.project))
            || (1..MAX_ATTEMPTS).any(|_| reached(faulty.run(Some((number, FaultAction::DropAnswer)))));
        assert!(was_cut, "{function} never made call {number}: {undisturbed:?}");
    }
    assert!(
        proxy.dropped_answers() >= undisturbed.len(),
        "the answer of every call must be dropped: {} of {}",
        proxy.dropped_answers(),
        undisturbed.len()
    );
    for number in 0..undisturbed.len() {
        let killed =
            (0..MAX_ATTEMPTS).any(|_| faulty.run(Some((number, FaultAction::KillCaller))).len() > number);
        assert!(killed, "{function} never made call {number}: {undisturbed:?}");
    }
    assert_eq!(
        proxy.killed_callers(),
        undisturbed.len(),
        "the function must be killed at each call"
    );
}

#[test]
fn on_upload_recovers_from_a_fault_at_every_call() {
    let mut calls = vec!["HeadObject", "GetItem", "UpdateItem", "CreateJob"];
    if Stack::shared().info.is_media_convert() {
        calls.push("Probe");
    }
    faults_at_every_call("on_upload", &calls);
}

#[test]
fn on_job_recovers_from_a_fault_at_every_call() {
    faults_at_every_call("on_job", &["HeadObject", "GetItem", "UpdateItem"]);
}
