//! Plain HTTP to our own loopback servers, in a way that Ctrl-C can leave.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use serde::de::DeserializeOwned;
use ureq::http::{HeaderMap, Request};
use ureq::{Agent, SendBody};

use crate::error::{Error, Result};
use crate::process::one_line;
use crate::signal;

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Reply {
    /// The body as JSON, when the status is the one expected.
    pub fn json<T: DeserializeOwned>(&self, expected: u16, what: &str) -> Result<T> {
        if self.status != expected {
            return Err(Error::said(format!(
                "{what} answered {}: {}",
                self.status,
                one_line(&self.body)
            )));
        }
        serde_json::from_str(&self.body)
            .map_err(|error| Error::said(format!("{what} answered what is not expected: {error}")))
    }
}

/// A request with everything it needs, so that a thread can take it along.
#[derive(Debug, Clone)]
pub struct Call {
    pub method: &'static str,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub limit: Duration,
}

impl Call {
    pub fn new(method: &'static str, url: impl Into<String>) -> Call {
        let limit = Duration::from_secs(30);
        Call {
            method,
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            limit,
        }
    }

    pub fn header(mut self, name: &str, value: impl Into<String>) -> Call {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Call {
        self.body = body.into();
        self
    }

    pub fn limit(mut self, limit: Duration) -> Call {
        self.limit = limit;
        self
    }

    /// Sends it; any status is an answer.
    pub fn send(self, what: &str) -> Result<Reply> {
        let what = what.to_owned();
        interruptible(move || {
            let failed = |error: ureq::Error| Error::said(format!("{what} does not answer: {error}"));
            let mut request = Request::builder().method(self.method).uri(&self.url);
            for (name, value) in &self.headers {
                request = request.header(name, value);
            }
            let request = request.body(self.body).map_err(|error| failed(error.into()))?;
            let mut response = agent(self.limit).run(request).map_err(failed)?;
            let body = response.body_mut().read_to_string().map_err(failed)?;
            let status = response.status().as_u16();
            let headers = std::mem::take(response.headers_mut());
            Ok(Reply {
                status,
                headers,
                body,
            })
        })
    }
}

/// An agent for loopback: no proxy of the environment, an error status is an answer.
pub fn agent(limit: Duration) -> Agent {
    Agent::config_builder()
        .proxy(None)
        .http_status_as_error(false)
        .timeout_global(Some(limit))
        .build()
        .new_agent()
}

/// A body that is read while it is sent.
pub fn streamed(reader: impl std::io::Read + 'static) -> SendBody<'static> {
    SendBody::from_owned_reader(reader)
}

/// Runs blocking work in a thread of its own and leaves it behind at Ctrl-C: it ends with the process.
pub fn interruptible<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    watched(work, || ())
}

/// As `interruptible`, with something done meanwhile, ten times a second.
pub fn watched<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
    mut meanwhile: impl FnMut(),
) -> Result<T> {
    let (sender, answer) = mpsc::sync_channel(1);
    std::thread::spawn(move || sender.send(work()));
    loop {
        match answer.recv_timeout(Duration::from_millis(50)) {
            Ok(result) => return result,
            Err(RecvTimeoutError::Timeout) => {
                signal::check()?;
                meanwhile();
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Error::said("a request ended without an answer"));
            }
        }
    }
}
