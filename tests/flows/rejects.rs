//! Files that are not videos or have no respondent: each is recorded with a reason and affects no other file.

use serde_json::json;
use tests::media::Sample;
use tests::wait::TRANSCODED;
use tests::{Stack, logs, unique};

#[test]
fn unreadable_video_fails_and_can_be_replaced() {
    let stack = Stack::shared();
    for sample in [Sample::Text, Sample::Garbage] {
        let ann = stack.respondent();
        ann.submit(&stack.sample(sample));
        let failed = ann.until("failed");
        tests::schema::check("video-response.json", &failed);
        assert_eq!(failed["failure"]["code"], "unreadable", "{failed}");
        assert!(!failed["failure"]["message"].as_str().unwrap().is_empty());
        assert!(failed.get("playback").is_none());

        let clip = stack.sample(Sample::Clip);
        let form = ann.form(&clip);
        form.post(&clip).expect(204);
        let ready = tests::eventually(TRANSCODED, "the second take is ready", || {
            Some(ann.response()).filter(|response| response["status"] == "ready")
        });
        assert_eq!(
            (&ready["upload"]["key"], ready.get("failure")),
            (&form.key().into(), None)
        );
    }
}

#[test]
fn unmanaged_file_may_have_any_name() {
    let stack = Stack::shared();
    for name in ["two words", "a+b", "Größe 測試 (1)", "100%25 & more"] {
        let ann = stack.respondent();
        let key = format!("demo/0/{} {name}.mp4", unique("by-hand"));
        // With capitals, as a person may write it.
        stack.put_upload(&key, Some(&ann.email.to_uppercase()), &stack.sample(Sample::Clip));
        assert_eq!(ann.until("ready")["upload"]["key"], key);
    }
}

#[test]
fn unmanaged_file_may_be_named_by_email() {
    let stack = Stack::shared();
    let ann = stack.respondent();
    stack.put_upload(
        &format!("demo/0/{}.mp4", ann.email),
        None,
        &stack.sample(Sample::Clip),
    );
    ann.until("ready");
}

#[test]
fn file_without_respondent_is_rejected() {
    let stack = Stack::shared();
    let name = unique("nobody");
    let key = format!("demo/0/{name}.mp4");
    stack.put_upload(&key, None, &stack.sample(Sample::Clip));
    let reject = stack.reject(&name);
    assert!(reject.reason.contains("names no respondent"), "{reject:?}");
    assert_eq!(stack.count(Some("video = :key"), &[(":key", &key)]), 0);
    assert!(stack.job_states(&key).is_empty());
}

#[test]
fn file_without_video_extension_is_rejected() {
    let stack = Stack::shared();
    let name = unique("readme");
    stack.put_upload(
        &format!("demo/0/{name}.txt"),
        Some("ann@example.com"),
        &stack.sample(Sample::Text),
    );
    assert!(stack.reject(&name).reason.contains(".webm"));
}

#[test]
fn malformed_message_is_rejected_with_a_reason() {
    let stack = Stack::shared();
    for body in [json!({"broken": unique("message")}), json!(unique("no-object"))] {
        let text = body.to_string();
        stack.send_to_on_upload(&body);
        let reject = stack.reject(&text);
        assert!(reject.reason.contains("no S3 notification"), "{reject:?}");
        assert_eq!(reject.record, text);
    }
}

/// Escaping doubles the message to a size above the queue's limit.
#[test]
fn oversized_message_is_rejected_shortened() {
    let stack = Stack::shared();
    let body = format!("{}{}", unique("large"), "\"".repeat(200_000));
    stack.send(&stack.info.uploads_queue_url, &body);
    let reject = stack.reject(body.trim_end_matches('"'));
    assert!(reject.reason.contains("no S3 notification"), "{}", reject.reason);
    assert_eq!(reject.shortened_from, Some(body.len()));
    assert!(body.starts_with(&reject.record) && reject.record.len() > 100_000);
}

#[test]
fn folder_marker_is_ignored() {
    let stack = Stack::shared();
    let (key, since) = (format!("demo/0/{}/", unique("folder")), logs::now());
    let put = stack
        .s3()
        .put_object()
        .bucket(&stack.info.uploads_bucket)
        .key(&key);
    stack.run(put.send()).expect("the empty object is stored");
    // The id of the store's own event is unknown to the test, so the test sends this one after it.
    let message = stack.send_to_on_upload(&json!({"Records": [{
        "eventVersion": "2.1", "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": stack.info.uploads_bucket}, "object": {"key": key}},
    }]}));
    let dispositions = stack.dispositions("on_upload", &message, since, 1);
    assert_eq!(
        dispositions[0]["what"], "ignored: a folder marker",
        "{dispositions:?}"
    );
    stack.until_idle(&stack.info.uploads_queue_url, TRANSCODED);
    assert!(stack.take_rejects(&key).is_empty());
}

#[test]
fn copy_onto_itself_is_a_duplicate() {
    let stack = Stack::shared();
    let (ann, since) = (stack.respondent(), logs::now());
    let key = ann.submit(&stack.sample(Sample::Clip));
    let ready = ann.until("ready");
    let bucket = &stack.info.uploads_bucket;
    let copy = stack.s3().copy_object().bucket(bucket).key(&key);
    let copy = copy.copy_source(format!("{bucket}/{key}"));
    let copy = copy
        .storage_class(aws_sdk_s3::types::StorageClass::StandardIa)
        .send();
    stack.run(copy).expect("the object is copied");
    let message = stack.send_to_on_upload(&json!({"Records": [{
        "eventVersion": "2.1", "eventName": "ObjectCreated:Copy",
        "s3": {"bucket": {"name": bucket}, "object": {"key": key, "versionId": stack.version(&key)}},
    }]}));
    let dispositions = stack.dispositions("on_upload", &message, since, 1);
    assert_eq!(dispositions[0]["what"], "ignored: duplicate", "{dispositions:?}");
    assert_eq!(stack.count_versions(bucket, &key), 2, "the copy must be kept");
    assert_eq!(ann.response()["updated_at"], ready["updated_at"]);
}

#[test]
fn malformed_record_does_not_affect_the_others() {
    let stack = Stack::shared();
    let ann = stack.respondent();
    let (clip, since) = (stack.sample(Sample::Clip), logs::now());
    let key = ann.submit(&clip);
    let marker = unique("of-another-version");
    let version = stack.version(&key);
    let record = |event_version: &str, key: &str| {
        json!({
            "eventVersion": event_version, "eventName": "ObjectCreated:Put",
            "s3": {"bucket": {"name": stack.info.uploads_bucket}, "object": {"key": key, "versionId": version}},
        })
    };
    let mixed = json!({"Records": [record("3.0", &marker), record("2.1", &key), {"eventVersion": "2.1"}]});
    let message = stack.send_to_on_upload(&mixed);

    let dispositions = stack.dispositions("on_upload", &message, since, 3);
    assert_eq!(
        dispositions
            .iter()
            .filter(|end| end["disposition"] == "done")
            .count(),
        1,
        "{dispositions:?}"
    );
    let reasons: Vec<String> = stack
        .rejects(&marker, 2)
        .into_iter()
        .map(|reject| reject.reason)
        .collect();
    for part in [
        "Records[0].eventVersion: expected a version 2.x",
        "Records[2].eventName: missing field",
    ] {
        assert!(
            reasons.iter().any(|reason| reason.contains(part)),
            "{part}: {reasons:?}"
        );
    }
    ann.until("ready");
}

#[test]
fn test_event_is_ignored() {
    let stack = Stack::shared();
    let marker = unique("test-event");
    stack.send_to_on_upload(&json!({
        "Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "2024-05-17T09:29:58.000Z",
        "Bucket": stack.info.uploads_bucket, "RequestId": marker, "HostId": "host",
    }));
    stack.until_idle(&stack.info.uploads_queue_url, TRANSCODED);
    assert!(stack.take_rejects(&marker).is_empty());
}
