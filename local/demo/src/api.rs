//! The requests of the demo to the HTTP API, to the table and to the transcoder.

use local::error::{Error, Result};
use local::http::HttpRequest;
use local::stack::StackDescription;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub const PROJECT: &str = "demo";
pub const STEP: u32 = 0;

/// The characters of an object key that a query contains as they are.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

#[derive(Debug, Deserialize)]
struct IssuedForm {
    upload: SignedForm,
}

/// A signed form, with which the store accepts one file.
#[derive(Debug, Deserialize)]
pub struct SignedForm {
    pub url: String,
    pub fields: Map<String, Value>,
}

impl SignedForm {
    /// Returns the key of the object that the form creates.
    pub fn key(&self) -> &str {
        self.fields.get("key").and_then(Value::as_str).unwrap_or_default()
    }
}

/// A response as the API returns it.
#[derive(Debug, Deserialize)]
pub struct DemoResponse {
    pub status: String,
    pub playback: Option<PlaybackView>,
    pub failure: Option<DemoFailure>,
}

/// The signed URLs of a response that is ready.
#[derive(Debug, Clone, Deserialize)]
pub struct PlaybackView {
    pub url: String,
    pub poster_url: Option<String>,
}

/// The reason why a response failed.
#[derive(Debug, Deserialize)]
pub struct DemoFailure {
    pub code: String,
    pub message: String,
}

fn responses_url(stack: &StackDescription) -> String {
    format!("{}/projects/{PROJECT}/steps/{STEP}/responses", stack.api_url)
}

/// Requests an upload. The demo's project is open, so this needs no token.
pub fn request_upload(
    stack: &StackDescription,
    email: &str,
    content_type: &str,
    size: u64,
) -> Result<SignedForm> {
    let body = json!({"email": email, "content_type": content_type, "size": size});
    let issued: IssuedForm = HttpRequest::new("POST", responses_url(stack))
        .header("content-type", "application/json")
        .body(body.to_string())
        .send("the API")?
        .json(201, "the API (upload request)")?;
    Ok(issued.upload)
}

/// Returns the response of the demo's respondent, as its owner.
pub fn response(stack: &StackDescription, email: &str) -> Result<DemoResponse> {
    HttpRequest::new("GET", format!("{}/{email}", responses_url(stack)))
        .header("authorization", format!("Bearer {}", stack.token))
        .send("the API")?
        .json(200, "the API (response)")
}

/// Returns the table's item of the response, in DynamoDB's notation.
pub fn item(stack: &StackDescription, email: &str) -> Result<Value> {
    let key = json!({"ProjectStep": {"S": format!("{PROJECT}-{STEP}")}, "Mail": {"S": email}});
    let item = stack.client().item(&stack.table, &key)?;
    item.ok_or_else(|| Error::message(format!("the table {} has no item for {email}", stack.table)))
}

#[derive(Debug, Deserialize)]
struct JobList {
    jobs: Vec<JobProgress>,
}

/// The progress of a transcoding job.
#[derive(Debug, Deserialize)]
pub struct JobProgress {
    pub status: String,
    /// Absent while the duration of the recording is unknown.
    pub percent: Option<f64>,
    /// Seconds of the recording that are transcoded.
    pub seconds: Option<f64>,
}

/// Returns the progress of the latest job for an uploaded file.
pub fn job_progress(stack: &StackDescription, key: &str) -> Result<Option<JobProgress>> {
    let url = format!(
        "{}/local/progress?input={}",
        stack.transcoder_url,
        utf8_percent_encode(key, QUERY)
    );
    let list: JobList = HttpRequest::new("GET", url)
        .send("the transcoder")?
        .json(200, "the transcoder")?;
    Ok(list.jobs.into_iter().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_is_encoded_for_a_query() {
        let encoded = utf8_percent_encode("demo/0/ab-1/x y+ä.mp4", QUERY).to_string();
        assert_eq!(encoded, "demo/0/ab-1/x%20y%2B%C3%A4.mp4");
    }
}
