//! AWS's messages, parsed by `model` and validated against the published schemas.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use model::Failure;
use model::notification::{elastic_transcoder, s3};
use model::transcode::JobState;
use serde_json::Value;
use tests::schema;

const KEY: &str = "demo/0/47fbd3b6a2bd1bd3e7d5/018bcfe5-6800-7001-8101-010101010101.mp4";

/// Every S3 message with its schema, and the keys and versions that the parser must find.
type Seen = (
    &'static str,
    &'static str,
    &'static [(&'static str, Option<&'static str>)],
);

const S3: [Seen; 11] = [
    ("s3-2.0-put", "s3-notification", &[(KEY, None)]),
    (
        "s3-2.1-post",
        "s3-notification",
        &[(KEY, Some("096fKKXTRTtl3on89fVO.nfljtsv6qko"))],
    ),
    (
        "s3-2.2-copy",
        "s3-notification",
        &[("demo/0/Größe + Farbe (1).mov", Some("4Yk0v5Ev3Jw2"))],
    ),
    ("s3-2.3-multipart", "s3-notification", &[(KEY, Some("Qn1J_8Yh"))]),
    ("s3-2.4-put", "s3-notification", &[(KEY, Some("null"))]),
    ("s3-2.5-removed", "s3-notification", &[]),
    (
        "s3-2.6-two-records",
        "s3-notification",
        &[
            (KEY, Some("first")),
            (
                "demo/1/47fbd3b6a2bd1bd3e7d5/018bcfe5-6800-7001-8101-010101010101.mp4",
                Some("second"),
            ),
        ],
    ),
    ("s3-test-event", "s3-test-event", &[]),
    (
        "s3-eventbridge-created",
        "s3-eventbridge",
        &[(
            "demo/0/Größe + Farbe.mov",
            Some("IYV3p45BT0ac8hjHg1houSdS1a.Mro8e"),
        )],
    ),
    ("s3-eventbridge-deleted", "s3-eventbridge", &[]),
    // The envelope is SNS's and has no published schema.
    (
        "sns-s3-2.1-post",
        "",
        &[(KEY, Some("096fKKXTRTtl3on89fVO.nfljtsv6qko"))],
    ),
];

const ELASTIC_TRANSCODER: [&str; 5] = [
    "elastic-transcoder-progressing",
    "elastic-transcoder-warning",
    "elastic-transcoder-completed",
    "elastic-transcoder-error",
    "sns-elastic-transcoder-completed",
];

fn payload(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("payloads/{name}.json"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_payload_is_parsed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("payloads");
    let names = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let found: BTreeSet<String> = names
        .filter_map(|name| Some(name.strip_suffix(".json")?.to_owned()))
        .collect();
    let read = S3.iter().map(|(name, ..)| *name).chain(ELASTIC_TRANSCODER);
    assert_eq!(found, read.map(str::to_owned).collect());
}

#[test]
fn s3_notifications_are_parsed() {
    for (name, _, expected) in S3 {
        let created = s3::parse(&payload(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let created: Vec<_> = created
            .into_iter()
            .map(|record| record.unwrap_or_else(|error| panic!("{name}: {error}")))
            .collect();
        let seen: Vec<_> = created
            .iter()
            .map(|object| (object.key.as_str(), object.version.as_deref()))
            .collect();
        assert_eq!(seen, expected, "{name}");
        assert!(created.iter().all(|object| object.bucket == "uploads"), "{name}");
    }
}

#[test]
fn s3_notifications_match_the_published_schemas() {
    for (name, document, _) in S3.into_iter().filter(|(_, document, _)| !document.is_empty()) {
        let message: Value = serde_json::from_str(&payload(name)).unwrap();
        schema::check(&format!("{document}.json"), &message);
    }
}

#[test]
fn elastic_transcoder_notifications_are_parsed() {
    for name in ELASTIC_TRANSCODER {
        let report =
            elastic_transcoder::parse(&payload(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(
            (report.job_id.as_str(), report.input_key.as_str()),
            ("1353713300000-abcdef", KEY),
            "{name}"
        );
        assert_eq!(
            (report.tag.attempt, report.tag.version.as_deref()),
            (2, Some("v1")),
            "{name}"
        );
        match (name, &report.state) {
            ("elastic-transcoder-progressing" | "elastic-transcoder-warning", JobState::Progressing) => {}
            ("elastic-transcoder-error", JobState::Failed(failure)) => {
                let said = Some("4000 8f8e: the input is not a media file");
                assert_eq!(*failure, Failure::of_elastic_transcoder(Some("4000"), said));
            }
            (_, JobState::Complete(rendition)) => {
                let name = "output/web/demo/0/47fbd3b6a2bd1bd3e7d5/018bcfe5-6800-7001-8101-010101010101-2";
                assert_eq!(rendition.key, format!("{name}.mp4"));
                assert_eq!(rendition.poster, Some(format!("{name}-00001.png")));
                assert_eq!((rendition.width, rendition.height), (Some(1280), Some(720)));
                assert_eq!(rendition.duration, Some(10_000));
            }
            (name, state) => panic!("{name} became {state:?}"),
        }
    }
}
