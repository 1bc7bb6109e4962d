//! The AWS calls of an invocation: no more than the work needs. The functions are those beside the benchmark's programs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use bench::cases;
use bench::rounds::Bench;
use bench::stub::{Authority, AwsStub};
use bench::variants::Programs;

/// Each case with the calls of an invocation after the first, which also opens connections.
const EXPECTED: [(&str, &[(&str, usize)]); 7] = [
    (
        "api: request an upload",
        &[("dynamodb GetItem", 1), ("dynamodb UpdateItem", 1)],
    ),
    ("api: show a response", &[("dynamodb GetItem", 1)]),
    ("api: list 20 responses", &[("dynamodb Query", 1)]),
    // The second write records the job's identifier; the item is not read again for it.
    (
        "on_upload: an upload (Elastic Transcoder)",
        &[
            ("dynamodb GetItem", 1),
            ("dynamodb UpdateItem", 2),
            ("elastictranscoder CreateJob", 1),
            ("s3 HeadObject", 1),
        ],
    ),
    // MediaConvert's jobs need the properties of the source.
    (
        "on_upload: an upload (MediaConvert)",
        &[
            ("dynamodb GetItem", 1),
            ("dynamodb UpdateItem", 2),
            ("mediaconvert CreateJob", 1),
            ("mediaconvert Probe", 1),
            ("s3 HeadObject", 1),
        ],
    ),
    (
        "on_job: a finished job",
        &[
            ("dynamodb GetItem", 1),
            ("dynamodb UpdateItem", 1),
            ("s3 HeadObject", 1),
        ],
    ),
    // One for each partition of the index of overdue work.
    ("reconcile: a run without work", &[("dynamodb Query", 24)]),
];

#[test]
fn invocations_make_no_more_calls_than_their_work_needs() {
    let folder = Path::new(env!("CARGO_BIN_EXE_limit")).parent().unwrap();
    for function in ["api", "on_upload", "on_job", "reconcile"] {
        let program = folder.join(function);
        assert!(
            program.exists(),
            "{} is missing: run `cargo build --package api --package ingest`",
            program.display()
        );
    }
    let work = Path::new(env!("CARGO_TARGET_TMPDIR")).join("calls");
    fs::create_dir_all(&work).unwrap();
    let programs = Programs {
        folder: folder.to_owned(),
        python: "python3".into(),
        handlers: work.clone(),
        work,
    };
    let authority = Authority::new().unwrap();
    fs::write(programs.bundle(), authority.bundle()).unwrap();
    let stub = AwsStub::start(&authority, Duration::ZERO).unwrap();
    let bench = Bench {
        programs: &programs,
        stub: &stub,
    };
    let counts: BTreeMap<String, BTreeMap<String, usize>> = cases::all()
        .iter()
        .map(|case| (case.name(), bench.record(case).unwrap().warm))
        .collect();
    let expected = EXPECTED.map(|(case, calls)| {
        let calls = calls.iter().map(|(name, count)| ((*name).to_owned(), *count));
        (case.to_owned(), calls.collect())
    });
    assert_eq!(counts, BTreeMap::from(expected));
}
