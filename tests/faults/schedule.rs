//! `reconcile` at each of its calls, for everything that it repairs. The next run goes on.

use serde_json::json;
use tests::media::Sample;
use tests::proxy::{Fate, Proxy, Scripts};
use tests::wait::TRANSCODED;
use tests::{Respondent, Stack, eventually};

/// What is owed to a response.
#[derive(Clone, Copy, Debug)]
enum Owed {
    /// Its file came unnoticed.
    Upload,
    /// Its result never arrived.
    Result,
    /// Its job was never started.
    Job,
    /// Its removal.
    Removal,
}

impl Owed {
    /// As many respondents to whom this will be owed, each with the key of the file.
    fn prepare<'a>(self, stack: &'a Stack, count: usize) -> Vec<(Respondent<'a>, String)> {
        let sample = match self {
            Self::Job => Sample::Garbage,
            _ => Sample::Clip,
        };
        let sample = stack.sample(sample);
        let paused = match self {
            Self::Upload => Some(stack.pause("on_upload")),
            Self::Result => Some(stack.pause("on_job")),
            _ => None,
        };
        let submit = |_| {
            let who = stack.respondent_elsewhere();
            let key = who.submit(&sample);
            (who, key)
        };
        let all: Vec<_> = (0..count).map(submit).collect();
        let projects: Vec<&str> = all.iter().map(|(who, _)| who.project.as_str()).collect();
        for (who, key) in &all {
            match self {
                Self::Upload => {}
                Self::Result => eventually(TRANSCODED, "its job has ended", || {
                    (stack.job_states(key) == ["Complete"]).then_some(())
                }),
                Self::Job => {
                    who.until("failed");
                }
                Self::Removal => {
                    who.until("ready");
                }
            }
        }
        match self {
            Self::Upload => stack.lose(&stack.facts.uploads_queue_url, &projects, count),
            // That it began, and that it ended.
            Self::Result => stack.lose(&stack.facts.jobs_queue_url, &projects, 2 * count),
            Self::Job | Self::Removal => {}
        }
        drop(paused);
        all
    }

    /// Lets the work on a response fall due.
    fn let_be_due(self, stack: &Stack, who: &Respondent<'_>) {
        match self {
            Self::Upload => who.let_forms_end(),
            Self::Result => who.let_result_be_due(),
            Self::Job => {
                stack.owner("POST", &format!("{}/retry", who.path())).expect(202);
            }
            Self::Removal => {
                stack.owner("DELETE", &who.path()).expect(202);
                who.let_forms_end();
            }
        }
    }

    /// Whether it is made good.
    fn is_done(self, who: &Respondent<'_>) -> bool {
        let item = who.item();
        let has = |status: &str| item.as_ref().is_some_and(|item| item["Status"] == status);
        match self {
            Self::Upload | Self::Result => has("ready"),
            Self::Job => has("failed") && item.is_some_and(|item| item["Job"]["Attempt"].as_u64() > Some(1)),
            Self::Removal => item.is_none(),
        }
    }

    /// Nothing is left that should not be.
    fn check(self, stack: &Stack, who: &Respondent<'_>, key: &str) {
        match self {
            Self::Upload | Self::Result => {
                who.until_whole(stack, key);
            }
            Self::Job => assert!(
                stack
                    .keys(&stack.facts.renditions_bucket, &who.renditions_folder())
                    .is_empty()
            ),
            Self::Removal => assert_eq!(stack.stored(who), 0),
        }
    }
}

/// Runs it, whatever becomes of it: it is killed here.
fn reconcile(stack: &Stack) {
    stack.call_directly("reconcile", &json!({}));
}

/// Prepares what is owed, with a fault each; runs until all of it is made good. The calls of the first.
fn repair(stack: &Stack, scripts: &Scripts, owed: Owed, faults: &[Option<(usize, Fate)>]) -> Vec<String> {
    let all = owed.prepare(stack, faults.len());
    for ((who, _), fault) in all.iter().zip(faults) {
        scripts.write(&who.project, *fault);
        // Asking for a job names nobody but the job.
        if let Some(id) = who
            .item()
            .and_then(|item| Some(item["Job"]["Id"].as_str()?.to_owned()))
        {
            scripts.add(&who.project, &id);
        }
    }
    // One after the other: a run that is killed is killed for all responses that it works on.
    for ((who, _), fault) in all.iter().zip(faults) {
        owed.let_be_due(stack, who);
        eventually(TRANSCODED, &format!("{owed:?}: {fault:?} has happened"), || {
            reconcile(stack);
            let calls = fault.map_or(0, |(number, _)| number);
            (scripts.seen(&who.project).len() > calls).then_some(())
        });
    }
    eventually(TRANSCODED, &format!("{owed:?}: all is made good"), || {
        reconcile(stack);
        all.iter().all(|(who, _)| owed.is_done(who)).then_some(())
    });
    for (who, key) in &all {
        owed.check(stack, who, key);
    }
    scripts.seen(&all[0].0.project)
}

#[test]
fn reconcile_may_fail_at_every_call() {
    let stack = Stack::alone();
    let scripts = Scripts::default();
    let proxy = Proxy::start(&stack, scripts.plan());
    let _rerouted = stack.reroute("reconcile", &proxy);
    for owed in [Owed::Upload, Owed::Result, Owed::Job, Owed::Removal] {
        // The schedule's own run may work on the same response: the shorter list has no call of it.
        let undisturbed = [(); 2].map(|()| repair(&stack, &scripts, owed, &[None]));
        let happy = undisturbed.into_iter().min_by_key(Vec::len).unwrap_or_default();
        println!("reconcile, {owed:?} on {}: {happy:?}", stack.facts.engine);
        assert!(happy.len() > 2, "{owed:?}: {happy:?}");
        let faults: Vec<_> = [Fate::Cut, Fate::Kill]
            .into_iter()
            .flat_map(|fate| (0..happy.len()).map(move |number| Some((number, fate))))
            .collect();
        let (killed, cut) = (proxy.killed(), proxy.cut());
        repair(&stack, &scripts, owed, &faults);
        assert_eq!(
            proxy.killed() - killed,
            happy.len(),
            "{owed:?}: each time the function was killed"
        );
        assert_eq!(
            proxy.cut() - cut,
            happy.len(),
            "{owed:?}: the answer of every call was cut off once"
        );
    }
}
