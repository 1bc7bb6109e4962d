//! What the parsers make of each payload.

use model::Failure;
use model::notification::{parse_job, s3};
use model::transcode::{JobReport, JobState};

use crate::{payload, payloads};

const KEY: &str = "demo/0/47fbd3b6a2bd1bd3e7d5/018bcfe5-6800-7001-8101-010101010101.mp4";

/// The key and the version of a created object.
type Created<'a> = (&'a str, Option<&'a str>);

/// Returns the created objects of an S3 message, as keys and versions.
fn created(name: &str) -> Vec<(String, Option<String>)> {
    let records = s3::parse(&payload(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let created = records.into_iter().map(|record| {
        let object = record.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(object.bucket, "uploads", "{name}");
        assert!(object.at.is_some(), "{name} has a time");
        (object.key, object.version)
    });
    created.collect()
}

#[test]
fn s3_messages_yield_their_created_objects() {
    let other_step = KEY.replace("demo/0", "demo/1");
    let bridge = (KEY, Some("IYV3p45BT0ac8hjHg1houSdS1a.Mro8e"));
    let expected: [(&str, &[Created<'_>]); 17] = [
        ("s3-2.0-put", &[(KEY, None)]),
        ("s3-2.1-post", &[(KEY, Some("096fKKXTRTtl3on89fVO.nfljtsv6qko"))]),
        (
            "s3-2.2-copy",
            &[("demo/0/Größe + Farbe (1).mov", Some("4Yk0v5Ev3Jw2"))],
        ),
        ("s3-2.3-multipart", &[(KEY, Some("Qn1J_8Yh"))]),
        ("s3-2.4-put", &[(KEY, Some("null"))]),
        ("s3-2.5-removed", &[]),
        (
            "s3-2.6-two-records",
            &[(KEY, Some("first")), (&other_step, Some("second"))],
        ),
        ("s3-test-event", &[]),
        (
            "s3-eventbridge-created",
            &[(
                "demo/0/Größe + Farbe.mov",
                Some("IYV3p45BT0ac8hjHg1houSdS1a.Mro8e"),
            )],
        ),
        ("s3-eventbridge-post", &[bridge]),
        ("s3-eventbridge-copy", &[bridge]),
        ("s3-eventbridge-multipart", &[bridge]),
        ("s3-eventbridge-unversioned", &[(KEY, None)]),
        ("s3-eventbridge-deleted", &[]),
        ("s3-eventbridge-expired", &[]),
        ("s3-eventbridge-permanently-deleted", &[]),
        (
            "sns-s3-2.1-post",
            &[(KEY, Some("096fKKXTRTtl3on89fVO.nfljtsv6qko"))],
        ),
    ];
    for (name, objects) in expected {
        let found = created(name);
        let found: Vec<_> = found
            .iter()
            .map(|(key, version)| (key.as_str(), version.as_deref()))
            .collect();
        assert_eq!(found, objects, "{name}");
    }
    let untested = payloads()
        .map(|(_, name)| name)
        .filter(|name| name.contains("s3-") && !expected.iter().any(|(tested, _)| tested == name));
    assert_eq!(untested.collect::<Vec<_>>(), Vec::<&str>::new());
}

/// The state that a payload reports.
#[derive(Clone, Copy)]
enum Reported {
    Progress,
    Complete,
    Failure,
}

const JOBS: [(&str, Reported); 18] = [
    ("elastic-transcoder-progressing", Reported::Progress),
    ("elastic-transcoder-warning", Reported::Progress),
    ("elastic-transcoder-completed", Reported::Complete),
    ("elastic-transcoder-playlists", Reported::Complete),
    ("elastic-transcoder-error", Reported::Failure),
    ("elastic-transcoder-error-minimal", Reported::Failure),
    ("sns-all-fields", Reported::Progress),
    ("sns-without-subject", Reported::Complete),
    ("sns-elastic-transcoder-completed", Reported::Complete),
    ("sns-raw-elastic-transcoder-completed", Reported::Complete),
    ("media-convert-complete", Reported::Complete),
    ("media-convert-error", Reported::Failure),
    ("media-convert-canceled", Reported::Failure),
    ("media-convert-progressing", Reported::Progress),
    ("media-convert-status-update", Reported::Progress),
    ("media-convert-input-information", Reported::Progress),
    ("media-convert-new-warning", Reported::Progress),
    ("media-convert-queue-hop", Reported::Progress),
];

#[test]
fn job_events_are_reports() {
    for (name, expected) in JOBS {
        let report = parse_job(&payload(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let is_media_convert = report.job_id == "1715938200000-abcdef";
        assert!(
            is_media_convert || report.job_id == "1353713300000-abcdef",
            "{name}: {}",
            report.job_id
        );
        assert_eq!(report.input_key, KEY, "{name}");
        assert_eq!(
            (report.tag.attempt, report.tag.version.as_deref()),
            (2, Some("v1")),
            "{name}"
        );
        match (expected, &report.state) {
            (Reported::Progress, JobState::Progressing) => {}
            (Reported::Complete, JobState::Complete(_)) => check_rendition(name, &report, is_media_convert),
            (Reported::Failure, JobState::Failed(failure)) => {
                assert_eq!(*failure, failure_of(name), "{name}")
            }
            (_, state) => panic!("{name} became {state:?}"),
        }
    }
    let untested = payloads()
        .map(|(_, name)| name)
        .filter(|name| !name.contains("s3-") && !JOBS.iter().any(|(tested, _)| tested == name));
    assert_eq!(untested.collect::<Vec<_>>(), Vec::<&str>::new());
}

fn check_rendition(payload: &str, report: &JobReport, is_media_convert: bool) {
    let JobState::Complete(rendition) = &report.state else {
        panic!("{payload} is complete");
    };
    let name = "output/web/demo/0/47fbd3b6a2bd1bd3e7d5/018bcfe5-6800-7001-8101-010101010101-2";
    let (poster, duration) = if is_media_convert {
        (format!("{name}-poster.0000000.jpg"), 10_020)
    } else {
        (format!("{name}-00001.png"), 10_000)
    };
    assert_eq!(rendition.key, format!("{name}.mp4"), "{payload}");
    assert_eq!(rendition.poster, Some(poster), "{payload}");
    assert_eq!(
        (rendition.width, rendition.height),
        (Some(1280), Some(720)),
        "{payload}"
    );
    assert_eq!(rendition.duration, Some(duration), "{payload}");
}

fn failure_of(payload: &str) -> Failure {
    match payload {
        "elastic-transcoder-error" => {
            Failure::of_elastic_transcoder(Some("4000"), Some("4000 8f8e: the input is not a media file"))
        }
        "elastic-transcoder-error-minimal" => Failure::of_elastic_transcoder(Some("4000"), None),
        "media-convert-error" => Failure::of_media_convert(Some("1040"), Some("Example error message")),
        "media-convert-canceled" => Failure::canceled(),
        other => panic!("{other} reports no failure"),
    }
}

#[test]
fn decoded_frames_are_reported() {
    let report = parse_job(&payload("media-convert-status-update")).unwrap();
    assert_eq!(report.frames_decoded, Some(353));
}
