//! Multipart uploads. Only a client with the upload's token can resume an upload.

use serde_json::json;
use tests::Stack;
use tests::media::{LARGE_BYTES, Sample};
use tests::multipart::{UploadClient, put};
use tests::respondent::Respondent;

/// Requests a multipart upload.
fn request_multipart<'a>(stack: &'a Stack, who: &Respondent<'_>, size: u64) -> UploadClient<'a> {
    let body = json!({"email": who.email, "content_type": "video/mp4", "size": size, "method": "multipart"});
    let issued = stack.api_post(None, &who.responses(), &body).expect(201).json();
    assert_eq!(issued["upload"]["method"], "multipart", "{issued}");
    UploadClient::of(stack, who, &issued["upload"])
}

#[test]
fn multipart_upload_is_resumed() {
    let stack = Stack::shared();
    let ann = stack.respondent();
    let file = stack.sample(Sample::Large);
    let upload = request_multipart(&stack, &ann, LARGE_BYTES);
    assert_eq!(upload.count(), LARGE_BYTES.div_ceil(16 * 1024 * 1024));
    assert_eq!(
        upload.call("GET", "").expect(200).json()["status"],
        "awaiting-upload"
    );

    upload.send(&file, &[1, 3]);
    let problem = upload.call("POST", "/complete").expect_problem(409);
    assert!(
        problem["detail"].as_str().unwrap().contains("part 2, 4"),
        "{problem}"
    );

    // The tab is closed. The front end has kept only the path and the token.
    assert_eq!(upload.arrived(), [1, 3]);
    let missing: Vec<u64> = (1..=upload.count())
        .filter(|number| ![1, 3].contains(number))
        .collect();
    upload.send(&file, &missing);
    assert_eq!(
        upload.call("POST", "/complete").expect(200).json()["status"],
        "uploaded"
    );
    assert_eq!(
        upload.call("POST", "/complete").expect(200).json()["status"],
        "uploaded",
        "the status must not change"
    );

    let ready = ann.until("ready");
    assert_eq!(
        (&ready["upload"]["size"], &ready["upload"]["take"]),
        (&LARGE_BYTES.into(), &upload.instructions["take"])
    );
    assert_eq!(upload.call("GET", "").expect(200).json()["status"], "ready");
    upload.call("GET", "/parts").expect_problem(409);
    stack.remove_upload(ready["upload"]["key"].as_str().unwrap());
}

#[test]
fn part_of_another_size_is_refused() {
    let stack = Stack::shared();
    let ann = stack.respondent();
    let upload = request_multipart(&stack, &ann, LARGE_BYTES);
    let signed = upload.sign(&[1]).expect(200).json();
    let url = signed["parts"][0]["url"].as_str().unwrap();
    let refused = put(url, vec![0; 5 * 1024 * 1024]);
    assert_eq!(refused.status, 403, "{}", refused.text());
    let other = url.replace("partNumber=1", "partNumber=2");
    assert_ne!(other, url);
    let size = usize::try_from(signed["parts"][0]["size"].as_u64().unwrap()).unwrap();
    assert_eq!(put(&other, vec![0; size]).status, 403);
    assert_eq!(upload.arrived(), Vec::<u64>::new());
    for numbers in [vec![], vec![0], vec![upload.count() + 1], vec![1; 101]] {
        assert_eq!(
            upload.sign(&numbers).expect_problem(400)["field"],
            "numbers",
            "{numbers:?}"
        );
    }
    upload.call("DELETE", "").expect(204);
}

#[test]
fn canceled_upload_leaves_no_parts() {
    let stack = Stack::shared();
    let ann = stack.respondent();
    let upload = request_multipart(&stack, &ann, LARGE_BYTES);
    upload.send(&stack.sample(Sample::Large), &[1]);
    let folder = format!("{}/{}/", ann.project, ann.step);
    let take = upload.instructions["take"].as_str().unwrap();
    assert_eq!(stack.unfinished_uploads(&folder, take), 1);
    upload.call("DELETE", "").expect(204);
    upload.call("DELETE", "").expect(204);
    assert_eq!(stack.unfinished_uploads(&folder, take), 0);
    upload.call("POST", "/complete").expect_problem(409);
    upload.call("GET", "/parts").expect_problem(409);
    assert_eq!(ann.response()["status"], "expired");
    let item = ann.item().unwrap();
    assert!(
        item["ExpiresAt"].is_number() && item.get("DueAt").is_none(),
        "{item:#}"
    );
}

#[test]
fn upload_token_is_valid_for_one_upload() {
    let stack = Stack::shared();
    let (ann, bob) = (stack.respondent(), stack.respondent());
    let clip = stack.sample(Sample::Clip);
    let of = |who: &Respondent<'_>| {
        UploadClient::of(
            &stack,
            who,
            &who.request_upload(None, &clip).expect(201).json()["upload"],
        )
    };
    let (mine, again, theirs) = (of(&ann), of(&ann), of(&bob));
    for upload in [&mine, &again, &theirs] {
        upload.call("GET", "").expect(200);
    }
    let mut changed = mine.token.clone();
    changed.replace_range(20..21, if changed.as_bytes()[20] == b'A' { "B" } else { "A" });
    let owner = format!("Bearer {}", stack.info.token);
    for (what, headers) in [
        (
            "of another respondent",
            vec![("upload-token", theirs.token.as_str())],
        ),
        ("of another take", vec![("upload-token", again.token.as_str())]),
        ("changed", vec![("upload-token", changed.as_str())]),
        ("none", vec![]),
        ("an owner's", vec![("authorization", owner.as_str())]),
    ] {
        for (method, more) in [
            ("GET", ""),
            ("DELETE", ""),
            ("GET", "/parts"),
            ("POST", "/complete"),
        ] {
            let answer = stack.api(method, &format!("{}{more}", mine.path), &headers, "");
            assert_eq!(
                answer.expect_problem(403)["type"],
                "urn:video-responses:problem:invalid-upload-token",
                "{what}"
            );
        }
    }
    // An upload token is not accepted as an owner's token.
    assert_eq!(stack.api_get(Some(&mine.token), &ann.path()).status, 401);
    let elsewhere = mine.path.replace("/steps/0/", "/steps/1/");
    stack
        .api("GET", &elsewhere, &[("upload-token", &mine.token)], "")
        .expect_problem(403);
}

#[test]
fn superseded_take_does_not_reveal_other_takes() {
    let stack = Stack::shared();
    let ann = stack.respondent();
    let clip = stack.sample(Sample::Clip);
    let first = UploadClient::of(
        &stack,
        &ann,
        &ann.request_upload(None, &clip).expect(201).json()["upload"],
    );
    let second = ann.request_upload(None, &clip).expect(201).json()["upload"].clone();
    tests::form::Form::of(&second).post(&clip).expect(204);
    ann.until("ready");
    assert_eq!(first.call("GET", "").expect(200).json()["status"], "superseded");
    assert_eq!(
        UploadClient::of(&stack, &ann, &second)
            .call("GET", "")
            .expect(200)
            .json()["status"],
        "ready"
    );
    // The take was requested as a single post, so it has no parts.
    let problem = first.call("GET", "/parts").expect_problem(409);
    assert_eq!(problem["type"], "urn:video-responses:problem:not-in-parts");
}

#[test]
fn size_outside_the_methods_limits_is_refused() {
    let stack = Stack::shared();
    let ann = stack.respondent();
    for (method, size, says) in [
        ("multipart", 100_000_000_u64, "\"method\": \"post\""),
        ("multipart", u64::MAX, "in parts"),
        ("post", 0, "1 to"),
        ("post", u64::MAX, "1 to"),
    ] {
        let body = json!({"email": ann.email, "content_type": "video/mp4", "size": size, "method": method});
        let problem = stack.api_post(None, &ann.responses(), &body).expect_problem(400);
        assert_eq!(problem["field"], "size", "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains(says), "{problem}");
    }
    assert_eq!(ann.item(), None);
}
