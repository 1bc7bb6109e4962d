//! A client for multipart uploads, like that of a front end.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use serde_json::{Value, json};
use ureq::http::Request;

use crate::Stack;
use crate::http::{self, Answer};
use crate::respondent::Respondent;

/// An upload that was requested, with its token.
pub struct UploadClient<'a> {
    stack: &'a Stack,
    /// The upload's path.
    pub path: String,
    /// The upload's token.
    pub token: String,
    /// The instructions that the API returned.
    pub instructions: Value,
}

impl<'a> UploadClient<'a> {
    /// Reads the upload from an answer to a respondent.
    #[track_caller]
    pub fn of(stack: &'a Stack, who: &Respondent<'_>, instructions: &Value) -> Self {
        let take = instructions["take"].as_str().expect("a take");
        Self {
            stack,
            path: format!("/projects/{}/steps/{}/uploads/{take}", who.project, who.step),
            token: instructions["token"].as_str().expect("a token").to_owned(),
            instructions: instructions.clone(),
        }
    }

    /// Sends a request without a body, with the token.
    #[track_caller]
    pub fn call(&self, method: &str, more: &str) -> Answer {
        let headers = [("upload-token", self.token.as_str())];
        self.stack
            .api(method, &format!("{}{more}", self.path), &headers, "")
    }

    /// Requests the signed URLs of parts.
    #[track_caller]
    pub fn sign(&self, numbers: &[u64]) -> Answer {
        let headers = [
            ("upload-token", self.token.as_str()),
            ("content-type", "application/json"),
        ];
        let body = json!({"numbers": numbers}).to_string();
        self.stack
            .api("POST", &format!("{}/parts", self.path), &headers, &body)
    }

    /// Returns the numbers of the parts that have arrived.
    #[track_caller]
    pub fn arrived(&self) -> Vec<u64> {
        let parts = self.call("GET", "/parts").expect(200).json();
        let parts = parts["parts"].as_array().expect("parts");
        parts
            .iter()
            .map(|part| part["number"].as_u64().expect("a number"))
            .collect()
    }

    /// Returns the number of parts.
    pub fn count(&self) -> u64 {
        self.instructions["parts"].as_u64().expect("a number of parts")
    }

    /// PUTs parts of a file.
    #[track_caller]
    pub fn send(&self, file: &Path, numbers: &[u64]) {
        let signed = self.sign(numbers).expect(200).json();
        let part_size = self.instructions["part_size"].as_u64().expect("a part's size");
        for part in signed["parts"].as_array().expect("parts") {
            let (number, size) = (
                part["number"].as_u64().unwrap_or(0),
                part["size"].as_u64().unwrap_or(0),
            );
            let mut bytes = vec![0; usize::try_from(size).expect("a part's size")];
            let mut file = File::open(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            file.seek(SeekFrom::Start((number - 1) * part_size))
                .expect("a part's beginning");
            file.read_exact(&mut bytes).expect("a part");
            put(part["url"].as_str().expect("a part has a URL"), bytes).expect(200);
        }
    }
}

/// PUTs bytes to a URL.
#[track_caller]
pub fn put(url: &str, bytes: Vec<u8>) -> Answer {
    http::send(Request::put(url).body(bytes).expect("a valid URL"))
}
