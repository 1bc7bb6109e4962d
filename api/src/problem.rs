//! The only error body: an RFC 9457 problem document.

use aws::CallError;
use aws::table::TableError;
use axum::Json;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use model::Invalid;
use serde::Serialize;

/// How long to wait before trying again, in seconds.
const RETRY_SECONDS: &str = "2";

/// RFC 9457's media type.
const MEDIA_TYPE: &str = "application/problem+json";

/// What went wrong, for whoever called. It never holds an SDK's message or an internal name.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    /// The last part of the `type`.
    kind: &'static str,
    title: &'static str,
    detail: String,
    field: Option<&'static str>,
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
}

impl Problem {
    fn new(status: StatusCode, kind: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            title,
            detail: detail.into(),
            field: None,
        }
    }

    /// A field of the request is not what it should be; the detail says what would be.
    pub fn invalid(field: &'static str, detail: impl Into<String>) -> Self {
        let problem = Self::new(
            StatusCode::BAD_REQUEST,
            "invalid-request",
            "The request is invalid",
            detail,
        );
        Self {
            field: Some(field),
            ..problem
        }
    }

    /// The path can be read in more than one way.
    pub fn malformed_path() -> Self {
        Self::invalid(
            "path",
            "the path is ASCII without spaces, controls, ? # % \\ and segments of dots",
        )
    }

    /// The body cannot be read.
    pub fn malformed_body() -> Self {
        Self::invalid("body", "the body is a JSON document in UTF-8")
    }

    /// The body is larger than any that is needed.
    pub fn body_too_large(most: usize) -> Self {
        let detail = format!("the body is at most {most} bytes; a video goes to the address of the upload");
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body-too-large",
            "The body is too large",
            detail,
        )
    }

    /// The body is of another media type.
    pub fn not_json() -> Self {
        let detail = "send the body as application/json";
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not-json",
            "The body is not JSON",
            detail,
        )
    }

    /// The caller's token lacks a scope, or there is none.
    pub fn missing_scope(scope: &str) -> Self {
        let detail = format!("this needs a token with the scope {scope}");
        Self::new(
            StatusCode::FORBIDDEN,
            "missing-scope",
            "The token does not allow this",
            detail,
        )
    }

    /// No response of this respondent.
    pub fn no_such_response() -> Self {
        let detail = "nobody has been asked for, or sent, a response with this project, step and mail";
        Self::new(
            StatusCode::NOT_FOUND,
            "no-such-response",
            "There is no such response",
            detail,
        )
    }

    /// No route has this path.
    pub fn no_such_route() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "no-such-route",
            "There is nothing here",
            "no route has this path",
        )
    }

    /// The route has other methods.
    pub fn no_such_method() -> Self {
        let detail = "the header Allow lists the methods of this path";
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "no-such-method",
            "The method is not allowed",
            detail,
        )
    }

    /// A finished response stands, and who asked may not replace it.
    pub fn answered() -> Self {
        let detail = "there is a response already: ask whoever runs the project to have it replaced";
        Self::new(
            StatusCode::CONFLICT,
            "already-answered",
            "There is a response already",
            detail,
        )
    }

    /// The response is being removed.
    pub fn deleting() -> Self {
        let detail = "the earlier response is being removed: try again when it is gone";
        Self::new(
            StatusCode::CONFLICT,
            "being-deleted",
            "The response is being removed",
            detail,
        )
    }

    fn unavailable() -> Self {
        let detail = "a service behind this one does not answer: try again in a moment";
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "Not available at the moment",
            detail,
        )
    }
}

/// Whether an answer is a problem document.
pub fn is_problem(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|value| value == MEDIA_TYPE)
}

/// A problem document that names its request; what is no JSON object stays as it is.
pub fn with_request_id(document: &str, request_id: &str) -> String {
    match serde_json::from_str(document) {
        Ok(serde_json::Value::Object(mut members)) => {
            members.insert("request_id".to_owned(), request_id.into());
            serde_json::Value::Object(members).to_string()
        }
        _ => document.to_owned(),
    }
}

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Self {
        Self::invalid(invalid.what, invalid.to_string())
    }
}

/// Whatever the reason, the caller can but try again; the log has the reason.
impl From<TableError> for Problem {
    fn from(error: TableError) -> Self {
        match error {
            TableError::Call(error) => error.into(),
            TableError::Contended | TableError::Item(_) => {
                tracing::error!(error = error.to_string(), "the table failed");
                Self::unavailable()
            }
        }
    }
}

impl From<CallError> for Problem {
    fn from(error: CallError) -> Self {
        tracing::error!(error = error.chain(), "a call failed");
        Self::unavailable()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let document = Document {
            kind: format!("urn:video-responses:problem:{}", self.kind),
            title: self.title,
            status: self.status.as_u16(),
            detail: &self.detail,
            field: self.field,
        };
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(RETRY_SECONDS));
        }
        let body = Json(document).into_response().into_body();
        (self.status, headers, body).into_response()
    }
}
