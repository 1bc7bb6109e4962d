//! Least privilege: a function that lacks one action fails with AccessDenied, and works again when it has it back.
//!
//! While a function lacks a right, everybody's requests fail: these tests have the stack alone.

use std::collections::BTreeSet;

use model::TakeId;
use serde_json::json;
use tests::form::Form;
use tests::media::{LARGE_BYTES, Sample};
use tests::multipart::UploadClient;
use tests::notification::Created;
use tests::wait::{SOON, TRANSCODED};
use tests::{Stack, eventually, http, logs, unique};

/// Does something while a function lacks an action; waits until its log shows that an operation was denied.
fn without<T>(
    stack: &Stack,
    function: &str,
    action: &str,
    operation: &str,
    provoke: impl FnOnce() -> T,
) -> T {
    let since = logs::now();
    let without_permission = stack.without_permission(function, action);
    let provoked = provoke();
    eventually(
        SOON,
        &format!("{function} without {action} is denied {operation}"),
        || {
            let failed = format!("{operation} failed");
            let denied = |line: &String| line.contains(&failed) && line.contains("AccessDenied");
            stack.log(function, since).iter().any(denied).then_some(())
        },
    );
    drop(without_permission);
    provoked
}

/// Each action that a function has is needed: what the tests here take away, and what they cannot show.
fn assert_needed(stack: &Stack, function: &str, taken: &[&str], not_shown: &[&str]) {
    let has: BTreeSet<String> = stack.actions(function).into_iter().collect();
    let known: BTreeSet<String> = taken
        .iter()
        .chain(not_shown)
        .map(|action| (*action).to_owned())
        .collect();
    assert_eq!(has, known, "{function} has exactly the actions that it calls");
}

/// What is taken away from each function here, one after the other.
const API: [&str; 9] = [
    "dynamodb:GetItem",
    "dynamodb:UpdateItem",
    "dynamodb:Query",
    "s3:PutObject",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
    "s3:ListBucket",
    "s3:GetObject",
    "ssm:GetParameter",
];
const ON_UPLOAD: [&str; 7] = [
    "dynamodb:GetItem",
    "dynamodb:UpdateItem",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:ListBucket",
    "s3:DeleteObjectVersion",
    "sqs:SendMessage",
];
const ON_JOB: [&str; 8] = [
    "dynamodb:GetItem",
    "dynamodb:UpdateItem",
    "dynamodb:Query",
    "s3:GetObjectVersion",
    "s3:ListBucket",
    "s3:DeleteObjectVersion",
    "s3:ListBucketVersions",
    "sqs:SendMessage",
];
const RECONCILE: [&str; 11] = [
    "sqs:SendMessage",
    "dynamodb:Query",
    "dynamodb:GetItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "s3:GetObject",
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "s3:ListBucketMultipartUploads",
    "s3:AbortMultipartUpload",
    "s3:DeleteObjectVersion",
];

/// What every function's platform needs, and no test can provoke.
const LOGS: [&str; 2] = ["logs:CreateLogStream", "logs:PutLogEvents"];
/// The emulator takes messages from a queue for a function without asking for its rights.
const CONSUME: [&str; 3] = [
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
];

#[test]
fn api_needs_each_of_its_permissions() {
    let stack = Stack::exclusive();
    let clip = stack.sample(Sample::Clip);
    let ann = stack.respondent();
    ann.submit(&clip);
    ann.until("ready");
    let other = stack.respondent();

    without(&stack, "api", "dynamodb:UpdateItem", "UpdateItem", || {
        other.request_upload(None, &clip).expect_problem(503)
    });
    without(&stack, "api", "dynamodb:GetItem", "GetItem", || {
        stack.owner_get(&ann.path()).expect_problem(503)
    });
    without(&stack, "api", "dynamodb:Query", "Query", || {
        stack.owner_get(&ann.responses()).expect_problem(503)
    });

    // An upload in parts.
    let large = json!({
        "email": other.email, "content_type": "video/mp4", "size": LARGE_BYTES, "method": "multipart",
    });
    let request_multipart = || stack.api_post(None, &other.responses(), &large);
    without(&stack, "api", "s3:PutObject", "CreateMultipartUpload", || {
        request_multipart().expect_problem(503)
    });
    let upload = UploadClient::of(&stack, &other, &request_multipart().expect(201).json()["upload"]);
    without(&stack, "api", "s3:ListMultipartUploadParts", "ListParts", || {
        upload.call("GET", "/parts").expect_problem(503)
    });
    without(
        &stack,
        "api",
        "s3:AbortMultipartUpload",
        "AbortMultipartUpload",
        || upload.call("DELETE", "").expect_problem(503),
    );
    upload.call("DELETE", "").expect(204);
    without(&stack, "api", "s3:ListBucket", "ListObjectsV2", || {
        upload.call("POST", "/complete").expect_problem(503)
    });
    // The secret is read once by each process.
    without(&stack, "api", "ssm:GetParameter", "GetParameter", || {
        stack.restart_function("api");
        other.request_upload(None, &clip).expect_problem(503)
    });

    // What the function signs is good for no more than what it may do itself.
    let form = Form::of(&other.request_upload(None, &clip).expect(201).json()["upload"]);
    let without_permission = stack.without_permission("api", "s3:PutObject");
    let refused = form.post(&clip);
    assert_eq!(
        (refused.status, refused.text().contains("AccessDenied")),
        (403, true),
        "{}",
        refused.text()
    );
    drop(without_permission);
    form.post(&clip).expect(204);
    let playback = ann.response()["playback"]["url"].as_str().unwrap().to_owned();
    let without_permission = stack.without_permission("api", "s3:GetObject");
    assert_eq!(http::get(&playback).status, 403);
    drop(without_permission);
    http::get(&playback).expect(200);

    other.until("ready");
    stack.owner_get(&ann.responses()).expect(200);
    assert_needed(&stack, "api", &API, &LOGS);
}

#[test]
fn on_upload_needs_each_of_its_permissions() {
    let stack = Stack::exclusive();
    let clip = stack.sample(Sample::Clip);
    let ann = stack.respondent();
    let first = ann.submit(&clip);
    ann.until("ready");
    let submit = || {
        let who = stack.respondent();
        who.submit(&clip);
        who
    };
    let version = stack.version(&first);
    let nobody = unique("nobody");

    let mut late = Vec::new();
    for (action, operation) in [
        ("dynamodb:GetItem", "GetItem"),
        ("dynamodb:UpdateItem", "UpdateItem"),
        ("s3:GetObjectVersion", "HeadObject"),
    ] {
        late.push(without(&stack, "on_upload", action, operation, submit));
    }
    without(
        &stack,
        "on_upload",
        "s3:DeleteObjectVersion",
        "DeleteObject",
        || stack.put_upload(&first, Some(&ann.email), &stack.sample(Sample::Garbage)),
    );
    without(&stack, "on_upload", "sqs:SendMessage", "SendMessage", || {
        stack.send_to_on_upload(&json!({"broken": nobody}))
    });
    let tell = |key: &str| {
        stack.send_to_on_upload(&stack.notification(&[Created {
            key,
            version: None,
            sequencer: "01",
        }]))
    };
    without(&stack, "on_upload", "s3:GetObject", "HeadObject", || tell(&first));
    let missing = format!("{nobody}/0/ann@example.com.mp4");
    without(&stack, "on_upload", "s3:ListBucket", "HeadBucket", || {
        tell(&missing)
    });

    // With its rights back it does what it owed.
    for who in &late {
        who.until("ready");
    }
    stack.reject(&nobody);
    eventually(TRANSCODED, "the second version is gone", || {
        (stack.version(&first) == version).then_some(())
    });
    // The local transcoder does not check the permissions of its callers.
    let not_shown = [LOGS.as_slice(), &CONSUME, &["elastictranscoder:CreateJob"]].concat();
    assert_needed(&stack, "on_upload", &ON_UPLOAD, &not_shown);
}

#[test]
fn on_job_needs_each_of_its_permissions() {
    let stack = Stack::exclusive();
    let clip = stack.sample(Sample::Clip);
    let submit = || {
        let who = stack.respondent();
        who.submit(&clip);
        who
    };
    let ann = submit();
    ann.until("ready");
    let item = ann.item().unwrap();
    let rendition = item["Renditions"]["web"]["Key"].as_str().unwrap();
    let lost = rendition.replace("-1.mp4", "-9.mp4");
    let nobody = unique("nobody");

    let mut late = Vec::new();
    for (action, operation) in [
        ("dynamodb:GetItem", "GetItem"),
        ("dynamodb:UpdateItem", "UpdateItem"),
        ("s3:GetObjectVersion", "HeadObject"),
    ] {
        late.push(without(&stack, "on_job", action, operation, submit));
    }
    without(
        &stack,
        "on_job",
        "s3:ListBucketVersions",
        "ListObjectVersions",
        || stack.send_to_on_job(&stack.completed(&item, 8)),
    );
    without(&stack, "on_job", "s3:DeleteObjectVersion", "DeleteObject", || {
        stack.put(&stack.info.renditions_bucket, &lost, None, &clip);
        stack.send_to_on_job(&stack.completed(&item, 9))
    });
    without(&stack, "on_job", "sqs:SendMessage", "SendMessage", || {
        stack.send_to_on_job(&json!({"broken": nobody}))
    });

    for who in &late {
        who.until("ready");
    }
    stack.reject(&nobody);
    eventually(TRANSCODED, "what was lost is gone", || {
        (!stack.has_rendition(&lost)).then_some(())
    });

    // A source that is gone does not tell its respondent.
    stack.remove_upload(item["video"].as_str().unwrap());
    for (action, operation) in [("s3:ListBucket", "HeadBucket"), ("dynamodb:Query", "Query")] {
        without(&stack, "on_job", action, operation, || {
            stack.send_to_on_job(&stack.completed(&item, 1))
        });
    }
    // Used where a bucket has no versions.
    let not_shown = [LOGS.as_slice(), &CONSUME, &["s3:GetObject"]].concat();
    assert_needed(&stack, "on_job", &ON_JOB, &not_shown);
}

#[test]
fn reconcile_needs_each_of_its_permissions() {
    let stack = Stack::exclusive();
    let run = || stack.reconcile();
    without(&stack, "reconcile", "dynamodb:Query", "Query", run);

    // Nothing was uploaded.
    let ann = stack.respondent_in_closed_project();
    ann.form(&stack.sample(Sample::Clip));
    ann.expire_forms();
    for (action, operation) in [
        ("dynamodb:GetItem", "GetItem"),
        ("s3:ListBucket", "ListObjectsV2"),
        ("s3:ListBucketMultipartUploads", "ListMultipartUploads"),
        ("dynamodb:UpdateItem", "UpdateItem"),
    ] {
        without(&stack, "reconcile", action, operation, run);
    }
    run();
    assert_eq!(ann.response()["status"], "expired");

    // Something was, and nobody has heard of it.
    let bob = stack.respondent_in_closed_project();
    let paused = stack.pause("on_upload");
    bob.submit(&stack.sample(Sample::Garbage));
    stack.drop_messages(&stack.info.uploads_queue_url, &[&bob.project], 1);
    drop(paused);
    bob.expire_forms();
    without(&stack, "reconcile", "s3:GetObject", "HeadObject", run);
    run();
    let failed = bob.until("failed");

    // Something else was, which is nobody's.
    let take = &failed["upload"]["take"];
    let overdue = |take: &str| {
        let past = "2020-01-01T00:00:00.000Z";
        let mut item = bob.item().unwrap();
        let revision = item["Revision"].as_u64().unwrap();
        item["PendingUpload"] = json!({"Take": take, "Until": past});
        (item["OpenShard"], item["DueAt"], item["Revision"]) = (json!(0), json!(past), json!(revision + 1));
        assert!(stack.replace_item(&item, revision));
    };
    let nobodys = TakeId::new(aws::now(), [0; 10]);
    let key = failed["upload"]["key"]
        .as_str()
        .unwrap()
        .replace(take.as_str().unwrap(), &nobodys.to_string());
    stack.put_upload(&key, None, &stack.sample(Sample::Garbage));
    overdue(&nobodys.to_string());
    without(&stack, "reconcile", "sqs:SendMessage", "SendMessage", run);

    // Something is to be removed, an unfinished upload among it.
    let large = json!({
        "email": bob.email, "content_type": "video/mp4", "size": LARGE_BYTES, "method": "multipart",
    });
    stack
        .api_post(Some(&stack.info.token), &bob.responses(), &large)
        .expect(201);
    stack.owner("DELETE", &bob.path()).expect(202);
    for (action, operation) in [
        ("s3:AbortMultipartUpload", "AbortMultipartUpload"),
        ("s3:ListBucketVersions", "ListObjectVersions"),
        ("s3:DeleteObjectVersion", "DeleteObject"),
    ] {
        without(&stack, "reconcile", action, operation, run);
    }
    run();
    bob.expire_forms();
    without(&stack, "reconcile", "dynamodb:DeleteItem", "DeleteItem", run);
    run();
    assert_eq!((bob.item(), stack.stored_versions(&bob)), (None, 0));

    let transcoder =
        ["CreateJob", "CancelJob", "ReadJob"].map(|action| format!("elastictranscoder:{action}"));
    let transcoder: Vec<&str> = transcoder.iter().map(String::as_str).collect();
    assert_needed(
        &stack,
        "reconcile",
        &RECONCILE,
        &[LOGS.as_slice(), &transcoder].concat(),
    );
}
