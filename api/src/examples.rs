//! Examples for `openapi.json` and the schemas. A test validates each against its schema.

use serde_json::{Value, json};

/// A take of 2026-01-01.
const TAKE: &str = "019b76da-a800-7000-8000-000000000000";

const AT: &str = "2026-01-01T00:00:00.000Z";
const UNTIL: &str = "2026-01-01T01:00:00.000Z";
const TOKEN: &str = "mYr2Vd3nQm1xVwz0kq4T";

/// The key of an upload, with BLAKE2b of ann@example.com in it.
const KEY: &str = "demo/0/bdc9b4b08dfec1038783/019b76da-a800-7000-8000-000000000000.mp4";

const UPLOADS: &str = "https://responses-uploads-123456789012.s3.eu-west-1.amazonaws.com/";
const RENDITIONS: &str = "https://responses-renditions-123456789012.s3.eu-west-1.amazonaws.com/output/web/demo/0/bdc9b4b08dfec1038783/019b76da-a800-7000-8000-000000000000";

/// The size of one part of an upload in parts, and of the whole upload.
const PART: u64 = 16_777_216;
const LARGE: u64 = 120_000_000;

type Named = Vec<(&'static str, Value)>;

pub fn upload_requests() -> Named {
    let email = "ann@example.com";
    vec![
        (
            "post",
            json!({"email": email, "content_type": "video/mp4", "size": 1_048_576}),
        ),
        (
            "multipart",
            json!({"email": email, "content_type": "video/webm;codecs=vp9", "size": LARGE, "method": "multipart"}),
        ),
    ]
}

pub fn issued_uploads() -> Named {
    let response = json!({
        "project": "demo", "step": 0, "email": "ann@example.com", "status": "awaiting-upload", "created_at": AT,
        "updated_at": AT,
    });
    upload_instructions()
        .into_iter()
        .map(|(name, upload)| (name, json!({"response": response, "upload": upload})))
        .collect()
}

/// The instructions for an upload, one for each method.
pub fn upload_instructions() -> Named {
    vec![
        (
            "post",
            json!({
                "method": "post",
                "url": UPLOADS,
                "fields": {
                    "key": KEY,
                    "Content-Type": "video/mp4",
                    "policy": "eyJleHBpcmF0aW9uIjoiMjAyNi0wMS0wMVQwMTowMDowMFoifQ==",
                    "x-amz-signature": "9c1f3f0e",
                },
                "max_bytes": 1_048_576,
                "take": TAKE,
                "expires_at": UNTIL,
                "token": TOKEN,
            }),
        ),
        (
            "multipart",
            json!({
                "method": "multipart",
                "part_size": PART,
                "parts": LARGE.div_ceil(PART),
                "take": TAKE,
                "expires_at": UNTIL,
                "token": TOKEN,
            }),
        ),
    ]
}

pub fn upload_states() -> Named {
    let failure =
        json!({"code": "no-video-stream", "message": "The file has no video. Record the answer again."});
    vec![
        (
            "ready",
            json!({"take": TAKE, "status": "ready", "expires_at": UNTIL}),
        ),
        (
            "failed",
            json!({"take": TAKE, "status": "failed", "expires_at": UNTIL, "failure": failure}),
        ),
    ]
}

pub fn completed_upload() -> Named {
    vec![(
        "uploaded",
        json!({"take": TAKE, "status": "uploaded", "expires_at": UNTIL}),
    )]
}

/// The state while S3 has not confirmed the completion.
pub fn pending_upload() -> Named {
    vec![(
        "pending",
        json!({"take": TAKE, "status": "awaiting-upload", "expires_at": UNTIL}),
    )]
}

pub fn arrived_parts() -> Named {
    vec![(
        "interrupted",
        json!({"part_size": PART, "count": LARGE.div_ceil(PART), "parts": [{"number": 1, "size": PART}]}),
    )]
}

pub fn parts_request() -> Named {
    vec![("two", json!({"numbers": [1, 2]}))]
}

pub fn signed_parts() -> Named {
    let part = |number: u32| {
        let url = format!("{UPLOADS}{KEY}?partNumber={number}&uploadId=VXBsb2Fk&X-Amz-Signature=9c1f3f0e");
        json!({"number": number, "size": PART, "url": url})
    };
    vec![("two", json!({"parts": [part(1), part(2)], "expires_at": UNTIL}))]
}

/// A response that can be played, one that failed, and one of the Chalice project.
pub fn shown_responses() -> Named {
    let (mut ready, mut failed) = (response("ready"), response("failed"));
    ready["playback"] = json!({
        "url": format!("{RENDITIONS}-1.mp4?X-Amz-Signature=9c1f3f0e"),
        "poster_url": format!("{RENDITIONS}-1-00001.png?X-Amz-Signature=9c1f3f0e"),
        "expires_at": UNTIL,
        "width": 1280,
        "height": 720,
        "duration_ms": 10_000,
    });
    failed["failure"] = json!({
        "code": "unreadable",
        "message": "The file is damaged, or its format cannot be read.",
        "engine": {"code": "4000", "message": "the input is no video"},
    });
    vec![
        ("ready", ready),
        ("failed", failed),
        (
            "chalice",
            json!({
                "project": "demo", "step": 1, "email": "ann@example.com", "status": "uploaded",
                "upload": {"key": "demo/1/bdc9b4b08dfec1038783.webm"},
            }),
        ),
    ]
}

pub fn retried_response() -> Named {
    vec![("uploaded", response("uploaded"))]
}

fn response(status: &str) -> Value {
    json!({
        "project": "demo",
        "step": 0,
        "email": "ann@example.com",
        "status": status,
        "created_at": AT,
        "updated_at": AT,
        "upload": {"key": KEY, "take": TAKE, "size": 1_048_576, "uploaded_at": AT},
    })
}

pub fn pages() -> Named {
    vec![
        (
            "first",
            json!({"responses": [response("ready")], "cursor": "q1Zx7Lk2TtY5v0"}),
        ),
        ("last", json!({"responses": [response("transcoding")]})),
    ]
}

pub fn deletion_receipt() -> Named {
    vec![(
        "deleting",
        json!({"project": "demo", "step": 0, "email": "ann@example.com", "status": "deleting", "requested_at": AT}),
    )]
}

pub fn erasure_receipt() -> Named {
    vec![(
        "begun",
        json!({"requested_at": AT, "accepted": [{"project": "demo", "step": 0}], "remaining": 1}),
    )]
}

pub fn presigned_post() -> Named {
    let issued = upload_instructions().into_iter().take(1);
    issued
        .map(|(name, upload)| (name, json!({"url": upload["url"], "fields": upload["fields"]})))
        .collect()
}

pub fn videos() -> Named {
    vec![(
        "one",
        json!([{"ProjectStep": "demo-0", "Mail": "ann@example.com", "video": KEY}]),
    )]
}
