//! Messages that are lost on purpose: what the schedule makes good, what a full run makes good, and what waits among the
//! dead letters. While a function is paused or fails everybody's messages wait, so these tests have the stack alone.

use serde_json::Value;
use tests::media::Sample;
use tests::wait::TRANSCODED;
use tests::{Respondent, Stack, eventually, unique};

/// Whether a run had nothing to do: whatever it looked at, it left as it is.
fn did_nothing(summary: &Value) -> bool {
    let idle = |what: &String| {
        ["ignored", "left", "nothing", "rejected"]
            .iter()
            .any(|word| what.starts_with(word))
    };
    summary["failed"] == 0 && summary["ends"].as_object().expect("ends").keys().all(idle)
}

/// Nobody hears of the results of these: of a clip, and of a file that is no video.
fn unheard(stack: &Stack) -> [Respondent<'_>; 2] {
    let paused = stack.pause("on_job");
    let unheard = [Sample::Clip, Sample::Garbage].map(|sample| {
        let who = stack.respondent_elsewhere();
        let key = who.submit(&stack.sample(sample));
        eventually(TRANSCODED, "its job ends", || {
            let states = stack.job_states(&key);
            (states == ["Complete"] || states == ["Error"]).then_some(())
        });
        who
    });
    let projects = unheard.each_ref().map(|who| who.project.as_str());
    stack.lose(&stack.facts.jobs_queue_url, &projects, 4);
    drop(paused);
    for who in &unheard {
        assert_eq!(who.response()["status"], "transcoding");
        who.let_result_be_due();
    }
    unheard
}

/// Does what puts files into the uploads bucket, and nobody hears of it.
fn unseen<T>(stack: &Stack, texts: &[&str], put: impl FnOnce() -> T) -> T {
    let paused = stack.pause("on_upload");
    let done = put();
    stack.lose(&stack.facts.uploads_queue_url, texts, texts.len());
    drop(paused);
    done
}

#[test]
fn lost_events_and_lost_results_are_made_good_and_then_nothing_is_left_to_do() {
    let stack = Stack::alone();
    let clip = stack.sample(Sample::Clip);
    let unheard = unheard(&stack);
    let all = [(); 3].map(|()| stack.respondent_elsewhere());
    let projects = all.each_ref().map(|who| who.project.as_str());
    unseen(&stack, &projects, || {
        for who in &all {
            who.submit(&clip);
        }
        // The form that was used is not the last that was asked for.
        all[0].form(&clip);
    });
    for who in &all {
        assert_eq!(who.response()["status"], "awaiting-upload");
        who.let_forms_end();
    }

    stack.reconcile();
    for who in all.iter().chain([&unheard[0]]) {
        let ready = who.until("ready");
        assert_eq!(ready["playback"]["width"], 320, "{ready}");
    }
    let failed = unheard[1].until("failed");
    assert_eq!(failed["failure"]["code"], "unreadable", "{failed}");

    let items = || {
        all.iter()
            .chain(&unheard)
            .map(Respondent::item)
            .collect::<Vec<_>>()
    };
    let settled = items();
    let summary = stack.reconcile();
    assert!(did_nothing(&summary), "{summary}");
    assert_eq!(items(), settled, "a second run finds nothing to do");
}

#[test]
fn a_full_run_finds_what_nobody_was_asked_for() {
    let stack = Stack::alone();
    let clip = stack.sample(Sample::Clip);
    // A file that was put by hand, one that came when nobody waited for it any more, and one that names nobody.
    let (by_hand, late) = (stack.respondent_elsewhere(), stack.respondent_elsewhere());
    let hand_put = format!("{}/0/by hand.mp4", by_hand.project);
    let nobodys = format!("{}/0/nobody.mp4", unique("closed"));
    let form = late.form(&clip);
    late.let_forms_end();
    stack.reconcile();
    assert_eq!(late.response()["status"], "expired", "its form has ended");
    unseen(&stack, &[&by_hand.project, &late.project, &nobodys], || {
        stack.put_upload(&hand_put, Some(&by_hand.email), &clip);
        stack.put_upload(&nobodys, None, &clip);
        form.post(&clip).expect(204);
    });
    stack.reconcile();
    assert_eq!(late.response()["status"], "expired");
    assert_eq!(by_hand.item(), None, "nobody knows of it");

    let summaries = stack.reconcile_fully();
    assert!(
        summaries
            .iter()
            .any(|summary| summary["ends"]["rejected"].as_u64() > Some(0)),
        "{summaries:?}"
    );
    by_hand.until_whole(&stack, &hand_put);
    late.until_whole(&stack, form.key());

    let items = || [&by_hand, &late].map(Respondent::item);
    let settled = items();
    let summaries = stack.reconcile_fully();
    assert!(summaries.iter().all(did_nothing), "{summaries:?}");
    assert_eq!(items(), settled, "a second run finds nothing to do");
    assert!(
        stack.take_rejects(&nobodys).is_empty(),
        "what is in the bucket is not kept again"
    );
}

#[test]
fn dead_letters_are_sent_back_when_their_cause_is_gone() {
    let stack = Stack::alone();
    let (letters, queue) = (
        &stack.facts.uploads_dead_letter_queue_url,
        &stack.facts.uploads_queue_url,
    );
    let before = stack.waiting(letters);
    let blind = stack.deprive("on_upload", "dynamodb:GetItem");
    let ann = stack.respondent_elsewhere();
    let key = ann.submit(&stack.sample(Sample::Clip));
    eventually(TRANSCODED, "it is set aside", || {
        (stack.waiting(letters) > before).then_some(())
    });
    drop(blind);
    assert_eq!(ann.response()["status"], "awaiting-upload");

    // As the runbook says: the emulator cannot move messages by itself.
    let moved = stack.take_messages(letters, |body| body.contains(&ann.project));
    assert_eq!(moved.len(), 1);
    stack.send(queue, &moved[0]);
    ann.until_whole(&stack, &key);
}
