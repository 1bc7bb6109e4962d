//! `on_upload` and `on_job` at each of their calls: the answer is cut off, or the function is killed before it has it. The
//! queue tries again.

use std::path::PathBuf;

use tests::media::Sample;
use tests::proxy::{Fate, Proxy, Scripts};
use tests::{Respondent, Stack};

/// How often a call is waited for that a run may do without: two pieces of news may come in either order.
const TRIES: usize = 5;

/// A function whose calls go wrong by number.
struct Faulty<'a> {
    stack: &'a Stack,
    scripts: Scripts,
    clip: PathBuf,
}

impl<'a> Faulty<'a> {
    /// Somebody uploads a clip, and one of the calls that follow goes wrong.
    fn begin(&self, fault: Option<(usize, Fate)>) -> (Respondent<'a>, String) {
        let who = self.stack.respondent_elsewhere();
        self.scripts.write(&who.project, fault);
        let key = who.submit(&self.clip);
        (who, key)
    }

    /// The same, until the end; the calls that were made for it.
    fn run(&self, fault: Option<(usize, Fate)>) -> Vec<String> {
        let (who, key) = self.begin(fault);
        who.until_whole(self.stack, &key);
        self.scripts.seen(&who.project)
    }
}

fn faults_at_every_call(function: &str, expected: &[&str]) {
    let stack = Stack::get();
    let scripts = Scripts::default();
    let proxy = Proxy::start(&stack, scripts.plan());
    let _rerouted = stack.reroute(function, &proxy);
    let faulty = Faulty {
        stack: &stack,
        scripts,
        clip: stack.sample(Sample::Clip),
    };
    let happy = faulty.run(None);
    for operation in expected {
        assert!(
            happy.iter().any(|seen| seen == operation),
            "{operation}: {happy:?}"
        );
    }
    println!("{function} on {}: {happy:?}", stack.facts.engine);

    let cut: Vec<_> = (0..happy.len())
        .map(|number| faulty.begin(Some((number, Fate::Cut))))
        .collect();
    for (number, (who, key)) in cut.iter().enumerate() {
        who.until_whole(&stack, key);
        let reached = |calls: Vec<String>| calls.len() > number;
        let was_cut = reached(faulty.scripts.seen(&who.project))
            || (1..TRIES).any(|_| reached(faulty.run(Some((number, Fate::Cut)))));
        assert!(was_cut, "{function} never came to its call {number}: {happy:?}");
    }
    assert!(
        proxy.cut() >= happy.len(),
        "the answer of every call was cut off: {} of {}",
        proxy.cut(),
        happy.len()
    );
    for number in 0..happy.len() {
        let killed = (0..TRIES).any(|_| faulty.run(Some((number, Fate::Kill))).len() > number);
        assert!(killed, "{function} never came to its call {number}: {happy:?}");
    }
    assert_eq!(proxy.killed(), happy.len(), "each time the function was killed");
}

#[test]
fn on_upload_may_fail_at_every_call() {
    let mut calls = vec!["HeadObject", "GetItem", "UpdateItem", "CreateJob"];
    if Stack::get().facts.is_media_convert() {
        calls.push("Probe");
    }
    faults_at_every_call("on_upload", &calls);
}

#[test]
fn on_job_may_fail_at_every_call() {
    faults_at_every_call("on_job", &["HeadObject", "GetItem", "UpdateItem"]);
}
