//! Jobs for tests.

use std::collections::BTreeMap;

use serde_json::Value;

use super::job::{JobStatus, Timing, TranscodeJob};

/// Returns a submitted job of an API without an adapter.
pub fn job(id: &str) -> TranscodeJob {
    TranscodeJob {
        id: id.into(),
        arn: format!("arn:aws:test:us-east-1:000000000000:jobs/{id}"),
        api: "test".into(),
        request: Value::Null,
        queue: "queue".into(),
        input_key: "raw/a".into(),
        outputs: 1,
        progress_interval: None,
        user_metadata: BTreeMap::from([("take".into(), "0".into())]),
        status: JobStatus::Submitted,
        timing: Timing::submitted(),
        input: None,
        outcomes: Vec::new(),
    }
}
