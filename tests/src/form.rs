//! Posts of files with a signed form, as a browser sends them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use ureq::SendBody;
use ureq::http::Request;

use crate::http::{self, Answer};

const BOUNDARY: &str = "----------a-boundary-that-no-video-contains";

/// A signed form.
#[derive(Clone, Debug, Deserialize)]
pub struct Form {
    /// URL to post to.
    pub url: String,
    /// Fields that precede the file.
    pub fields: BTreeMap<String, String>,
}

impl Form {
    /// Reads the form from an answer of the API and ignores other fields.
    #[track_caller]
    pub fn of(upload: &Value) -> Self {
        serde_json::from_value(upload.clone()).unwrap_or_else(|error| panic!("not a form: {error}: {upload}"))
    }

    /// Returns the same form with a field changed.
    pub fn with(&self, field: &str, value: &str) -> Self {
        let mut changed = self.clone();
        changed.fields.insert(field.to_owned(), value.to_owned());
        changed
    }

    /// Returns the key that the form permits.
    pub fn key(&self) -> &str {
        &self.fields["key"]
    }

    /// Posts a file, which is streamed.
    #[track_caller]
    pub fn post(&self, file: &Path) -> Answer {
        self.try_post(file)
            .unwrap_or_else(|error| panic!("{}: {error}", self.url))
    }

    /// Posts a file; returns an error if the answer is lost.
    #[track_caller]
    pub fn try_post(&self, file: &Path) -> Result<Answer, ureq::Error> {
        let content = File::open(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let size = content.metadata().expect("the file has metadata").len();
        http::try_send(self.request(content, size))
    }

    /// Posts bytes.
    #[track_caller]
    pub fn post_bytes(&self, bytes: Vec<u8>) -> Answer {
        let size = bytes.len() as u64;
        http::send(self.request(Cursor::new(bytes), size))
    }

    fn request(&self, content: impl Read + 'static, size: u64) -> Request<SendBody<'static>> {
        let mut head = String::new();
        for (name, value) in &self.fields {
            head += &format!(
                "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
        }
        head += &format!(
            "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"video\"\r\n\
             content-type: application/octet-stream\r\n\r\n"
        );
        let tail = format!("\r\n--{BOUNDARY}--\r\n");
        let length = head.len() as u64 + size + tail.len() as u64;
        let body = Cursor::new(head).chain(content).chain(Cursor::new(tail));
        Request::post(&self.url)
            .header(
                "content-type",
                format!("multipart/form-data; boundary={BOUNDARY}"),
            )
            .header("content-length", length)
            .body(SendBody::from_owned_reader(body))
            .expect("the form has a valid URL")
    }
}
