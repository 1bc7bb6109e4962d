//! Lost messages: what a scheduled run repairs, what a full run repairs, and what is in the dead-letter queues. While a
//! function is paused or fails, other tests' messages wait too, so these tests use the stack exclusively.

use serde_json::Value;
use tests::media::Sample;
use tests::wait::TRANSCODED;
use tests::{Respondent, Stack, eventually, unique};

/// Returns whether a run changed nothing, whatever it examined.
fn did_nothing(summary: &Value) -> bool {
    let idle = |what: &String| {
        ["ignored", "left", "nothing", "rejected"]
            .iter()
            .any(|word| what.starts_with(word))
    };
    summary["failed"] == 0
        && summary["dispositions"]
            .as_object()
            .expect("dispositions")
            .keys()
            .all(idle)
}

/// Creates responses whose job results are lost: for a clip, and for a file that is not a video.
fn unheard(stack: &Stack) -> [Respondent<'_>; 2] {
    let paused = stack.pause("on_job");
    let unheard = [Sample::Clip, Sample::Garbage].map(|sample| {
        let who = stack.respondent_in_closed_project();
        let key = who.submit(&stack.sample(sample));
        eventually(TRANSCODED, "the job ends", || {
            let states = stack.job_states(&key);
            (states == ["Complete"] || states == ["Error"]).then_some(())
        });
        who
    });
    let projects = unheard.each_ref().map(|who| who.project.as_str());
    stack.drop_messages(&stack.info.jobs_queue_url, &projects, 4);
    drop(paused);
    for who in &unheard {
        assert_eq!(who.response()["status"], "transcoding");
        who.make_result_due();
    }
    unheard
}

/// Puts files into the uploads bucket and drops the events for them.
fn unseen<T>(stack: &Stack, texts: &[&str], put: impl FnOnce() -> T) -> T {
    let paused = stack.pause("on_upload");
    let done = put();
    stack.drop_messages(&stack.info.uploads_queue_url, texts, texts.len());
    drop(paused);
    done
}

#[test]
fn lost_events_and_results_are_repaired() {
    let stack = Stack::exclusive();
    let clip = stack.sample(Sample::Clip);
    let unheard = unheard(&stack);
    let all = [(); 3].map(|()| stack.respondent_in_closed_project());
    let projects = all.each_ref().map(|who| who.project.as_str());
    unseen(&stack, &projects, || {
        for who in &all {
            who.submit(&clip);
        }
        // The used form is not the latest one that was requested.
        all[0].form(&clip);
    });
    for who in &all {
        assert_eq!(who.response()["status"], "awaiting-upload");
        who.expire_forms();
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
    assert_eq!(items(), settled, "a second run must change nothing");
}

#[test]
fn full_run_finds_unrequested_files() {
    let stack = Stack::exclusive();
    let clip = stack.sample(Sample::Clip);
    // A file that was put by hand, one that arrived after its form had expired, and one without a respondent.
    let (by_hand, late) = (
        stack.respondent_in_closed_project(),
        stack.respondent_in_closed_project(),
    );
    let hand_put = format!("{}/0/by hand.mp4", by_hand.project);
    let nobodys = format!("{}/0/nobody.mp4", unique("closed"));
    let form = late.form(&clip);
    late.expire_forms();
    stack.reconcile();
    assert_eq!(late.response()["status"], "expired", "its form must have expired");
    unseen(&stack, &[&by_hand.project, &late.project, &nobodys], || {
        stack.put_upload(&hand_put, Some(&by_hand.email), &clip);
        stack.put_upload(&nobodys, None, &clip);
        form.post(&clip).expect(204);
    });
    stack.reconcile();
    assert_eq!(late.response()["status"], "expired");
    assert_eq!(by_hand.item(), None, "the file must have no record yet");

    let summaries = stack.reconcile_fully();
    assert!(
        summaries
            .iter()
            .any(|summary| summary["dispositions"]["rejected"].as_u64() > Some(0)),
        "{summaries:?}"
    );
    by_hand.until_complete(&stack, &hand_put);
    late.until_complete(&stack, form.key());

    let items = || [&by_hand, &late].map(Respondent::item);
    let settled = items();
    let summaries = stack.reconcile_fully();
    assert!(summaries.iter().all(did_nothing), "{summaries:?}");
    assert_eq!(items(), settled, "a second run must change nothing");
    assert!(
        stack.take_rejects(&nobodys).is_empty(),
        "a file in the bucket must not be rejected again"
    );
}

#[test]
fn dead_letters_can_be_sent_back() {
    let stack = Stack::exclusive();
    let (letters, queue) = (
        &stack.info.uploads_dead_letter_queue_url,
        &stack.info.uploads_queue_url,
    );
    let before = stack.visible_messages(letters);
    let blind = stack.without_permission("on_upload", "dynamodb:GetItem");
    let ann = stack.respondent_in_closed_project();
    let key = ann.submit(&stack.sample(Sample::Clip));
    eventually(TRANSCODED, "the message is in the dead-letter queue", || {
        (stack.visible_messages(letters) > before).then_some(())
    });
    drop(blind);
    assert_eq!(ann.response()["status"], "awaiting-upload");

    // As the runbook says; the emulator cannot move messages itself.
    let moved = stack.take_messages(letters, |body| body.contains(&ann.project));
    assert_eq!(moved.len(), 1);
    stack.send(queue, &moved[0]);
    ann.until_complete(&stack, &key);
}
