//! The HTTP API as a front end and an owner use it, and uploads to S3.

use std::rc::Rc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use ureq::http::Request;

use crate::error::{Result, SmokeError};
use crate::http::{HttpClient, HttpReply};
use crate::usage::{Usage, count};

/// Characters that are not encoded in a path segment: RFC 3986 unreserved, and the `@` of an email.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'@');
/// A multipart boundary that none of the files contains.
const BOUNDARY: &str = "----------smoke-form-boundary";

/// The address of a response of the smoke test: one step of a project, one respondent.
#[derive(Clone, Debug)]
pub struct Address {
    /// The project.
    pub project: String,
    /// The step.
    pub step: u16,
    /// The respondent.
    pub email: String,
}

impl Address {
    /// Returns the path of the step's responses.
    fn responses(&self) -> String {
        format!("/projects/{}/steps/{}/responses", self.project, self.step)
    }

    /// Returns the path of the response.
    fn path(&self) -> String {
        format!(
            "{}/{}",
            self.responses(),
            utf8_percent_encode(&self.email, SEGMENT)
        )
    }
}

/// Upload instructions with a signed form.
#[derive(Clone, Debug, Deserialize)]
pub struct FormInstructions {
    /// URL to post to.
    pub url: String,
    /// Fields that precede the file.
    pub fields: Map<String, Value>,
}

/// Upload instructions for a multipart upload.
#[derive(Clone, Debug, Deserialize)]
pub struct PartsInstructions {
    /// The upload's id.
    pub take: String,
    /// The upload's token.
    pub token: String,
    /// Size of each part except the last, in bytes.
    pub part_size: usize,
    /// Number of parts.
    pub parts: usize,
}

/// A client of one stage's API, authorized by an owner's token with the scopes `responses/read` and `responses/write`.
#[derive(Debug)]
pub struct StageClient {
    http: HttpClient,
    api_url: String,
    token: String,
    usage: Rc<Usage>,
}

impl StageClient {
    /// Creates a client of the API at `api_url`.
    pub fn new(http: HttpClient, api_url: &str, token: &str, usage: Rc<Usage>) -> Self {
        Self {
            http,
            api_url: api_url.to_owned(),
            token: token.to_owned(),
            usage,
        }
    }

    /// Returns a client of the same stage with another timer.
    pub fn with(&self, http: HttpClient) -> Self {
        Self::new(http, &self.api_url, &self.token, Rc::clone(&self.usage))
    }

    /// Sends a request to the API.
    fn call(
        &self,
        method: &str,
        path: &str,
        header: Option<(&str, &str)>,
        body: Option<Value>,
    ) -> Result<HttpReply> {
        count(&self.usage.api_requests);
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.api_url));
        let request = match header {
            Some((name, value)) => request.header(name, value),
            None => request,
        };
        match body {
            Some(body) => {
                let request = request.header("content-type", "application/json");
                self.http.send(request, body.to_string().into_bytes())
            }
            None => self.http.send(request, Vec::new()),
        }
    }

    fn owner(&self, method: &str, path: &str, body: Option<Value>) -> Result<HttpReply> {
        let bearer = format!("Bearer {}", self.token);
        self.call(method, path, Some(("authorization", &bearer)), body)
    }

    /// Lists a project's responses without a token.
    pub fn list_without_token(&self, project: &str) -> Result<HttpReply> {
        self.call("GET", &format!("/projects/{project}/responses"), None, None)
    }

    /// Requests an upload of `size` bytes by `method`; returns `upload` of the answer.
    pub fn request_upload(&self, address: &Address, size: usize, method: &str) -> Result<Value> {
        let body =
            json!({"email": address.email, "content_type": "video/mp4", "size": size, "method": method});
        let reply = self
            .owner("POST", &address.responses(), Some(body))?
            .expect(201)?;
        let mut answer = reply.json()?;
        Ok(answer["upload"].take())
    }

    /// Posts a file with a signed form; returns the answer, whatever its status.
    pub fn post(&self, form: &FormInstructions, file: &[u8]) -> Result<HttpReply> {
        let mut body = Vec::new();
        for (name, value) in &form.fields {
            let value = value.as_str().unwrap_or_default();
            let field =
                format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend(field.into_bytes());
        }
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"clip.mp4\"\r\n\
             Content-Type: video/mp4\r\n\r\n"
        );
        body.extend(head.into_bytes());
        body.extend(file);
        body.extend(format!("\r\n--{BOUNDARY}--\r\n").into_bytes());
        count(&self.usage.s3_writes);
        let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
        self.http.send(
            Request::post(&form.url).header("content-type", content_type),
            body,
        )
    }

    /// Returns the signed URL of a part; parts are numbered from 1.
    pub fn sign_part(&self, address: &Address, upload: &PartsInstructions, number: usize) -> Result<String> {
        let path = upload_path(address, upload, "/parts");
        let header = Some(("upload-token", upload.token.as_str()));
        let reply = self.call("POST", &path, header, Some(json!({"numbers": [number]})))?;
        let answer = reply.expect(200)?.json()?;
        let url = answer["parts"][0]["url"].as_str();
        url.map(str::to_owned)
            .ok_or_else(|| SmokeError::broken("the answer has no URL for the part"))
    }

    /// PUTs the bytes of a part.
    pub fn put_part(&self, url: &str, bytes: Vec<u8>) -> Result<()> {
        count(&self.usage.s3_writes);
        self.http.send(Request::put(url), bytes)?.expect(200).map(drop)
    }

    /// Completes a multipart upload. Status 202 means that S3 has not answered yet.
    pub fn complete(&self, address: &Address, upload: &PartsInstructions) -> Result<()> {
        let header = Some(("upload-token", upload.token.as_str()));
        let reply = self.call("POST", &upload_path(address, upload, "/complete"), header, None)?;
        if reply.status == 202 {
            return Ok(());
        }
        reply.expect(200).map(drop)
    }

    /// Returns the response; `None` if it does not exist.
    pub fn response(&self, address: &Address) -> Result<Option<Value>> {
        let reply = self.owner("GET", &address.path(), None)?;
        if reply.status == 404 {
            return Ok(None);
        }
        reply.expect(200)?.json().map(Some)
    }

    /// Requests another attempt for a failed response.
    pub fn retry(&self, address: &Address) -> Result<()> {
        let path = format!("{}/retry", address.path());
        self.owner("POST", &path, None)?.expect(202).map(drop)
    }

    /// Deletes a response; succeeds if it does not exist.
    pub fn delete(&self, address: &Address) -> Result<()> {
        let reply = self.owner("DELETE", &address.path(), None)?;
        if reply.status == 404 {
            return Ok(());
        }
        reply.expect(202).map(drop)
    }

    /// GETs the first `length` bytes of a URL.
    pub fn first_bytes(&self, url: &str, length: usize) -> Result<HttpReply> {
        count(&self.usage.s3_reads);
        self.http.get(url, ("range", &format!("bytes=0-{}", length - 1)))
    }
}

fn upload_path(address: &Address, upload: &PartsInstructions, more: &str) -> String {
    let Address { project, step, .. } = address;
    format!("/projects/{project}/steps/{step}/uploads/{}{more}", upload.take)
}
