//! Requests with bodies and answers of generated types.

use std::collections::HashMap;
use std::fmt::Write;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::http::{Request, Response};
use ureq::{Agent, AsSendBody};

const BOUNDARY: &str = "a-boundary-that-no-video-contains";

/// A client of the API, with an owner's token.
pub struct Api {
    agent: Agent,
    url: String,
    token: String,
}

/// An answer: its status and its body.
pub type Answer = Response<Vec<u8>>;

impl Api {
    /// Returns a client; it ignores the environment's proxy.
    pub fn new(url: &str, token: &str) -> Self {
        let config = Agent::config_builder().proxy(None).http_status_as_error(false);
        let config = config.timeout_global(Some(Duration::from_secs(30))).build();
        Self {
            agent: config.into(),
            url: url.to_owned(),
            token: token.to_owned(),
        }
    }

    /// Sends a request without a body to the API.
    pub fn send(&self, method: &str, path: &str) -> Answer {
        self.run(self.request(method, path).body(()))
    }

    /// Posts a body to the API.
    pub fn post(&self, path: &str, body: &impl Serialize) -> Answer {
        let body = serde_json::to_vec(body).expect("a body serializes");
        let request = self.request("POST", path);
        self.run(request.header("content-type", "application/json").body(&body[..]))
    }

    /// Gets the first hundred bytes of a presigned URL.
    pub fn get_range(&self, url: &str) -> Answer {
        self.run(Request::get(url).header("range", "bytes=0-99").body(()))
    }

    /// Posts a form; the file is its last field.
    pub fn post_form(&self, url: &str, fields: &HashMap<String, String>, file: &[u8]) -> Answer {
        let mut head = String::new();
        for (name, value) in fields {
            write!(
                head,
                "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            )
            .expect("a String takes text");
        }
        head += &format!(
            "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"video\"\r\n\r\n"
        );
        let tail = format!("\r\n--{BOUNDARY}--\r\n");
        let body = [head.as_bytes(), file, tail.as_bytes()].concat();
        let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
        self.run(
            Request::post(url)
                .header("content-type", content_type)
                .body(&body[..]),
        )
    }

    fn request(&self, method: &str, path: &str) -> ureq::http::request::Builder {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url));
        request.header("authorization", format!("Bearer {}", self.token))
    }

    fn run(&self, request: Result<Request<impl AsSendBody>, ureq::http::Error>) -> Answer {
        let answer = request
            .map_err(ureq::Error::from)
            .and_then(|request| self.agent.run(request));
        let (head, mut body) = answer
            .unwrap_or_else(|error| panic!("no answer: {error}"))
            .into_parts();
        let body = body.read_to_vec().expect("the body arrives");
        Response::from_parts(head, body)
    }
}

/// Parses an answer of the expected status.
pub fn expect<T: DeserializeOwned>(answer: &Answer, status: u16) -> T {
    let text = String::from_utf8_lossy(answer.body());
    assert_eq!(answer.status(), status, "{text}");
    serde_json::from_slice(answer.body()).unwrap_or_else(|error| panic!("{error}: {text}"))
}
