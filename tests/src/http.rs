//! Plain HTTP, as any client of the API speaks it. Every status is an answer.

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use ureq::http::{HeaderMap, Request};
use ureq::{Agent, AsSendBody};

use crate::{Stack, contract};

/// An answer, whatever its status.
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
    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// This answer, if it has that status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// The problem document of an error, if the answer has that status.
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
            "it can be found in the log"
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

/// Sends a request whose answer may be lost.
pub fn try_send(request: Request<impl AsSendBody>) -> Result<Answer, ureq::Error> {
    let mut answer = agent().run(request)?;
    let body = answer.body_mut().with_config().limit(u64::MAX).read_to_vec()?;
    Ok(Answer {
        status: answer.status().as_u16(),
        headers: answer.headers().clone(),
        body,
    })
}

/// An agent for this machine: no proxy of the environment.
fn agent() -> Agent {
    let config = Agent::config_builder().proxy(None).http_status_as_error(false);
    config
        .timeout_global(Some(Duration::from_secs(120)))
        .build()
        .new_agent()
}

/// GETs an address that needs no header.
#[track_caller]
pub fn get(url: &str) -> Answer {
    send(Request::get(url).body(()).expect("an address"))
}

/// GETs an address where there may be nobody yet.
pub fn try_get(url: &str) -> Option<Answer> {
    try_send(Request::get(url).body(()).ok()?).ok()
}

/// GETs some bytes of what is at an address.
#[track_caller]
pub fn get_range(url: &str, range: &str) -> Answer {
    send(
        Request::get(url)
            .header("range", range)
            .body(())
            .expect("an address"),
    )
}

impl Stack {
    /// A token with these scopes, separated by spaces.
    #[track_caller]
    pub fn token(&self, scopes: &str) -> String {
        self.token_of(
            &self.facts.token_client_id,
            &self.facts.token_client_secret,
            scopes,
        )
    }

    /// A token of a client of the issuer.
    #[track_caller]
    pub fn token_of(&self, client_id: &str, client_secret: &str, scopes: &str) -> String {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let body = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&scope={}",
            encoded(client_id),
            encoded(client_secret),
            encoded(scopes)
        );
        let request =
            Request::post(&self.facts.token_url).header("content-type", "application/x-www-form-urlencoded");
        let answer = send(request.body(body).expect("an address")).expect(200).json();
        answer["access_token"].as_str().expect("a token").to_owned()
    }

    /// Sends a request to the API, and holds what it answers against the published description.
    #[track_caller]
    pub fn api(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.facts.api_url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = send(request.body(body).expect("a path"));
        contract::check(method, path, &answer);
        answer
    }

    /// Sends a request without a body.
    #[track_caller]
    pub fn api_call(&self, method: &str, token: Option<&str>, path: &str) -> Answer {
        let authorization = token.map(bearer);
        let authorization = authorization.as_deref().map(|value| ("authorization", value));
        self.api(method, path, authorization.as_slice(), "")
    }

    /// GETs a path of the API.
    #[track_caller]
    pub fn api_get(&self, token: Option<&str>, path: &str) -> Answer {
        self.api_call("GET", token, path)
    }

    /// POSTs JSON to a path of the API.
    #[track_caller]
    pub fn api_post(&self, token: Option<&str>, path: &str, body: &Value) -> Answer {
        let mut headers = vec![("content-type", "application/json")];
        let authorization = token.map(bearer);
        headers.extend(authorization.as_deref().map(|value| ("authorization", value)));
        self.api("POST", path, &headers, &body.to_string())
    }

    /// GETs a path of the API as an owner.
    #[track_caller]
    pub fn owner_get(&self, path: &str) -> Answer {
        self.api_get(Some(&self.facts.token), path)
    }

    /// Sends a request without a body, as an owner.
    #[track_caller]
    pub fn owner(&self, method: &str, path: &str) -> Answer {
        self.api_call(method, Some(&self.facts.token), path)
    }
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}
