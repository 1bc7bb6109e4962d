//! AWS Signature Version 4, by hand: the least that a signed call needs.
//!
//! Source: "AWS Signature Version 4 for API requests" in the AWS IAM User Guide.

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};
use ring::hmac;

/// The credentials and the scope of signatures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signer {
    /// `AWS_ACCESS_KEY_ID`
    pub access_key: String,
    /// `AWS_SECRET_ACCESS_KEY`
    pub secret_key: String,
    /// `AWS_SESSION_TOKEN`, if there is one.
    pub session_token: Option<String>,
    /// `AWS_REGION`
    pub region: String,
}

/// A request to sign.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnsignedRequest<'a> {
    /// The service's name in signatures.
    pub service: &'a str,
    /// The method.
    pub method: &'a str,
    /// The path and the query, encoded; the query's parameters are sorted.
    pub target: &'a str,
    /// The headers to sign, with names in lower case, sorted, `host` among them.
    pub headers: Vec<(&'a str, &'a str)>,
    /// The body.
    pub body: &'a [u8],
}

impl Signer {
    /// Returns all headers of the signed request but `Content-Length`.
    pub fn sign(&self, request: &UnsignedRequest<'_>, now: SystemTime) -> Vec<(String, String)> {
        let time = DateTime::<Utc>::from(now).format("%Y%m%dT%H%M%SZ").to_string();
        let date = time.get(..8).unwrap_or_default();
        let hash = HEXLOWER.encode(digest(&SHA256, request.body).as_ref());
        let given = request.headers.iter();
        let mut headers: Vec<(String, String)> = given
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        headers.push(("x-amz-date".into(), time.clone()));
        if request.service == "s3" {
            headers.push(("x-amz-content-sha256".into(), hash.clone()));
        }
        if let Some(token) = &self.session_token {
            headers.push(("x-amz-security-token".into(), token.clone()));
        }
        headers.sort();

        let (path, query) = request.target.split_once('?').unwrap_or((request.target, ""));
        let mut canonical = format!("{}\n{path}\n{query}\n", request.method);
        let mut names = String::new();
        for (name, value) in &headers {
            canonical.push_str(&format!("{name}:{value}\n"));
            names.push_str(if names.is_empty() { "" } else { ";" });
            names.push_str(name);
        }
        canonical.push_str(&format!("\n{names}\n{hash}"));

        let scope = format!("{date}/{}/{}/aws4_request", self.region, request.service);
        let canonical = HEXLOWER.encode(digest(&SHA256, canonical.as_bytes()).as_ref());
        let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{canonical}");
        let first = hmac::Key::new(hmac::HMAC_SHA256, format!("AWS4{}", self.secret_key).as_bytes());
        let steps = [date, self.region.as_str(), request.service, "aws4_request"];
        let key = steps.iter().fold(first, |key, step| {
            hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&key, step.as_bytes()).as_ref())
        });
        let signature = HEXLOWER.encode(hmac::sign(&key, text.as_bytes()).as_ref());
        let credential = format!("{}/{scope}", self.access_key);
        let value =
            format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}");
        headers.push(("authorization".into(), value));
        headers
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    /// `get-vanilla` and `post-vanilla` of AWS's Signature Version 4 test suite.
    #[test]
    fn signatures_are_those_of_the_test_suite() {
        let signer = Signer {
            access_key: "AKIDEXAMPLE".into(),
            secret_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
            session_token: None,
            region: "us-east-1".into(),
        };
        let now = UNIX_EPOCH + Duration::from_secs(1_440_938_160);
        for (method, signature) in [
            (
                "GET",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                "POST",
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ),
        ] {
            let request = UnsignedRequest {
                service: "service",
                method,
                target: "/",
                headers: vec![("host", "example.amazonaws.com")],
                body: b"",
            };
            let headers = signer.sign(&request, now);
            let (_, value) = headers.iter().find(|(name, _)| name == "authorization").unwrap();
            let scope = "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request";
            let expected = format!(
                "AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={signature}"
            );
            assert_eq!(*value, expected);
        }
    }
}
