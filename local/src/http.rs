//! HTTP requests to servers on loopback. Ctrl-C ends the wait for a response.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use serde::de::DeserializeOwned;
use ureq::http::{HeaderMap, Request};
use ureq::{Agent, SendBody};

use crate::error::{Error, Result};
use crate::process::single_line;
use crate::signal;

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// A response that was read to its end.
#[derive(Debug)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: String,
}

impl HttpResponse {
    /// Returns the body as JSON. Any status but the expected one is an error, in which `server` names the sender.
    pub fn json<T: DeserializeOwned>(&self, expected: u16, server: &str) -> Result<T> {
        if self.status != expected {
            return Err(Error::message(format!(
                "{server} answered {}: {}",
                self.status,
                single_line(&self.body)
            )));
        }
        serde_json::from_str(&self.body)
            .map_err(|error| Error::message(format!("{server} answered with an unexpected body: {error}")))
    }
}

/// A request that owns all its parts, so that a thread can send it.
#[derive(Debug, Clone)]
pub struct HttpRequest {
    pub(crate) method: &'static str,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    timeout: Duration,
}

impl HttpRequest {
    /// Creates a request without headers and body, with a timeout of 30 seconds.
    pub fn new(method: &'static str, url: impl Into<String>) -> HttpRequest {
        HttpRequest {
            method,
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            timeout: DEFAULT_TIMEOUT,
        }
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> HttpRequest {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> HttpRequest {
        self.body = body.into();
        self
    }

    /// Sets the time that the whole exchange may take.
    pub fn timeout(mut self, timeout: Duration) -> HttpRequest {
        self.timeout = timeout;
        self
    }

    /// Sends the request and returns the response, whatever its status. Errors name the server by `server`.
    pub fn send(self, server: &str) -> Result<HttpResponse> {
        let server = server.to_owned();
        interruptible(move || self.send_through_interrupt(&server))
    }

    /// Sends the request as `send` does, but does not stop at Ctrl-C.
    pub(crate) fn send_through_interrupt(self, server: &str) -> Result<HttpResponse> {
        let failed = |error: ureq::Error| Error::message(format!("{server} does not answer: {error}"));
        let mut request = Request::builder().method(self.method).uri(&self.url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(self.body).map_err(|error| failed(error.into()))?;
        let mut response = agent(self.timeout).run(request).map_err(failed)?;
        let body = response.body_mut().read_to_string().map_err(failed)?;
        Ok(HttpResponse {
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
            body,
        })
    }
}

/// Returns an HTTP client for loopback: it ignores proxy settings and returns responses of any status.
pub fn agent(timeout: Duration) -> Agent {
    Agent::config_builder()
        .proxy(None)
        .http_status_as_error(false)
        .timeout_global(Some(timeout))
        .build()
        .new_agent()
}

/// Returns a request body that is read while it is sent.
pub fn streamed(reader: impl std::io::Read + 'static) -> SendBody<'static> {
    SendBody::from_owned_reader(reader)
}

/// Runs blocking work in a thread. Returns `Error::Interrupted` at Ctrl-C and leaves the thread to end with the process.
pub fn interruptible<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    interruptible_with_progress(work, || ())
}

/// Runs blocking work as `interruptible` does, and calls `on_tick` every 50 milliseconds meanwhile.
pub fn interruptible_with_progress<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
    mut on_tick: impl FnMut(),
) -> Result<T> {
    let (sender, receiver) = mpsc::sync_channel(1);
    std::thread::spawn(move || sender.send(work()));
    loop {
        match receiver.recv_timeout(Duration::from_millis(50)) {
            Ok(result) => return result,
            Err(RecvTimeoutError::Timeout) => {
                signal::check()?;
                on_tick();
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Error::message("a background task ended without a result"));
            }
        }
    }
}
