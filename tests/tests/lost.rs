//! Messages that are lost: what the schedule makes good. While a function fails everybody's messages are, so these
//! tests have the stack alone.

use serde_json::json;
use tests::media::Sample;
use tests::wait::TRANSCODED;
use tests::{Respondent, Stack, eventually};

/// What is owed to a response is overdue.
fn let_it_be_overdue(stack: &Stack, who: &Respondent<'_>) {
    let past = json!("2020-01-01T00:00:00.000Z");
    let mut item = who.item().unwrap();
    let revision = item["Revision"].as_u64().unwrap();
    (item["Revision"], item["DueAt"]) = (json!(revision + 1), past.clone());
    item["Job"]["LeaseUntil"] = past;
    assert!(stack.replace_item(&item, revision));
}

#[test]
fn lost_events_and_lost_results_are_made_good_and_then_nothing_is_left_to_do() {
    let stack = Stack::alone();
    let clip = stack.sample(Sample::Clip);
    let facts = &stack.facts;
    let dead_letters = || {
        let (uploads, jobs) = (
            &facts.uploads_dead_letter_queue_url,
            &facts.jobs_dead_letter_queue_url,
        );
        (stack.waiting(uploads), stack.waiting(jobs))
    };
    let before = dead_letters();

    // Nobody hears of the results of these ...
    let deaf = stack.deprive("on_job", "dynamodb:GetItem");
    let unheard = [stack.respondent_elsewhere(), stack.respondent_elsewhere()];
    unheard[0].submit(&clip);
    unheard[1].submit(&stack.sample(Sample::Garbage));
    for who in &unheard {
        let id = eventually(TRANSCODED, "its job is known", || {
            who.item()?["Job"]["Id"].as_str().map(str::to_owned)
        });
        eventually(TRANSCODED, "its job ends", || {
            let job = stack
                .run(stack.transcoder().read_job().id(&id).send())
                .unwrap()
                .job?;
            (!matches!(job.status(), Some("Submitted" | "Progressing"))).then_some(())
        });
    }
    // ... and nobody hears that these have come.
    let blind = stack.deprive("on_upload", "dynamodb:GetItem");
    let unseen = [
        stack.respondent_elsewhere(),
        stack.respondent_elsewhere(),
        stack.respondent_elsewhere(),
    ];
    for who in &unseen {
        who.submit(&clip);
    }
    eventually(TRANSCODED, "all of it is set aside", || {
        let now = dead_letters();
        (now.0 >= before.0 + 3 && now.1 >= before.1 + 2).then_some(())
    });
    drop((deaf, blind));

    for who in &unseen {
        assert_eq!(who.response()["status"], "awaiting-upload");
        who.let_forms_end();
    }
    for who in &unheard {
        assert_eq!(who.response()["status"], "transcoding");
        let_it_be_overdue(&stack, who);
    }
    stack.reconcile();
    for who in unseen.iter().chain([&unheard[0]]) {
        let ready = who.until("ready");
        assert_eq!(ready["playback"]["width"], 320, "{ready}");
    }
    let failed = unheard[1].until("failed");
    assert_eq!(failed["failure"]["code"], "4000", "{failed}");

    let settled: Vec<_> = unseen.iter().chain(&unheard).map(Respondent::item).collect();
    stack.reconcile();
    let again: Vec<_> = unseen.iter().chain(&unheard).map(Respondent::item).collect();
    assert_eq!(again, settled, "a second run finds nothing to do");
}
