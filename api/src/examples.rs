//! Examples for `openapi.json`. A test validates each against its schema.

use serde_json::{Value, json};

/// A take of 2026-01-01.
const TAKE: &str = "019b76da-a800-7000-8000-000000000000";

const AT: &str = "2026-01-01T00:00:00.000Z";
const UNTIL: &str = "2026-01-01T01:00:00.000Z";
const TOKEN: &str = "mYr2…";

/// The key of an upload, with BLAKE2b of ann@example.com in it.
const KEY: &str = "demo/0/bdc9b4b08dfec1038783/019b76da-a800-7000-8000-000000000000.mp4";

pub fn upload_request() -> Value {
    json!({"email": "ann@example.com", "content_type": "video/mp4", "size": 1_048_576})
}

pub fn upload_issued() -> Value {
    json!({
        "response": {
            "project": "demo",
            "step": 0,
            "email": "ann@example.com",
            "status": "awaiting-upload",
            "created_at": AT,
            "updated_at": AT,
        },
        "upload": {
            "method": "post",
            "url": "https://responses-uploads-123456789012.s3.eu-west-1.amazonaws.com/",
            "fields": {"key": KEY, "Content-Type": "video/mp4", "policy": "…", "x-amz-signature": "…"},
            "max_bytes": 1_048_576,
            "take": TAKE,
            "expires_at": UNTIL,
            "token": TOKEN,
        },
    })
}

pub fn upload_state() -> Value {
    json!({"take": TAKE, "status": "uploaded", "expires_at": UNTIL})
}

/// The state while S3 has not confirmed the completion.
pub fn pending_upload() -> Value {
    json!({"take": TAKE, "status": "awaiting-upload", "expires_at": UNTIL})
}

pub fn parts() -> Value {
    json!({"part_size": 16_777_216, "count": 8, "parts": [{"number": 1, "size": 16_777_216}]})
}

pub fn signed_parts() -> Value {
    let url = "https://responses-uploads-123456789012.s3.eu-west-1.amazonaws.com/…?partNumber=2&uploadId=…";
    json!({"parts": [{"number": 2, "size": 16_777_216, "url": url}], "expires_at": UNTIL})
}

pub fn response() -> Value {
    json!({
        "project": "demo",
        "step": 0,
        "email": "ann@example.com",
        "status": "ready",
        "created_at": AT,
        "updated_at": AT,
        "upload": {"key": KEY, "take": TAKE, "size": 1_048_576, "uploaded_at": AT},
        "playback": {
            "url": "https://responses-renditions-123456789012.s3.eu-west-1.amazonaws.com/…",
            "poster_url": "https://responses-renditions-123456789012.s3.eu-west-1.amazonaws.com/…",
            "expires_at": UNTIL,
            "width": 1280,
            "height": 720,
            "duration_ms": 10_000,
        },
    })
}

pub fn page() -> Value {
    let mut response = response();
    if let Some(members) = response.as_object_mut() {
        members.remove("playback");
    }
    json!({"responses": [response], "cursor": "q1Zx…"})
}

pub fn deletion_receipt() -> Value {
    json!({"project": "demo", "step": 0, "email": "ann@example.com", "status": "deleting", "requested_at": AT})
}

pub fn erasure_receipt() -> Value {
    json!({"requested_at": AT, "accepted": [{"project": "demo", "step": 0}], "remaining": 1})
}

pub fn presigned_post() -> Value {
    let issued = upload_issued();
    json!({"url": issued["upload"]["url"], "fields": issued["upload"]["fields"]})
}

pub fn videos() -> Value {
    json!([{"ProjectStep": "demo-0", "Mail": "ann@example.com", "video": KEY}])
}
