//! The API as boto3 speaks it, and as botocore reads its answers.

use serde_json::json;
use tests::media::Sample;
use tests::{Stack, python, unique};

use crate::workshop::Workshop;

#[test]
fn boto3_is_at_home() {
    let stack = Stack::get();
    let workshop = Workshop::new(&stack);
    let (input, garbage) = (workshop.put(Sample::Clip), workshop.put(Sample::Text));
    let said = python::run(
        "transcoder.py",
        &json!({
            "stack": stack.facts, "name": unique("boto3"), "folder": workshop.folder, "input": input, "garbage": garbage,
        }),
    );
    assert_eq!(said.trim(), "as documented");
}
