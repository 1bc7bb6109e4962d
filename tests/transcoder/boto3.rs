//! boto3 as a client of the transcoder's APIs.

use serde_json::json;
use tests::media::Sample;
use tests::{Stack, python, unique};

use crate::fixture::PipelineFixture;

#[test]
fn boto3_reads_every_answer() {
    let stack = Stack::shared();
    let fixture = PipelineFixture::new(&stack);
    let (input, garbage) = (fixture.put(Sample::Clip), fixture.put(Sample::Text));
    let said = python::run(
        "transcoder.py",
        &json!({
            "stack": stack.info, "name": unique("boto3"), "folder": fixture.folder, "input": input, "garbage": garbage,
        }),
    );
    assert_eq!(said.trim(), "as documented");
}
