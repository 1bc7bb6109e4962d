//! Duplicate, late and reordered events.

use serde_json::{Value, json};
use tests::media::Sample;
use tests::notification::{Created, JobEvent};
use tests::wait::{SOON, TRANSCODED};
use tests::{Stack, logs, unique};

#[test]
fn duplicate_event_starts_no_second_job() {
    let stack = Stack::shared();
    let ann = stack.respondent();
    let since = logs::now();
    let key = ann.submit(&stack.sample(Sample::Clip));
    let version = stack.version(&key);
    // At once, so that several are processed concurrently; the newest first.
    let sequencers = ["00FF000000000000FF", "00AA000000000000AA", "0000000000000000AA"];
    let events = sequencers.map(|sequencer| {
        stack.notification(&[Created {
            key: &key,
            version: Some(&version),
            sequencer,
        }])
    });
    let pending_messages = events.each_ref().map(|event| stack.send_to_on_upload(event));
    ann.until("ready");
    for message in pending_messages {
        stack.dispositions("on_upload", &message, since, 1);
    }

    // The same event long after the response is ready.
    let item = ann.item();
    let message = stack.send_to_on_upload(&events[0]);
    let dispositions = stack.dispositions("on_upload", &message, since, 1);
    assert_eq!(dispositions[0]["disposition"], "done", "{dispositions:?}");
    assert_eq!(ann.item(), item);
    assert_eq!(stack.job_states(&key).len(), 1);
}

#[test]
fn direct_invocation_is_processed() {
    let stack = Stack::shared();
    let ann = stack.respondent();
    let key = ann.submit(&stack.sample(Sample::Clip));
    let version = stack.version(&key);
    let event = stack.notification(&[Created {
        key: &key,
        version: Some(&version),
        sequencer: "01",
    }]);
    // While another invocation has claimed the job, the call fails and the sender retries.
    tests::eventually(SOON, "the event is processed", || {
        let answer = stack.call_directly("on_upload", &event);
        answer.header("x-amz-function-error").is_none().then_some(())
    });
    ann.until("ready");
    assert_eq!(stack.job_states(&key).len(), 1);

    let marker = unique("straight");
    let bad = json!({"Records": [{"eventVersion": "3.0", "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": stack.info.uploads_bucket}, "object": {"key": marker}}}]});
    let answer = stack.call_directly("on_upload", &bad);
    assert_eq!(answer.header("x-amz-function-error"), None, "{}", answer.text());
    assert!(stack.reject(&marker).reason.contains("Records[0].eventVersion"));
}

#[test]
fn every_event_shape_is_accepted() {
    let stack = Stack::shared();
    let ann = stack.respondent_in_closed_project();
    let key = format!("{}/0/one + two & Größe.mp4", ann.project);
    stack.put_upload(&key, Some(&ann.email), &stack.sample(Sample::Clip));
    ann.until("ready");
    let (item, version) = (ann.item(), stack.version(&key));
    let encoded = format!("{}/0/one+%2B+two+%26+Gr%C3%B6%C3%9Fe.mp4", ann.project);
    let notification = |minor: u32, event: &str| {
        let mut body = stack.notification(&[Created {
            key: &encoded,
            version: Some(&version),
            sequencer: "01",
        }]);
        body["Records"][0]["eventVersion"] = format!("2.{minor}").into();
        body["Records"][0]["eventName"] = event.into();
        body
    };
    let topic = json!({"Type": "Notification", "Message": notification(1, "ObjectCreated:Post").to_string()});
    let bridge = |kind: &str| {
        json!({
            "version": "0", "source": "aws.s3", "detail-type": kind,
            "detail": {
                "version": "0", "bucket": {"name": stack.info.uploads_bucket},
                "object": {"key": key, "size": 1, "version-id": version, "sequencer": "01"},
            },
        })
    };
    let mut shapes: Vec<Value> = (0..=6)
        .map(|minor| notification(minor, "ObjectCreated:Put"))
        .collect();
    shapes.extend([
        notification(6, "ObjectCreated:CompleteMultipartUpload"),
        topic,
        bridge("Object Created"),
    ]);
    let since = logs::now();
    for shape in &shapes {
        let dispositions = stack.dispositions("on_upload", &stack.send_to_on_upload(shape), since, 1);
        assert_eq!(
            dispositions[0]["what"], "ignored: duplicate",
            "{shape}: {dispositions:?}"
        );
    }
    for removal in [
        notification(6, "ObjectRemoved:DeleteMarkerCreated"),
        bridge("Object Deleted"),
    ] {
        stack.send_to_on_upload(&removal);
    }
    stack.until_idle(&stack.info.uploads_queue_url, TRANSCODED);
    assert!(stack.take_rejects(&ann.project).is_empty());
    assert_eq!(ann.item(), item);
}

#[test]
fn older_take_never_wins() {
    let stack = Stack::shared();
    let ann = stack.respondent_in_closed_project();
    let (clip, portrait) = (stack.sample(Sample::Clip), stack.sample(Sample::Portrait));
    let (older, newer) = (ann.form(&clip), ann.form(&portrait));
    let since = logs::now();
    newer.post(&portrait).expect(204);
    ann.until("ready");
    let item = ann.item();

    older.post(&clip).expect(204);
    let version = stack.version(older.key());
    let again = Created {
        key: older.key(),
        version: Some(&version),
        sequencer: "00FF000000000000FF",
    };
    let event = stack.notification(&[again]);
    let dispositions = stack.dispositions("on_upload", &stack.send_to_on_upload(&event), since, 1);
    assert!(
        dispositions[0]["what"].as_str().unwrap().contains("older"),
        "{dispositions:?}"
    );
    // The store's own event for the older file has no effect either.
    stack.until_idle(&stack.info.uploads_queue_url, TRANSCODED);
    assert_eq!(ann.item(), item);
    assert!(stack.job_states(older.key()).is_empty());
}

#[test]
fn newer_take_replaces_the_older() {
    let stack = Stack::shared();
    let ann = stack.respondent_in_closed_project();
    let (clip, portrait) = (stack.sample(Sample::Clip), stack.sample(Sample::Portrait));
    ann.submit(&clip);
    let first = ann.until("ready");

    let form = ann.form(&portrait);
    assert_eq!(
        ann.response()["status"],
        "ready",
        "a request must not change the status"
    );
    form.post(&portrait).expect(204);
    let second = tests::eventually(TRANSCODED, "the second take is ready", || {
        let response = ann.response();
        (response["status"] == "ready" && response["upload"]["key"] == form.key()).then_some(response)
    });
    assert_eq!(second["playback"]["width"], 360);
    assert_eq!(second["created_at"], first["created_at"]);
}

#[test]
fn second_version_of_a_take_is_deleted() {
    let stack = Stack::shared();
    let ann = stack.respondent();
    let (clip, portrait) = (stack.sample(Sample::Clip), stack.sample(Sample::Portrait));
    let key = ann.submit(&clip);
    ann.until("ready");
    let (first, item) = (stack.version(&key), ann.item());

    stack.put_upload(&key, Some(&ann.email), &portrait);
    tests::eventually(SOON, "the second version is gone", || {
        (stack.version(&key) == first).then_some(())
    });
    assert_eq!(ann.item(), item);
    assert_eq!(stack.job_states(&key).len(), 1);
}

#[test]
fn event_without_version_means_the_latest() {
    let stack = Stack::shared();
    let ann = stack.respondent();
    let key = ann.submit(&stack.sample(Sample::Clip));
    ann.until("ready");
    let (item, since) = (ann.item(), logs::now());
    let event = stack.notification(&[Created {
        key: &key,
        version: None,
        sequencer: "00FF000000000000FF",
    }]);
    let dispositions = stack.dispositions("on_upload", &stack.send_to_on_upload(&event), since, 1);
    assert_eq!(dispositions[0]["disposition"], "done", "{dispositions:?}");
    assert!(stack.has_upload(&key));
    assert_eq!(ann.item(), item);
}

#[test]
fn message_may_have_several_records() {
    let stack = Stack::shared();
    let (ann, bob) = (stack.respondent(), stack.respondent());
    let clip = stack.sample(Sample::Clip);
    let (of_ann, of_bob) = (ann.submit(&clip), bob.submit(&clip));
    let since = logs::now();
    let count_versions = [stack.version(&of_ann), stack.version(&of_bob)];
    let both = stack.notification(&[
        Created {
            key: &of_ann,
            version: Some(&count_versions[0]),
            sequencer: "01",
        },
        Created {
            key: &of_bob,
            version: Some(&count_versions[1]),
            sequencer: "02",
        },
    ]);
    let message = stack.send_to_on_upload(&both);
    ann.until("ready");
    bob.until("ready");
    assert!(
        stack
            .dispositions("on_upload", &message, since, 2)
            .iter()
            .all(|end| end["disposition"] == "done")
    );
    assert_eq!(
        (stack.job_states(&of_ann).len(), stack.job_states(&of_bob).len()),
        (1, 1)
    );
}

#[test]
fn duplicate_result_is_ignored() {
    let stack = Stack::shared();
    let ann = stack.respondent();
    ann.submit(&stack.sample(Sample::Clip));
    ann.until("ready");
    let (item, since) = (ann.item().unwrap(), logs::now());
    for state in [JobEvent::Completed, JobEvent::Progressing, JobEvent::Failed] {
        let event = stack.job_event(&item, 1, state);
        let dispositions = stack.dispositions("on_job", &stack.send_to_on_job(&event), since, 1);
        assert_eq!(dispositions[0]["disposition"], "done", "{dispositions:?}");
    }
    let now = ann.item().unwrap();
    assert_eq!(
        (&now["Status"], &now["Renditions"]["web"]["Key"]),
        (&item["Status"], &item["Renditions"]["web"]["Key"])
    );
}

#[test]
fn result_is_recorded_without_its_source() {
    let stack = Stack::shared();
    let ann = stack.respondent();
    ann.submit(&stack.sample(Sample::Clip));
    ann.until("ready");
    let item = ann.item().unwrap();
    stack.remove_upload(item["video"].as_str().unwrap());
    let report = |attempt| {
        let since = logs::now();
        let dispositions = stack.dispositions(
            "on_job",
            &stack.send_to_on_job(&stack.completed(&item, attempt)),
            since,
            1,
        );
        assert_eq!(dispositions[0]["disposition"], "done", "{dispositions:?}");
    };
    let rendition = item["Renditions"]["web"]["Key"].as_str().unwrap();
    report(1);
    assert!(
        stack.has_rendition(rendition),
        "a duplicate result must not delete the rendition"
    );

    // Restores the item as it was before the result.
    let mut running = ann.item().unwrap();
    let revision = running["Revision"].as_u64().unwrap();
    running["Status"] = json!("transcoding");
    running["Revision"] = json!(revision + 1);
    running.as_object_mut().unwrap().remove("Renditions");
    assert!(stack.replace_item(&running, revision));
    report(1);
    assert_eq!(ann.response()["status"], "ready");
    assert!(stack.has_rendition(rendition));
}

#[test]
fn result_that_reaches_the_limit_is_recorded_as_cut() {
    let stack = Stack::shared();
    let ann = stack.respondent();
    ann.submit(&stack.sample(Sample::Long));
    let item = tests::eventually(TRANSCODED, "the job was created", || {
        ann.item().filter(|item| item["Job"]["Id"].is_string())
    });
    let mut result = stack.completed(&item, 1);
    // The stage's limit of three hours.
    if stack.info.is_media_convert() {
        let output = &mut result["detail"]["outputGroupDetails"][0]["outputDetails"][0];
        output["durationInMs"] = 10_800_000.into();
    } else {
        result["outputs"][0]["duration"] = 10_800.into();
    }
    stack.send_to_on_job(&result);
    ann.until("ready");
    let rendition = &ann.item().unwrap()["Renditions"]["web"];
    assert_eq!(rendition["CutAtSeconds"], 10_800, "{rendition}");
}

/// MediaConvert cannot cut a recording whose duration Probe does not report. Elastic Transcoder cuts every recording.
#[test]
fn job_over_the_limit_is_canceled_or_cut() {
    let stack = Stack::shared();
    let ann = stack.respondent();
    ann.submit(&stack.sample(Sample::Long));
    let item = tests::eventually(TRANSCODED, "the job was created", || {
        ann.item().filter(|item| item["Job"]["Id"].is_string())
    });
    let update = |frames: u64| {
        let mut update = stack.job_event(&item, 1, JobEvent::Progressing);
        if stack.info.is_media_convert() {
            update["detail"]["status"] = "STATUS_UPDATE".into();
            update["detail"]["framesDecoded"] = frames.into();
        }
        let since = logs::now();
        let dispositions = stack.dispositions("on_job", &stack.send_to_on_job(&update), since, 1);
        assert_eq!(dispositions[0]["disposition"], "done", "{dispositions:?}");
    };
    // The stage's limit of three hours, at 60 frames a second.
    update(648_000);
    assert_eq!(ann.response()["status"], "transcoding");
    update(648_001);
    if stack.info.is_media_convert() {
        assert_eq!(ann.response()["failure"]["code"], "too-long");
        assert_eq!(stack.job_states(item["video"].as_str().unwrap()), ["Canceled"]);
    } else {
        ann.until("ready");
    }
}

#[test]
fn output_of_another_attempt_is_deleted() {
    let stack = Stack::shared();
    let ann = stack.respondent();
    let clip = stack.sample(Sample::Clip);
    ann.submit(&clip);
    ann.until("ready");
    let item = ann.item().unwrap();
    let rendition = item["Renditions"]["web"]["Key"].as_str().unwrap();
    let made =
        |attempt: u32, rest: &str| format!("{}-{attempt}{rest}", rendition.strip_suffix("-1.mp4").unwrap());
    let poster = item["Renditions"]["web"]["Poster"].as_str().unwrap();
    let of_poster = poster.strip_prefix(&made(1, "")).unwrap();
    let lost = [made(9, ".mp4"), made(9, of_poster)];
    let other = made(99, ".mp4");
    for key in lost.iter().chain([&other]) {
        stack.put(&stack.info.renditions_bucket, key, None, &clip);
    }

    let since = logs::now();
    let dispositions = stack.dispositions(
        "on_job",
        &stack.send_to_on_job(&stack.completed(&item, 9)),
        since,
        1,
    );
    assert_eq!(dispositions[0]["disposition"], "done", "{dispositions:?}");
    assert!(!lost.iter().any(|key| stack.has_rendition(key)));
    assert!(stack.has_rendition(rendition) && stack.has_rendition(&other));
    assert_eq!(ann.item().unwrap(), item);
}
