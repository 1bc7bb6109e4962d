//! Requests owners' tokens from the local stage's Cognito user pool.

use std::time::Duration;

use data_encoding::BASE64;
use serde::Deserialize;

use crate::error::Result;
use crate::http::HttpRequest;

const TIMEOUT: Duration = Duration::from_secs(15);
const FORM: &str = "grant_type=client_credentials&scope=responses%2Fread+responses%2Fwrite";

#[derive(Deserialize)]
struct TokenResponse {
    access_token: String,
}

/// Requests a token with both scopes, `responses/read` and `responses/write`.
pub(crate) fn request(url: &str, client_id: &str, client_secret: &str) -> Result<String> {
    let credentials = BASE64.encode(format!("{client_id}:{client_secret}").as_bytes());
    let response: TokenResponse = HttpRequest::new("POST", url)
        .timeout(TIMEOUT)
        .header("authorization", format!("Basic {credentials}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(FORM)
        .send("the token endpoint")?
        .json(200, "the token endpoint")?;
    Ok(response.access_token)
}
