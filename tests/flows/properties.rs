//! Requests that nobody thought of, made from the published description.

use serde_json::{Value, json};
use tests::media::{LARGE, Sample};
use tests::{Stack, python};

#[test]
fn requests_made_from_the_description_find_no_5xx_and_nothing_undescribed() {
    let stack = Stack::get();
    let (ann, bob) = (stack.respondent(), stack.respondent());
    let in_parts =
        json!({"email": bob.email, "content_type": "video/mp4", "size": LARGE, "method": "multipart"});
    let in_parts = stack
        .api_post(None, &bob.responses(), &in_parts)
        .expect(201)
        .json();
    let in_one_post = ann.ask(None, &stack.sample(Sample::Clip)).expect(201).json();
    let upload = |asked: &Value| {
        let (response, upload) = (&asked["response"], &asked["upload"]);
        json!({
            "project": response["project"], "step": response["step"], "take": upload["take"], "token": upload["token"],
        })
    };
    let said = python::run(
        "properties.py",
        &json!({
            "api_url": stack.facts.api_url, "token": stack.facts.token,
            "uploads": [upload(&in_one_post), upload(&in_parts)],
        }),
    );
    assert!(said.contains("No issues found"), "{said}");
}
