//! Presigned POST: the form with which a browser sends a file to S3, with a policy signed with Signature Version 4. The
//! SDK does not create it. Source: "Browser-based uploads using POST" in the Amazon S3 API Reference.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::SystemTime;

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use aws_smithy_types::base64;
use chrono::{DateTime, Utc};
use model::Timestamp;
use serde_json::{Value, json};

use crate::lambda_context::{AwsService, LambdaContext};

/// A form to post as `multipart/form-data`, with the file as its last field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresignedPost {
    /// The URL to which it is posted.
    pub url: String,
    /// The fields before the file.
    pub fields: BTreeMap<String, String>,
}

/// The upload that a form permits. S3 rejects any other.
pub struct PostPolicy<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The object key.
    pub key: &'a str,
    /// The media type.
    pub content_type: &'a str,
    /// Metadata, by names without `x-amz-meta-`.
    pub metadata: &'a [(&'a str, &'a str)],
    /// The range of the size, in bytes.
    pub size: RangeInclusive<u64>,
    /// When it expires.
    pub until: Timestamp,
}

/// Signs a form.
pub fn sign(context: &LambdaContext, upload: &PostPolicy<'_>, now: Timestamp) -> PresignedPost {
    let now: DateTime<Utc> = now.as_datetime();
    let (credentials, region) = (&context.credentials, context.region.as_str());
    let scope = format!(
        "{}/{}/{region}/s3/aws4_request",
        credentials.access_key_id(),
        now.format("%Y%m%d")
    );
    let mut fields: BTreeMap<String, String> = [
        ("key", upload.key.to_owned()),
        ("Content-Type", upload.content_type.to_owned()),
        ("success_action_status", "204".to_owned()),
        ("x-amz-algorithm", "AWS4-HMAC-SHA256".to_owned()),
        ("x-amz-credential", scope),
        ("x-amz-date", now.format("%Y%m%dT%H%M%SZ").to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    fields.extend(
        upload
            .metadata
            .iter()
            .map(|(name, value)| (format!("x-amz-meta-{name}"), (*value).to_owned())),
    );
    fields.extend(
        credentials
            .session_token()
            .map(|token| ("x-amz-security-token".to_owned(), token.to_owned())),
    );

    let policy = base64::encode(policy(upload, &fields).to_string());
    let key = generate_signing_key(
        credentials.secret_access_key(),
        SystemTime::from(now),
        region,
        "s3",
    );
    fields.insert(
        "x-amz-signature".to_owned(),
        calculate_signature(key, policy.as_bytes()),
    );
    fields.insert("policy".to_owned(), policy);
    PresignedPost {
        url: url(context, upload.bucket),
        fields,
    }
}

/// Returns the policy, which requires the exact value of every field.
fn policy(upload: &PostPolicy<'_>, fields: &BTreeMap<String, String>) -> Value {
    let mut conditions = vec![
        json!({"bucket": upload.bucket}),
        json!(["content-length-range", upload.size.start(), upload.size.end()]),
    ];
    conditions.extend(fields.iter().map(|(name, value)| json!({name: value})));
    json!({"expiration": upload.until, "conditions": conditions})
}

fn url(context: &LambdaContext, bucket: &str) -> String {
    match context.endpoint(AwsService::S3) {
        Some(endpoint) => format!("{}/{bucket}", endpoint.trim_end_matches('/')),
        None => format!("https://{bucket}.s3.{}.amazonaws.com/", context.region),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::EnvVars;

    fn form(token: &str) -> PresignedPost {
        let environment = EnvVars::from([
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
            (
                "AWS_SECRET_ACCESS_KEY",
                "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            ),
            ("AWS_SESSION_TOKEN", token),
        ]);
        let upload = PostPolicy {
            bucket: "uploads",
            key: "demo/0/hash/take.mp4",
            content_type: "video/mp4",
            metadata: &[("email", "ann@example.com")],
            size: 5..=5,
            until: "2015-12-30T12:00:00Z".parse().unwrap(),
        };
        sign(
            &LambdaContext::new(&environment).unwrap(),
            &upload,
            "2015-12-29T00:00:00Z".parse().unwrap(),
        )
    }

    #[test]
    fn presigned_post() {
        let mut form = form("");
        let policy = base64::decode(form.fields.remove("policy").unwrap()).unwrap();
        let policy: Value = serde_json::from_slice(&policy).unwrap();
        insta::assert_json_snapshot!(json!({"url": form.url, "fields": form.fields, "policy": policy}));
    }

    #[test]
    fn session_token_is_signed() {
        let (with, without) = (form("token"), form(""));
        assert_eq!(with.fields["x-amz-security-token"], "token");
        assert_ne!(with.fields["x-amz-signature"], without.fields["x-amz-signature"]);
    }
}
