//! Deletion of one response and of all responses of a respondent: no object stays or reappears.

use serde_json::json;
use tests::http::Answer;
use tests::media::Sample;
use tests::respondent::Respondent;
use tests::wait::{SOON, TRANSCODED};
use tests::{Stack, eventually, unique};

#[track_caller]
fn delete(stack: &Stack, who: &Respondent<'_>) -> Answer {
    stack.owner("DELETE", &who.path())
}

/// Runs `reconcile` until a response is gone.
#[track_caller]
fn until_gone(stack: &Stack, who: &Respondent<'_>) {
    eventually(SOON, &format!("{} is deleted", who.path()), || {
        stack.reconcile();
        who.item().is_none().then_some(())
    });
    stack.owner_get(&who.path()).expect_problem(404);
}

#[test]
fn deleted_response_leaves_no_objects() {
    let stack = Stack::shared();
    let ann = stack.respondent_in_closed_project();
    // Put by hand, in two versions: no form was issued, so the deletion does not wait for an expiry.
    let key = format!("{}/0/{}.mp4", ann.project, ann.email);
    stack.put_upload(&key, None, &stack.sample(Sample::Clip));
    let first: model::Timestamp = ann.until("ready")["upload"]["uploaded_at"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    // The store's timestamps have a resolution of one second: two versions of one second have no order.
    eventually(SOON, "the next second", || {
        (aws::now().as_seconds() > first.as_seconds()).then_some(())
    });
    stack.put_upload(&key, None, &stack.sample(Sample::Portrait));
    eventually(TRANSCODED, "the second version is ready", || {
        let response = ann.response();
        (response["status"] == "ready" && response["playback"]["width"] == 360).then_some(())
    });
    let url = ann.response()["playback"]["url"].as_str().unwrap().to_owned();
    assert!(
        stack.stored_versions(&ann) >= 4,
        "expected two sources, a rendition and its poster"
    );

    let receipt = delete(&stack, &ann).expect(202).json();
    assert_eq!(
        (&receipt["status"], &receipt["email"]),
        (&"deleting".into(), &ann.email.as_str().into())
    );
    until_gone(&stack, &ann);
    assert_eq!(stack.stored_versions(&ann), 0);
    assert_eq!(tests::http::get(&url).status, 404);
    delete(&stack, &ann).expect_problem(404);
}

#[test]
fn response_being_deleted_accepts_no_upload() {
    let stack = Stack::shared();
    let ann = stack.respondent_in_closed_project();
    let clip = stack.sample(Sample::Clip);
    let form = ann.form(&clip);
    form.post(&clip).expect(204);
    ann.until("ready");
    let late = ann.form(&clip);
    let receipt = delete(&stack, &ann).expect(202).json();
    stack.reconcile();

    let deleting = ann.response();
    assert_eq!(
        (&deleting["status"], deleting.get("playback")),
        (&"deleting".into(), None)
    );
    let problem = ann
        .request_upload(Some(&stack.info.token), &clip)
        .expect_problem(409);
    assert_eq!(problem["type"], "urn:video-responses:problem:being-deleted");
    assert_eq!(
        delete(&stack, &ann).expect(202).json(),
        receipt,
        "a second deletion must change nothing"
    );

    // Issued forms cannot be revoked: files that arrive by them are deleted.
    late.post(&clip).expect(204);
    form.post(&clip).expect(204);
    eventually(TRANSCODED, "the late files are deleted", || {
        (stack.stored_versions(&ann) == 0).then_some(())
    });
    assert_eq!(ann.response()["status"], "deleting");
    ann.expire_forms();
    until_gone(&stack, &ann);
    assert_eq!(stack.stored_versions(&ann), 0);

    // After that a new upload may be requested.
    ann.submit(&clip);
    ann.until("ready");
}

#[test]
fn job_that_ends_after_the_deletion_leaves_no_objects() {
    let stack = Stack::shared();
    let ann = stack.respondent_in_closed_project();
    let key = format!("{}/0/{}.mp4", ann.project, ann.email);
    stack.put_upload(&key, None, &stack.sample(Sample::Long));
    ann.until("transcoding");
    delete(&stack, &ann).expect(202);
    until_gone(&stack, &ann);
    stack.until_idle(&stack.info.jobs_queue_url, TRANSCODED);
    eventually(TRANSCODED, "the jobs have ended", || {
        let over = |status: &String| !["Submitted", "Progressing"].contains(&status.as_str());
        stack.job_states(&key).iter().all(over).then_some(())
    });
    eventually(TRANSCODED, "all versions are deleted", || {
        (stack.stored_versions(&ann) == 0).then_some(())
    });
    assert_eq!(ann.item(), None);
}

#[test]
fn unmanaged_files_are_deleted_and_stay_deleted() {
    let stack = Stack::shared();
    let ann = stack.respondent_in_closed_project();
    let clip = stack.sample(Sample::Clip);
    let keys = ["first", "second"].map(|name| format!("{}/0/{name}.mp4", ann.project));
    for key in &keys {
        stack.put_upload(key, Some(&ann.email), &clip);
    }
    // The events may arrive in any order, and files of the same second have no order.
    let newest = ann.submit(&clip);
    eventually(
        TRANSCODED,
        "the newest is ready, and the others are recorded as unmanaged",
        || {
            let item = ann.item()?;
            let is_ready = item["Status"] == "ready" && item["video"] == newest;
            (is_ready && item["UnmanagedKeys"] == json!(keys)).then_some(())
        },
    );

    delete(&stack, &ann).expect(202);
    ann.expire_forms();
    until_gone(&stack, &ann);
    for key in &keys {
        assert!(!stack.has_upload(key), "{key}");
    }
    stack.reconcile_fully();
    assert_eq!((ann.item(), stack.stored_versions(&ann)), (None, 0));
}

#[test]
fn respondent_is_deleted_in_every_project() {
    let stack = Stack::shared();
    let clip = stack.sample(Sample::Clip);
    let projects = [unique("one"), unique("two"), unique("two")];
    let ann = stack.respondent();
    let email = &ann.email;
    let answers: Vec<Respondent<'_>> = projects.iter().map(|project| ann.in_project(project)).collect();
    for answer in &answers {
        stack.put_upload(&format!("{}/0/{email}.mp4", answer.project), None, &clip);
    }
    let bystander = stack.respondent_in(&projects[0]);
    stack.put_upload(&format!("{}/0/{}.mp4", projects[0], bystander.email), None, &clip);
    for answer in answers.iter().chain([&bystander]) {
        answer.until("ready");
    }
    let path = format!("/responses?email={email}");
    assert_eq!(
        stack.owner_get(&path).expect(200).json()["responses"]
            .as_array()
            .unwrap()
            .len(),
        3
    );

    let receipt = stack.owner("DELETE", &path).expect(202).json();
    let mut accepted: Vec<&str> = receipt["accepted"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["project"].as_str().unwrap())
        .collect();
    accepted.sort_unstable();
    let mut expected: Vec<&str> = projects.iter().map(String::as_str).collect();
    expected.sort_unstable();
    assert_eq!((accepted, &receipt["remaining"]), (expected, &3.into()));

    eventually(SOON, "all responses are deleted", || {
        stack.reconcile();
        let receipt = stack.owner("DELETE", &path).expect(202).json();
        assert_eq!(
            receipt["accepted"],
            json!([]),
            "all responses must already be in deletion"
        );
        (receipt["remaining"] == 0).then_some(())
    });
    for answer in &answers {
        assert_eq!((answer.item(), stack.stored_versions(answer)), (None, 0));
    }
    assert_eq!(bystander.response()["status"], "ready");
}
