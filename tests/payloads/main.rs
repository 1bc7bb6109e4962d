//! AWS's messages as it documents them (`README.md` has their sources), parsed by `model` and validated against the published
//! schemas.

mod members;
mod results;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tests::schema;

/// The payloads of each message.
const PAYLOADS: [(&str, &[&str]); 6] = [
    (
        "s3-notification",
        &[
            "s3-2.0-put",
            "s3-2.1-post",
            "s3-2.2-copy",
            "s3-2.3-multipart",
            "s3-2.4-put",
            "s3-2.5-removed",
            "s3-2.6-two-records",
        ],
    ),
    (
        "s3-eventbridge",
        &[
            "s3-eventbridge-created",
            "s3-eventbridge-post",
            "s3-eventbridge-copy",
            "s3-eventbridge-multipart",
            "s3-eventbridge-unversioned",
            "s3-eventbridge-deleted",
            "s3-eventbridge-expired",
            "s3-eventbridge-permanently-deleted",
        ],
    ),
    ("s3-test-event", &["s3-test-event"]),
    (
        "sns-notification",
        &[
            "sns-all-fields",
            "sns-without-subject",
            "sns-elastic-transcoder-completed",
            "sns-s3-2.1-post",
        ],
    ),
    (
        "elastic-transcoder-notification",
        &[
            "elastic-transcoder-progressing",
            "elastic-transcoder-warning",
            "elastic-transcoder-completed",
            "elastic-transcoder-playlists",
            "elastic-transcoder-error",
            "elastic-transcoder-error-minimal",
            "sns-raw-elastic-transcoder-completed",
        ],
    ),
    (
        "media-convert-event",
        &[
            "media-convert-complete",
            "media-convert-error",
            "media-convert-canceled",
            "media-convert-progressing",
            "media-convert-status-update",
            "media-convert-input-information",
            "media-convert-new-warning",
            "media-convert-queue-hop",
        ],
    ),
];

/// Returns all payloads with the documents to which they conform.
fn payloads() -> impl Iterator<Item = (&'static str, &'static str)> {
    PAYLOADS
        .into_iter()
        .flat_map(|(document, names)| names.iter().map(move |name| (document, *name)))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("payloads")
}

/// Returns the text of a payload.
fn payload(name: &str) -> String {
    let path = folder().join(format!("{name}.json"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns a payload as a value.
fn value(name: &str) -> Value {
    serde_json::from_str(&payload(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_payload_is_listed() {
    let files = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let found: BTreeSet<String> = files
        .filter_map(|name| Some(name.strip_suffix(".json")?.to_owned()))
        .collect();
    assert_eq!(found, payloads().map(|(_, name)| name.to_owned()).collect());
}

#[test]
fn every_payload_has_its_source() {
    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    for (_, name) in payloads() {
        assert!(
            readme.contains(&format!("| `{name}` |")),
            "README.md must have a row of {name}"
        );
    }
}

#[test]
fn every_payload_conforms_to_its_schema() {
    for (document, name) in payloads() {
        schema::check(&format!("{document}.json"), &value(name));
    }
}

#[test]
fn enveloped_messages_conform_to_their_schemas() {
    for (document, name) in [
        ("elastic-transcoder-notification", "sns-all-fields"),
        ("media-convert-event", "sns-without-subject"),
        (
            "elastic-transcoder-notification",
            "sns-elastic-transcoder-completed",
        ),
        ("s3-notification", "sns-s3-2.1-post"),
    ] {
        let message = value(name)["Message"].as_str().unwrap().to_owned();
        schema::check(
            &format!("{document}.json"),
            &serde_json::from_str(&message).unwrap(),
        );
    }
}
