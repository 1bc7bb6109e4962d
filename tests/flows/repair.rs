//! What the schedule repairs: an upload that never came, one that came unnoticed, a take to be tried again.

use serde_json::json;
use tests::media::{LARGE, Sample};
use tests::multipart::Upload;
use tests::wait::SOON;
use tests::{Stack, eventually};

#[test]
fn what_was_never_uploaded_expires() {
    let stack = Stack::get();
    let ann = stack.respondent_elsewhere();
    ann.form(&stack.sample(Sample::Clip));
    ann.let_forms_end();
    eventually(SOON, "it expires", || {
        stack.reconcile();
        (ann.response()["status"] == "expired").then_some(())
    });
    let item = ann.item().unwrap();
    tests::schema::check("response-item.json", &item);
    assert!(
        item.get("PendingUpload").is_none() && item["ExpiresAt"].is_number(),
        "{item:#}"
    );
    // Whoever asks again may still answer.
    ann.submit(&stack.sample(Sample::Clip));
    assert_eq!(ann.until("ready")["status"], "ready");
    assert!(ann.item().unwrap().get("ExpiresAt").is_none());
}

#[test]
fn an_unfinished_upload_is_cleaned_up_when_it_ends() {
    let stack = Stack::get();
    let ann = stack.respondent();
    let body = json!({"email": ann.email, "content_type": "video/mp4", "size": LARGE, "method": "multipart"});
    let asked = stack.api_post(None, &ann.responses(), &body).expect(201).json();
    let upload = Upload::of(&stack, &ann, &asked["upload"]);
    upload.send(&stack.sample(Sample::Large), &[1]);
    let take = asked["upload"]["take"].as_str().unwrap();
    assert_eq!(stack.unfinished("demo/0/", take), 1);
    ann.let_forms_end();
    eventually(SOON, "it expires", || {
        stack.reconcile();
        (ann.response()["status"] == "expired").then_some(())
    });
    assert_eq!(stack.unfinished("demo/0/", take), 0);
    upload.call("POST", "/complete").expect_problem(409);
}

#[test]
fn what_failed_is_tried_again_when_an_owner_says_so() {
    let stack = Stack::get();
    let ann = stack.respondent_elsewhere();
    ann.submit(&stack.sample(Sample::Garbage));
    ann.until("failed");
    let retry = format!("{}/retry", ann.path());
    assert_eq!(stack.api_call("POST", None, &retry).status, 401);
    let again = stack.owner("POST", &retry).expect(202).json();
    assert_eq!(
        (&again["status"], again.get("failure")),
        (&"uploaded".into(), None)
    );
    stack.owner("POST", &retry).expect(202);
    eventually(SOON, "a second attempt fails too", || {
        stack.reconcile();
        let item = ann.item()?;
        (item["Status"] == "failed" && item["Job"]["Attempt"] == 2).then_some(())
    });

    let bob = stack.respondent_elsewhere();
    stack
        .owner("POST", &format!("{}/retry", bob.path()))
        .expect_problem(404);
    bob.submit(&stack.sample(Sample::Clip));
    bob.until("ready");
    let problem = stack
        .owner("POST", &format!("{}/retry", bob.path()))
        .expect_problem(409);
    assert_eq!(problem["type"], "urn:video-responses:problem:not-failed");
}
