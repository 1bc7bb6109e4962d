//! HTTP requests within the time limit. An answer of any status is a result, not an error.

use std::io::Read;
use std::time::Duration;

use serde_json::Value;
use ureq::http::{HeaderMap, Request};
use ureq::{Agent, SendBody};

use crate::error::{Result, SmokeError};
use crate::timer::Timer;

/// Timeout of one request: a part of 16 MiB at 2 Mbit/s.
const REQUEST_LIMIT: Duration = Duration::from_secs(70);

/// An HTTP answer of the API or of S3.
#[derive(Debug)]
pub struct HttpReply {
    /// The HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

impl HttpReply {
    /// Returns this reply if its status is `expected`.
    pub fn expect(self, expected: u16) -> Result<Self> {
        if self.status == expected {
            return Ok(self);
        }
        let text = String::from_utf8_lossy(&self.body);
        let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let start: String = text.chars().take(200).collect();
        Err(SmokeError::broken(format!(
            "status {} instead of {expected}: {start}",
            self.status
        )))
    }

    /// Parses the body as JSON.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body)
            .map_err(|error| SmokeError::broken(format!("the answer is not JSON: {error}")))
    }
}

/// An HTTP client for the API and for signed S3 URLs.
#[derive(Debug)]
pub struct HttpClient {
    agent: Agent,
    timer: Timer,
}

impl HttpClient {
    /// Creates a client that sends nothing after the time limit. It uses the environment's proxy, except for loopback.
    pub fn new(base_url: &str, timer: Timer) -> Self {
        let config = Agent::config_builder().http_status_as_error(false);
        let loopback = ["http://127.0.0.1", "http://localhost"];
        let config = if loopback.iter().any(|start| base_url.starts_with(start)) {
            config.proxy(None)
        } else {
            config
        };
        Self {
            agent: config.build().new_agent(),
            timer,
        }
    }

    /// Sends a request; an empty `body` is not sent.
    pub fn send(&self, request: ureq::http::request::Builder, body: Vec<u8>) -> Result<HttpReply> {
        let limit = self.timer.left()?.min(REQUEST_LIMIT);
        let failed = |error: ureq::Error| SmokeError::broken(format!("no answer: {error}"));
        let request = if body.is_empty() {
            request.body(SendBody::none())
        } else {
            let length = body.len();
            let body = Interruptible {
                inner: std::io::Cursor::new(body),
                timer: self.timer.clone(),
            };
            let body = SendBody::from_owned_reader(body);
            request.header("content-length", length).body(body)
        };
        let request = request.map_err(|error| failed(error.into()))?;
        let request = self
            .agent
            .configure_request(request)
            .timeout_global(Some(limit))
            .build();
        let sent = self.agent.run(request).and_then(|mut reply| {
            let body = reply.body_mut().read_to_vec()?;
            Ok(HttpReply {
                status: reply.status().as_u16(),
                headers: std::mem::take(reply.headers_mut()),
                body,
            })
        });
        // A request that a signal interrupted is not a broken promise.
        sent.map_err(|error| self.timer.left().err().unwrap_or_else(|| failed(error)))
    }

    /// GETs a URL with one header.
    pub fn get(&self, url: &str, header: (&str, &str)) -> Result<HttpReply> {
        self.send(Request::get(url).header(header.0, header.1), Vec::new())
    }
}

/// A request body that fails to read after the time limit or a signal.
struct Interruptible<R> {
    inner: R,
    timer: Timer,
}

impl<R: Read> Read for Interruptible<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.timer.left().map_err(std::io::Error::other)?;
        self.inner.read(buffer)
    }
}
