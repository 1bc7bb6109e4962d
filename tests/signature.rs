//! The signed form is compared with boto3's form for the same upload.

use aws::objects::presigned_post::{PostPolicy, sign};
use aws::{EnvVars, LambdaContext};
use model::Timestamp;
use serde_json::json;
use tests::python;

const ENDPOINT: &str = "http://127.0.0.1:4566";
const KEYS: (&str, &str) = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
const NOW: &str = "2024-05-17T23:59:59.000Z";
const EXPIRES_IN: i64 = 3600;

#[test]
fn form_signature_matches_boto3() {
    for session_token in [None, Some("FwoGZXIvYXdzEXAMPLE//token==")] {
        let environment = EnvVars::from([
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", KEYS.0),
            ("AWS_SECRET_ACCESS_KEY", KEYS.1),
            ("AWS_SESSION_TOKEN", session_token.unwrap_or_default()),
            ("AWS_ENDPOINT_URL", ENDPOINT),
        ]);
        let now: Timestamp = NOW.parse().unwrap();
        let upload = PostPolicy {
            bucket: "uploads",
            key: "demo/0/47fbd3b6a2bd1bd3e7d5/018bcfe5-6800-7001-8101-010101010101.mp4",
            content_type: "video/mp4",
            metadata: &[("email", "ann+tag@example.com"), ("requested-by", "anonymous")],
            size: 1..=2_147_483_648,
            until: now.plus_seconds(EXPIRES_IN),
        };
        let form = sign(&LambdaContext::new(&environment).unwrap(), &upload, now);
        let same = python::run(
            "signature.py",
            &json!({
                "form": {"url": form.url, "fields": form.fields},
                "endpoint": ENDPOINT,
                "region": "eu-west-1",
                "access_key_id": KEYS.0,
                "secret_access_key": KEYS.1,
                "session_token": session_token,
                "now": NOW,
                "expires_in": EXPIRES_IN,
                "bucket": upload.bucket,
                "key": upload.key,
                "size": [upload.size.start(), upload.size.end()],
                "fields": {
                    "Content-Type": upload.content_type,
                    "success_action_status": "204",
                    "x-amz-meta-email": "ann+tag@example.com",
                    "x-amz-meta-requested-by": "anonymous",
                },
            }),
        );
        assert_eq!(same.trim(), "the same");
    }
}
