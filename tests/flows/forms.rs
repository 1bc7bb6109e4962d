//! A signed form permits one key, one type, one size and one respondent: the store refuses any other upload.

use std::fs;

use tests::Stack;
use tests::form::Form;
use tests::media::Sample;

#[test]
fn changed_form_is_refused() {
    let stack = Stack::shared();
    let ann = stack.respondent();
    let clip = stack.sample(Sample::Clip);
    let form = ann.form(&clip);
    let other_key = form.key().replace("demo/0", "demo/1");
    let elsewhere = Form {
        url: form
            .url
            .replace(&stack.info.uploads_bucket, &stack.info.renditions_bucket),
        ..form.clone()
    };
    assert_ne!(elsewhere.url, form.url);
    for (what, changed) in [
        ("another key", form.with("key", &other_key)),
        ("another type", form.with("Content-Type", "text/html")),
        (
            "another respondent",
            form.with("x-amz-meta-email", "bob@example.com"),
        ),
        (
            "another requester",
            form.with("x-amz-meta-requested-by", "authorized"),
        ),
        ("more metadata", form.with("x-amz-meta-more", "1")),
        ("another access", form.with("acl", "public-read")),
        ("another signature", form.with("x-amz-signature", &"0".repeat(64))),
        ("another bucket", elsewhere),
    ] {
        let answer = changed.post(&clip);
        assert_eq!(answer.status, 403, "{what}: {}", answer.text());
    }
    assert!(!stack.has_upload(form.key()) && !stack.has_upload(&other_key));
    assert!(!stack.has_rendition(form.key()));
    assert_eq!(ann.response()["status"], "awaiting-upload");
    form.post(&clip).expect(204);
    ann.until("ready");
}

#[test]
fn form_accepts_one_size_only() {
    let stack = Stack::shared();
    let ann = stack.respondent();
    let clip = stack.sample(Sample::Clip);
    let form = ann.form(&clip);
    let bytes = fs::read(&clip).unwrap();
    let larger = [bytes.as_slice(), b"x"].concat();
    for (what, bytes, code) in [
        ("larger", larger, "EntityTooLarge"),
        ("smaller", bytes[1..].to_vec(), "EntityTooSmall"),
        ("empty", Vec::new(), "EntityTooSmall"),
    ] {
        let answer = form.post_bytes(bytes);
        assert_eq!(answer.status, 400, "{what}: {}", answer.text());
        assert!(answer.text().contains(code), "{what}: {}", answer.text());
    }
    assert!(!stack.has_upload(form.key()));
}
