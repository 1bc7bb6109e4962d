//! Property test: requests generated from the published description.

use serde_json::{Value, json};
use tests::media::{LARGE_BYTES, Sample};
use tests::{Stack, python};

#[test]
fn generated_requests_get_described_answers() {
    let stack = Stack::shared();
    let (ann, bob) = (stack.respondent(), stack.respondent());
    let in_parts =
        json!({"email": bob.email, "content_type": "video/mp4", "size": LARGE_BYTES, "method": "multipart"});
    let in_parts = stack
        .api_post(None, &bob.responses(), &in_parts)
        .expect(201)
        .json();
    let in_one_post = ann
        .request_upload(None, &stack.sample(Sample::Clip))
        .expect(201)
        .json();
    let upload = |issued: &Value| {
        let (response, upload) = (&issued["response"], &issued["upload"]);
        json!({
            "project": response["project"], "step": response["step"], "take": upload["take"], "token": upload["token"],
        })
    };
    let said = python::run(
        "properties.py",
        &json!({
            "api_url": stack.info.api_url, "token": stack.info.token,
            "uploads": [upload(&in_one_post), upload(&in_parts)],
        }),
    );
    assert!(said.contains("No issues found"), "{said}");
}
