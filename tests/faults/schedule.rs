//! Faults in `reconcile` at each of its calls, for every kind of repair. The next run continues.

use serde_json::json;
use tests::media::Sample;
use tests::proxy::{FaultAction, FaultScripts, Proxy};
use tests::wait::TRANSCODED;
use tests::{Respondent, Stack, eventually};

/// The overdue work of a response.
#[derive(Clone, Copy, Debug)]
enum DueWork {
    /// Process a file whose upload event was lost.
    LostEvent,
    /// Record a job's result that was lost.
    LostResult,
    /// Retry a failed response whose job was not created.
    Retry,
    /// Delete a response.
    Deletion,
}

impl DueWork {
    /// Creates `count` respondents with this overdue work, each with the key of its file.
    fn prepare<'a>(self, stack: &'a Stack, count: usize) -> Vec<(Respondent<'a>, String)> {
        let sample = match self {
            Self::Retry => Sample::Garbage,
            _ => Sample::Clip,
        };
        let sample = stack.sample(sample);
        let paused = match self {
            Self::LostEvent => Some(stack.pause("on_upload")),
            Self::LostResult => Some(stack.pause("on_job")),
            _ => None,
        };
        let submit = |_| {
            let who = stack.respondent_in_closed_project();
            let key = who.submit(&sample);
            (who, key)
        };
        let all: Vec<_> = (0..count).map(submit).collect();
        let projects: Vec<&str> = all.iter().map(|(who, _)| who.project.as_str()).collect();
        for (who, key) in &all {
            match self {
                Self::LostEvent => {}
                Self::LostResult => eventually(TRANSCODED, "the job has ended", || {
                    (stack.job_states(key) == ["Complete"]).then_some(())
                }),
                Self::Retry => {
                    who.until("failed");
                }
                Self::Deletion => {
                    who.until("ready");
                }
            }
        }
        match self {
            Self::LostEvent => stack.drop_messages(&stack.info.uploads_queue_url, &projects, count),
            // One event for the start, one for the end.
            Self::LostResult => stack.drop_messages(&stack.info.jobs_queue_url, &projects, 2 * count),
            Self::Retry | Self::Deletion => {}
        }
        drop(paused);
        all
    }

    /// Makes the work on a response due.
    fn let_be_due(self, stack: &Stack, who: &Respondent<'_>) {
        match self {
            Self::LostEvent => who.expire_forms(),
            Self::LostResult => who.make_result_due(),
            Self::Retry => {
                stack.owner("POST", &format!("{}/retry", who.path())).expect(202);
            }
            Self::Deletion => {
                stack.owner("DELETE", &who.path()).expect(202);
                who.expire_forms();
            }
        }
    }

    /// Returns whether the work is done.
    fn is_done(self, who: &Respondent<'_>) -> bool {
        let item = who.item();
        let has = |status: &str| item.as_ref().is_some_and(|item| item["Status"] == status);
        match self {
            Self::LostEvent | Self::LostResult => has("ready"),
            Self::Retry => {
                has("failed") && item.is_some_and(|item| item["Job"]["Attempt"].as_u64() > Some(1))
            }
            Self::Deletion => item.is_none(),
        }
    }

    /// Checks that no unexpected object is left.
    fn check(self, stack: &Stack, who: &Respondent<'_>, key: &str) {
        match self {
            Self::LostEvent | Self::LostResult => {
                who.until_complete(stack, key);
            }
            Self::Retry => assert!(
                stack
                    .keys(&stack.info.renditions_bucket, &who.renditions_folder())
                    .is_empty()
            ),
            Self::Deletion => assert_eq!(stack.stored_versions(who), 0),
        }
    }
}

/// Runs `reconcile` and ignores its result, because the run may be killed.
fn reconcile(stack: &Stack) {
    stack.call_directly("reconcile", &json!({}));
}

/// Prepares overdue work with one fault each and runs `reconcile` until all is done. Returns the calls for the first.
fn repair(
    stack: &Stack,
    scripts: &FaultScripts,
    work: DueWork,
    faults: &[Option<(usize, FaultAction)>],
) -> Vec<String> {
    let all = work.prepare(stack, faults.len());
    for ((who, _), fault) in all.iter().zip(faults) {
        scripts.add(&who.project, *fault);
        // A request for a job contains only the job's key, not the project.
        if let Some(id) = who
            .item()
            .and_then(|item| Some(item["Job"]["Id"].as_str()?.to_owned()))
        {
            scripts.add_marker(&who.project, &id);
        }
    }
    // One at a time: a kill ends a run for all responses that it processes.
    for ((who, _), fault) in all.iter().zip(faults) {
        work.let_be_due(stack, who);
        eventually(TRANSCODED, &format!("{work:?}: {fault:?} has happened"), || {
            reconcile(stack);
            let calls = fault.map_or(0, |(number, _)| number);
            (scripts.calls(&who.project).len() > calls).then_some(())
        });
    }
    eventually(TRANSCODED, &format!("{work:?}: all work is done"), || {
        reconcile(stack);
        all.iter().all(|(who, _)| work.is_done(who)).then_some(())
    });
    for (who, key) in &all {
        work.check(stack, who, key);
    }
    scripts.calls(&all[0].0.project)
}

/// Repairs this work with one fault at each of the calls of `reconcile`: the answer is dropped, the function is killed.
fn recovers_from_a_fault_at_every_call(work: DueWork) {
    let stack = Stack::exclusive();
    let scripts = FaultScripts::default();
    let proxy = Proxy::start(&stack, scripts.plan());
    let _routed = stack.route_through("reconcile", &proxy);
    // The scheduled run may process the same response. The shorter of two lists has none of its calls.
    let undisturbed_runs = [(); 2].map(|()| repair(&stack, &scripts, work, &[None]));
    let calls = undisturbed_runs
        .into_iter()
        .min_by_key(Vec::len)
        .unwrap_or_default();
    println!("reconcile, {work:?} on {}: {calls:?}", stack.info.engine);
    assert!(calls.len() > 2, "{calls:?}");
    let faults: Vec<_> = [FaultAction::DropAnswer, FaultAction::KillCaller]
        .into_iter()
        .flat_map(|action| (0..calls.len()).map(move |number| Some((number, action))))
        .collect();
    let (killed, dropped) = (proxy.killed_callers(), proxy.dropped_answers());
    repair(&stack, &scripts, work, &faults);
    assert_eq!(
        proxy.killed_callers() - killed,
        calls.len(),
        "the function must be killed at each call"
    );
    assert_eq!(
        proxy.dropped_answers() - dropped,
        calls.len(),
        "the answer of every call must be dropped once"
    );
}

#[test]
fn lost_event_recovers_from_a_fault_at_every_call() {
    recovers_from_a_fault_at_every_call(DueWork::LostEvent);
}

#[test]
fn lost_result_recovers_from_a_fault_at_every_call() {
    recovers_from_a_fault_at_every_call(DueWork::LostResult);
}

#[test]
fn retry_recovers_from_a_fault_at_every_call() {
    recovers_from_a_fault_at_every_call(DueWork::Retry);
}

#[test]
fn deletion_recovers_from_a_fault_at_every_call() {
    recovers_from_a_fault_at_every_call(DueWork::Deletion);
}
