//! The calls of the HTTP API that the demo makes, as a front end would.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use local::error::Result;
use local::http::Call;
use local::stack::Description;

pub const PROJECT: &str = "demo";
pub const STEP: u32 = 0;

#[derive(Debug, Deserialize)]
pub struct UploadIssued {
    pub upload: Upload,
}

/// A signed form.
#[derive(Debug, Deserialize)]
pub struct Upload {
    pub url: String,
    pub fields: Map<String, Value>,
}

impl Upload {
    /// The key that the form is signed for.
    pub fn key(&self) -> &str {
        self.fields.get("key").and_then(Value::as_str).unwrap_or_default()
    }
}

#[derive(Debug, Deserialize)]
pub struct Response {
    pub status: String,
    pub playback: Option<Playback>,
    pub failure: Option<Failure>,
}

#[derive(Debug, Deserialize)]
pub struct Playback {
    pub url: String,
    pub poster_url: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Failure {
    pub code: String,
    pub message: String,
}

fn responses(stack: &Description) -> String {
    format!("{}/projects/{PROJECT}/steps/{STEP}/responses", stack.api_url)
}

/// Asks for an upload; the demo's project is open, so nobody has to say who they are.
pub fn ask(stack: &Description, mail: &str, content_type: &str, size: u64) -> Result<Upload> {
    let body = json!({"mail": mail, "content_type": content_type, "size": size});
    let issued: UploadIssued = Call::new("POST", responses(stack))
        .header("content-type", "application/json")
        .body(body.to_string())
        .send("the API")?
        .json(201, "the API, asked for an upload,")?;
    Ok(issued.upload)
}

/// Where a response stands; only an owner may know.
pub fn response(stack: &Description, mail: &str) -> Result<Response> {
    Call::new("GET", format!("{}/{mail}", responses(stack)))
        .header("authorization", format!("Bearer {}", stack.token))
        .send("the API")?
        .json(200, "the API, asked for the response,")
}

/// Returns the key of a response's record in the table, as DynamoDB writes it.
pub fn record_key(mail: &str) -> Value {
    json!({"ProjectStep": {"S": format!("{PROJECT}-{STEP}")}, "Mail": {"S": mail}})
}

#[derive(Debug, Deserialize)]
struct Progress {
    jobs: Vec<Job>,
}

#[derive(Debug, Deserialize)]
pub struct Job {
    pub status: String,
    pub percent: Option<f64>,
}

/// How far the transcoder is with a file: its newest job.
pub fn job(stack: &Description, key: &str) -> Result<Option<Job>> {
    let url = format!("{}/local/progress?input={}", stack.transcoder_url, encode(key));
    let progress: Progress = Call::new("GET", url)
        .send("the transcoder")?
        .json(200, "the transcoder")?;
    Ok(progress.jobs.into_iter().next())
}

/// Percent-encodes what a query's value may not hold as it is.
fn encode(text: &str) -> String {
    let keep = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(byte);
    text.bytes()
        .map(|byte| {
            if keep(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::encode;

    #[test]
    fn a_key_is_encoded_for_a_query() {
        assert_eq!(encode("demo/0/ab-1/x y+ä.mp4"), "demo/0/ab-1/x%20y%2B%C3%A4.mp4");
    }
}
