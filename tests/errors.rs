//! The classification of every error that AWS's service models define for the operations that the functions call.

use std::fmt::Write;

use aws::error::{AwsErrorKind, meaning};
use serde::Deserialize;
use serde_json::json;
use tests::python;

/// An error of an operation, as the service model defines it.
#[derive(Debug, Deserialize)]
struct ModelError {
    service: String,
    operation: String,
    code: String,
    status: u16,
}

fn errors() -> Vec<ModelError> {
    let operations = json!({
        "dynamodb": ["GetItem", "UpdateItem", "DeleteItem", "Query"],
        "elastictranscoder": ["CreateJob", "CancelJob", "ReadJob"],
        "mediaconvert": ["CreateJob", "CancelJob", "GetJob", "Probe"],
        "s3": [
            "AbortMultipartUpload", "CompleteMultipartUpload", "CreateMultipartUpload", "DeleteObject", "GetObject",
            "HeadBucket", "HeadObject", "ListMultipartUploads", "ListObjectVersions", "ListObjectsV2", "ListParts", "UploadPart",
        ],
        "sqs": ["SendMessage"],
        "ssm": ["GetParameter"],
    });
    serde_json::from_str(&python::run("errors.py", &operations)).expect("errors.py prints a list of errors")
}

#[test]
fn service_errors_have_these_kinds() {
    let mut table = String::new();
    for ModelError {
        service,
        operation,
        code,
        status,
    } in errors()
    {
        let kind = meaning(Some(status), Some(&code));
        writeln!(table, "{service} {operation} {status} {code}: {kind:?}")
            .expect("writing to a string succeeds");
    }
    insta::assert_snapshot!(table);
}

#[test]
fn throttling_faults_and_refusals_are_distinguished() {
    let errors = errors();
    assert!(errors.len() > 60, "{}", errors.len());
    for error in errors {
        let kind = meaning(Some(error.status), Some(&error.code));
        let says = |words: &[&str]| words.iter().any(|word| error.code.contains(word));
        if error.status == 429
            || says(&[
                "Throttl",
                "TooManyRequests",
                "ThroughputExceeded",
                "RequestLimitExceeded",
            ])
        {
            assert_eq!(kind, AwsErrorKind::Throttled, "{error:?}");
        } else if error.status >= 500 || error.code.starts_with("Internal") {
            assert_eq!(kind, AwsErrorKind::Unknown, "{error:?}");
        } else {
            assert!(
                matches!(
                    kind,
                    AwsErrorKind::Refused | AwsErrorKind::Configuration | AwsErrorKind::Throttled
                ),
                "{error:?}: {kind:?}"
            );
        }
    }
}
