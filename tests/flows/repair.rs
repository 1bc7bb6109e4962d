//! Repairs by the schedule: expired uploads, lost upload events, requested retries.

use serde_json::json;
use tests::media::{LARGE_BYTES, Sample};
use tests::multipart::UploadClient;
use tests::wait::SOON;
use tests::{Stack, eventually};

#[test]
fn response_without_upload_expires() {
    let stack = Stack::shared();
    let ann = stack.respondent_in_closed_project();
    ann.form(&stack.sample(Sample::Clip));
    ann.expire_forms();
    eventually(SOON, "the response expires", || {
        stack.reconcile();
        (ann.response()["status"] == "expired").then_some(())
    });
    let item = ann.item().unwrap();
    tests::schema::check("response-item.json", &item);
    assert!(
        item.get("PendingUpload").is_none() && item["ExpiresAt"].is_number(),
        "{item:#}"
    );
    // A respondent may still request another upload.
    ann.submit(&stack.sample(Sample::Clip));
    assert_eq!(ann.until("ready")["status"], "ready");
    assert!(ann.item().unwrap().get("ExpiresAt").is_none());
}

#[test]
fn unfinished_upload_is_aborted_at_expiry() {
    let stack = Stack::shared();
    let ann = stack.respondent();
    let body =
        json!({"email": ann.email, "content_type": "video/mp4", "size": LARGE_BYTES, "method": "multipart"});
    let issued = stack.api_post(None, &ann.responses(), &body).expect(201).json();
    let upload = UploadClient::of(&stack, &ann, &issued["upload"]);
    upload.send(&stack.sample(Sample::Large), &[1]);
    let take = issued["upload"]["take"].as_str().unwrap();
    assert_eq!(stack.unfinished_uploads("demo/0/", take), 1);
    ann.expire_forms();
    eventually(SOON, "the response expires", || {
        stack.reconcile();
        (ann.response()["status"] == "expired").then_some(())
    });
    assert_eq!(stack.unfinished_uploads("demo/0/", take), 0);
    upload.call("POST", "/complete").expect_problem(409);
}

#[test]
fn failed_response_is_retried_on_request() {
    let stack = Stack::shared();
    let ann = stack.respondent_in_closed_project();
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
    eventually(SOON, "the second attempt fails too", || {
        stack.reconcile();
        let item = ann.item()?;
        (item["Status"] == "failed" && item["Job"]["Attempt"] == 2).then_some(())
    });

    let bob = stack.respondent_in_closed_project();
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
