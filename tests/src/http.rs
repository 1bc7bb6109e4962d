//! An HTTP client. An answer of any status is a result, not an error.

use std::time::Duration;

use serde_json::Value;
use ureq::http::{HeaderMap, Request};
use ureq::{Agent, AsSendBody};

/// An HTTP answer of any status.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Parses the body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("not JSON: {} {}", self.status, self.text()))
    }

    /// Returns the body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Returns a header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns this answer; panics unless it has the expected status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// Returns the problem document of an error; panics unless the answer has the expected status.
    #[track_caller]
    pub fn expect_problem(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{}",
            self.text()
        );
        let problem = self.json();
        assert_eq!(problem["status"], status, "{problem}");
        for field in ["type", "title", "detail", "request_id"] {
            assert!(problem[field].is_string(), "{field} in {problem}");
        }
        assert!(
            self.header("x-request-id").is_some_and(|id| !id.is_empty()),
            "the problem must contain the id of the request"
        );
        problem
    }
}

/// Sends a request.
#[track_caller]
pub fn send(request: Request<impl AsSendBody>) -> Answer {
    let what = format!("{} {}", request.method(), request.uri().path());
    try_send(request).unwrap_or_else(|error| panic!("{what}: {error}"))
}

/// Sends a request; returns an error if the answer is lost.
pub fn try_send(request: Request<impl AsSendBody>) -> Result<Answer, ureq::Error> {
    let mut answer = agent().run(request)?;
    let body = answer.body_mut().with_config().limit(u64::MAX).read_to_vec()?;
    Ok(Answer {
        status: answer.status().as_u16(),
        headers: answer.headers().clone(),
        body,
    })
}

/// Returns an agent for this machine, which ignores the environment's proxy.
fn agent() -> Agent {
    let config = Agent::config_builder().proxy(None).http_status_as_error(false);
    config
        .timeout_global(Some(Duration::from_secs(120)))
        .build()
        .new_agent()
}

/// GETs a URL without headers.
#[track_caller]
pub fn get(url: &str) -> Answer {
    send(Request::get(url).body(()).expect("a valid URL"))
}

/// GETs a URL at which no server may listen yet.
pub fn try_get(url: &str) -> Option<Answer> {
    try_send(Request::get(url).body(()).ok()?).ok()
}

/// GETs a range of bytes of a URL.
#[track_caller]
pub fn get_range(url: &str, range: &str) -> Answer {
    send(
        Request::get(url)
            .header("range", range)
            .body(())
            .expect("a valid URL"),
    )
}
