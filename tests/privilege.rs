//! Least privilege: a function without one of its actions fails with AccessDenied, and works again with the action.
//!
//! While a function lacks a permission, all requests to it fail: these tests use the stack exclusively.

use std::collections::BTreeSet;

use model::TakeId;
use serde_json::json;
use tests::form::Form;
use tests::media::{LARGE_BYTES, Sample};
use tests::multipart::UploadClient;
use tests::notification::Created;
use tests::roles::WithoutPermission;
use tests::wait::{SOON, TRANSCODED};
use tests::{Stack, eventually, http, logs, unique};

/// A function, and the actions that a test has removed from its role so far.
struct Role<'a> {
    stack: &'a Stack,
    function: &'static str,
    removed: BTreeSet<String>,
}

impl<'a> Role<'a> {
    fn new(stack: &'a Stack, function: &'static str) -> Self {
        Self {
            stack,
            function,
            removed: BTreeSet::new(),
        }
    }

    /// Removes an action until the result is dropped.
    fn remove(&mut self, action: &str) -> WithoutPermission<'a> {
        self.removed.insert(action.to_owned());
        self.stack.without_permission(self.function, action)
    }

    /// Calls `provoke` while the role lacks an action, and waits until the function logs that `operation` was denied.
    fn without<T>(&mut self, action: &str, operation: &str, provoke: impl FnOnce() -> T) -> T {
        let since = logs::now();
        let removed = self.remove(action);
        let provoked = provoke();
        let function = self.function;
        eventually(
            SOON,
            &format!("{function} without {action} is denied {operation}"),
            || {
                let failed = format!("{operation} failed");
                let denied = |line: &String| line.contains(&failed) && line.contains("AccessDenied");
                self.stack.log(function, since).iter().any(denied).then_some(())
            },
        );
        drop(removed);
        provoked
    }

    /// Panics unless the role's actions are exactly those that were removed here and the untestable ones.
    fn assert_minimal(self, untestable: &[&str]) {
        let actual: BTreeSet<String> = self.stack.actions(self.function).into_iter().collect();
        let untestable = untestable.iter().map(|action| (*action).to_owned());
        let tested: BTreeSet<String> = self.removed.into_iter().chain(untestable).collect();
        assert_eq!(
            actual, tested,
            "{} must have exactly the actions that it calls",
            self.function
        );
    }
}

/// Actions of the function's platform, which no test can provoke.
const LOGS: [&str; 2] = ["logs:CreateLogStream", "logs:PutLogEvents"];
/// The emulator receives messages from a queue without checking the function's permissions.
const CONSUME: [&str; 3] = [
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
];

#[test]
fn api_needs_each_of_its_permissions() {
    let stack = Stack::exclusive();
    let mut role = Role::new(&stack, "api");
    let clip = stack.sample(Sample::Clip);
    let ann = stack.respondent();
    ann.submit(&clip);
    ann.until("ready");
    let other = stack.respondent();

    role.without("dynamodb:UpdateItem", "UpdateItem", || {
        other.request_upload(None, &clip).expect_problem(503)
    });
    role.without("dynamodb:GetItem", "GetItem", || {
        stack.owner_get(&ann.path()).expect_problem(503)
    });
    role.without("dynamodb:Query", "Query", || {
        stack.owner_get(&ann.responses()).expect_problem(503)
    });

    // A multipart upload.
    let large = json!({
        "email": other.email, "content_type": "video/mp4", "size": LARGE_BYTES, "method": "multipart",
    });
    let request_multipart = || stack.api_post(None, &other.responses(), &large);
    role.without("s3:PutObject", "CreateMultipartUpload", || {
        request_multipart().expect_problem(503)
    });
    let upload = UploadClient::of(&stack, &other, &request_multipart().expect(201).json()["upload"]);
    role.without("s3:ListMultipartUploadParts", "ListParts", || {
        upload.call("GET", "/parts").expect_problem(503)
    });
    role.without("s3:AbortMultipartUpload", "AbortMultipartUpload", || {
        upload.call("DELETE", "").expect_problem(503)
    });
    upload.call("DELETE", "").expect(204);
    role.without("s3:ListBucket", "ListObjectsV2", || {
        upload.call("POST", "/complete").expect_problem(503)
    });
    // Each process reads the secret once.
    role.without("ssm:GetParameter", "GetParameter", || {
        stack.restart_function("api");
        other.request_upload(None, &clip).expect_problem(503)
    });

    // A URL that the function signs permits only what the function's own role permits.
    let form = Form::of(&other.request_upload(None, &clip).expect(201).json()["upload"]);
    let removed = role.remove("s3:PutObject");
    let refused = form.post(&clip);
    assert_eq!(
        (refused.status, refused.text().contains("AccessDenied")),
        (403, true),
        "{}",
        refused.text()
    );
    drop(removed);
    form.post(&clip).expect(204);
    let playback = ann.response()["playback"]["url"].as_str().unwrap().to_owned();
    let removed = role.remove("s3:GetObject");
    assert_eq!(http::get(&playback).status, 403);
    drop(removed);
    http::get(&playback).expect(200);

    other.until("ready");
    stack.owner_get(&ann.responses()).expect(200);
    role.assert_minimal(&LOGS);
}

#[test]
fn on_upload_needs_each_of_its_permissions() {
    let stack = Stack::exclusive();
    let mut role = Role::new(&stack, "on_upload");
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
        late.push(role.without(action, operation, submit));
    }
    role.without("s3:DeleteObjectVersion", "DeleteObject", || {
        stack.put_upload(&first, Some(&ann.email), &stack.sample(Sample::Garbage))
    });
    role.without("sqs:SendMessage", "SendMessage", || {
        stack.send_to_on_upload(&json!({"broken": nobody}))
    });
    let tell = |key: &str| {
        stack.send_to_on_upload(&stack.notification(&[Created {
            key,
            version: None,
            sequencer: "01",
        }]))
    };
    role.without("s3:GetObject", "HeadObject", || tell(&first));
    let missing = format!("{nobody}/0/ann@example.com.mp4");
    role.without("s3:ListBucket", "HeadBucket", || tell(&missing));

    // With its permissions restored it completes the work.
    for who in &late {
        who.until("ready");
    }
    stack.reject(&nobody);
    eventually(TRANSCODED, "the second version is deleted", || {
        (stack.version(&first) == version).then_some(())
    });
    // The local transcoder does not check the permissions of its callers.
    let not_shown = [LOGS.as_slice(), &CONSUME, &["elastictranscoder:CreateJob"]].concat();
    role.assert_minimal(&not_shown);
}

#[test]
fn on_job_needs_each_of_its_permissions() {
    let stack = Stack::exclusive();
    let mut role = Role::new(&stack, "on_job");
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
        late.push(role.without(action, operation, submit));
    }
    role.without("s3:ListBucketVersions", "ListObjectVersions", || {
        stack.send_to_on_job(&stack.completed(&item, 8))
    });
    role.without("s3:DeleteObjectVersion", "DeleteObject", || {
        stack.put(&stack.info.renditions_bucket, &lost, None, &clip);
        stack.send_to_on_job(&stack.completed(&item, 9))
    });
    role.without("sqs:SendMessage", "SendMessage", || {
        stack.send_to_on_job(&json!({"broken": nobody}))
    });

    for who in &late {
        who.until("ready");
    }
    stack.reject(&nobody);
    eventually(TRANSCODED, "the lost output is deleted", || {
        (!stack.has_rendition(&lost)).then_some(())
    });

    // A deleted source has no metadata that names its respondent.
    stack.remove_upload(item["video"].as_str().unwrap());
    for (action, operation) in [("s3:ListBucket", "HeadBucket"), ("dynamodb:Query", "Query")] {
        role.without(action, operation, || {
            stack.send_to_on_job(&stack.completed(&item, 1))
        });
    }
    // Called only for buckets without versioning.
    let not_shown = [LOGS.as_slice(), &CONSUME, &["s3:GetObject"]].concat();
    role.assert_minimal(&not_shown);
}

#[test]
fn reconcile_needs_each_of_its_permissions() {
    let stack = Stack::exclusive();
    let mut role = Role::new(&stack, "reconcile");
    let run = || stack.reconcile();
    role.without("dynamodb:Query", "Query", run);

    // Expires a response without an upload.
    let ann = stack.respondent_in_closed_project();
    ann.form(&stack.sample(Sample::Clip));
    ann.expire_forms();
    for (action, operation) in [
        ("dynamodb:GetItem", "GetItem"),
        ("s3:ListBucket", "ListObjectsV2"),
        ("s3:ListBucketMultipartUploads", "ListMultipartUploads"),
        ("dynamodb:UpdateItem", "UpdateItem"),
    ] {
        role.without(action, operation, run);
    }
    run();
    assert_eq!(ann.response()["status"], "expired");

    // Finds an upload whose event was lost.
    let bob = stack.respondent_in_closed_project();
    let paused = stack.pause("on_upload");
    bob.submit(&stack.sample(Sample::Garbage));
    stack.drop_messages(&stack.info.uploads_queue_url, &[&bob.project], 1);
    drop(paused);
    bob.expire_forms();
    role.without("s3:GetObject", "HeadObject", run);
    run();
    let failed = bob.until("failed");

    // Finds another file, which has no respondent.
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
    role.without("sqs:SendMessage", "SendMessage", run);

    // Deletes a response that has an unfinished upload.
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
        role.without(action, operation, run);
    }
    run();
    bob.expire_forms();
    role.without("dynamodb:DeleteItem", "DeleteItem", run);
    run();
    assert_eq!((bob.item(), stack.stored_versions(&bob)), (None, 0));

    let transcoder =
        ["CreateJob", "CancelJob", "ReadJob"].map(|action| format!("elastictranscoder:{action}"));
    let transcoder: Vec<&str> = transcoder.iter().map(String::as_str).collect();
    role.assert_minimal(&[LOGS.as_slice(), &transcoder].concat());
}
