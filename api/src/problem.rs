//! The only error body: an RFC 9457 problem document.

use std::borrow::Cow;

use aws::AwsError;
use aws::secret::SecretError;
use aws::table::TableError;
use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use model::Invalid;
use schemars::JsonSchema;
use serde::Serialize;

/// How long to wait before trying again, in seconds.
const RETRY_SECONDS: &str = "2";

/// RFC 9457's media type.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// What a problem's `type` begins with; its last part names a page in `docs/problems`.
pub const TYPE_PREFIX: &str = "urn:video-responses:problem:";

/// Every kind of problem. Each has a page in `docs/problems`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A field of the request is not what it should be.
    InvalidRequest,
    /// The token lacks a scope, or there is none.
    MissingScope,
    /// The upload token is not this upload's, or has ended.
    InvalidUploadToken,
    /// Nobody asked for, or sent, this response.
    NoSuchResponse,
    /// There is no document of this name.
    NoSuchDocument,
    /// No route has this path.
    NoSuchRoute,
    /// The path has other methods.
    NoSuchMethod,
    /// A finished response stands, and who asked may not replace it.
    AlreadyAnswered,
    /// The response is being removed.
    BeingDeleted,
    /// There is nothing to try again.
    NotFailed,
    /// The upload goes in one post, not in parts.
    NotInParts,
    /// The upload was completed, given up or cleaned up.
    UploadOver,
    /// Parts of the upload are missing.
    UploadIncomplete,
    /// The body has more than 64 KiB.
    BodyTooLarge,
    /// The body is of another media type.
    NotJson,
    /// A service behind this one throttles or fails.
    Unavailable,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::InvalidRequest,
        Self::MissingScope,
        Self::InvalidUploadToken,
        Self::NoSuchResponse,
        Self::NoSuchDocument,
        Self::NoSuchRoute,
        Self::NoSuchMethod,
        Self::AlreadyAnswered,
        Self::BeingDeleted,
        Self::NotFailed,
        Self::NotInParts,
        Self::UploadOver,
        Self::UploadIncomplete,
        Self::BodyTooLarge,
        Self::NotJson,
        Self::Unavailable,
    ];

    /// The status, the last part of the `type`, and the title.
    const fn facts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::InvalidRequest => (
                StatusCode::BAD_REQUEST,
                "invalid-request",
                "The request is invalid",
            ),
            Self::MissingScope => (
                StatusCode::FORBIDDEN,
                "missing-scope",
                "The token does not allow this",
            ),
            Self::InvalidUploadToken => (
                StatusCode::FORBIDDEN,
                "invalid-upload-token",
                "The upload token is not good for this",
            ),
            Self::NoSuchResponse => (
                StatusCode::NOT_FOUND,
                "no-such-response",
                "There is no such response",
            ),
            Self::NoSuchDocument => (
                StatusCode::NOT_FOUND,
                "no-such-document",
                "There is no such document",
            ),
            Self::NoSuchRoute => (StatusCode::NOT_FOUND, "no-such-route", "There is nothing here"),
            Self::NoSuchMethod => (
                StatusCode::METHOD_NOT_ALLOWED,
                "no-such-method",
                "The method is not allowed",
            ),
            Self::AlreadyAnswered => (
                StatusCode::CONFLICT,
                "already-answered",
                "There is a response already",
            ),
            Self::BeingDeleted => (
                StatusCode::CONFLICT,
                "being-deleted",
                "The response is being removed",
            ),
            Self::NotFailed => (
                StatusCode::CONFLICT,
                "not-failed",
                "There is nothing to try again",
            ),
            Self::NotInParts => (
                StatusCode::CONFLICT,
                "not-in-parts",
                "The upload goes in one post",
            ),
            Self::UploadOver => (StatusCode::CONFLICT, "upload-over", "The upload is over"),
            Self::UploadIncomplete => (StatusCode::CONFLICT, "upload-incomplete", "Parts are missing"),
            Self::BodyTooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "body-too-large",
                "The body is too large",
            ),
            Self::NotJson => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not-json",
                "The body is not JSON",
            ),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "Not available at the moment",
            ),
        }
    }

    /// Its HTTP status.
    pub const fn status(self) -> StatusCode {
        self.facts().0
    }

    /// The last part of its `type`, and the name of its page.
    pub const fn name(self) -> &'static str {
        self.facts().1
    }

    /// Its title.
    pub const fn title(self) -> &'static str {
        self.facts().2
    }
}

/// What went wrong, for whoever called. It never holds an SDK's message or an internal name.
#[derive(Debug)]
pub struct Problem {
    kind: Kind,
    detail: Cow<'static, str>,
    field: Option<Cow<'static, str>>,
}

/// A problem document (RFC 9457).
#[derive(Serialize, JsonSchema)]
#[schemars(title = "Problem", rename = "Problem")]
pub struct Document<'a> {
    /// Which kind of problem: `urn:video-responses:problem:` and the name of its page.
    #[serde(rename = "type")]
    kind: String,
    /// The kind, in words.
    title: &'a str,
    /// The HTTP status.
    #[schemars(range(min = 400, max = 599))]
    status: u16,
    /// What is wrong with this request, and how to mend it.
    detail: &'a str,
    /// The field that is to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    /// By which the log knows the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

impl Problem {
    fn new(kind: Kind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            field: None,
        }
    }

    /// A field of the request is not what it should be; the detail says what would be.
    pub fn invalid(field: impl Into<Cow<'static, str>>, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            field: Some(field.into()),
            ..Self::new(Kind::InvalidRequest, detail)
        }
    }

    /// The path can be read in more than one way.
    pub fn malformed_path() -> Self {
        let detail = "the path is ASCII without spaces, controls, ? # % \\ and segments of dots";
        Self::invalid("path", detail)
    }

    /// The body cannot be read.
    pub fn malformed_body() -> Self {
        Self::invalid("body", "the body is a JSON object in UTF-8")
    }

    /// The body is larger than any that is needed.
    pub fn body_too_large(most: usize) -> Self {
        let detail = format!("the body is at most {most} bytes; a video goes to the address of the upload");
        Self::new(Kind::BodyTooLarge, detail)
    }

    /// The body is of another media type.
    pub fn not_json() -> Self {
        Self::new(Kind::NotJson, "send the body as application/json")
    }

    /// The caller's token lacks a scope, or there is none.
    pub fn missing_scope(scope: &str) -> Self {
        Self::new(
            Kind::MissingScope,
            format!("this needs a token with the scope {scope}"),
        )
    }

    /// The upload token is missing, was made for another upload, or has ended.
    pub fn invalid_upload_token() -> Self {
        let detail =
            "send the header upload-token with the token that came with this very upload, before it expires";
        Self::new(Kind::InvalidUploadToken, detail)
    }

    /// No response of this respondent.
    pub fn no_such_response() -> Self {
        let detail = "nobody has been asked for, or sent, a response with this project, step and email";
        Self::new(Kind::NoSuchResponse, detail)
    }

    /// No schema of this name.
    pub fn no_such_document() -> Self {
        Self::new(
            Kind::NoSuchDocument,
            "see /openapi.json, and schemas/ in the repository, for what there is",
        )
    }

    /// No route has this path.
    pub fn no_such_route() -> Self {
        Self::new(Kind::NoSuchRoute, "no route has this path: see /openapi.json")
    }

    /// The route has other methods.
    pub fn no_such_method() -> Self {
        Self::new(
            Kind::NoSuchMethod,
            "the header Allow lists the methods of this path",
        )
    }

    /// A finished response stands, and who asked may not replace it.
    pub fn answered() -> Self {
        let detail = "there is a response already: ask whoever runs the project to have it replaced";
        Self::new(Kind::AlreadyAnswered, detail)
    }

    /// The response is being removed.
    pub fn deleting() -> Self {
        let detail = "the earlier response is being removed: try again when it is gone";
        Self::new(Kind::BeingDeleted, detail)
    }

    /// Nothing has failed.
    pub fn not_failed() -> Self {
        let detail = "only a response whose status is failed can be tried again";
        Self::new(Kind::NotFailed, detail)
    }

    /// The upload has no parts.
    pub fn not_in_parts() -> Self {
        let detail = "this upload goes in one post: ask with \"method\": \"multipart\" for one in parts";
        Self::new(Kind::NotInParts, detail)
    }

    /// The store knows the upload no more.
    pub fn upload_over() -> Self {
        let detail = "it was given up, or cleaned up, before it was complete: ask for a new one";
        Self::new(Kind::UploadOver, detail)
    }

    /// Some parts have not arrived.
    pub fn upload_incomplete(missing: &str) -> Self {
        Self::new(
            Kind::UploadIncomplete,
            format!("send what is missing, then complete it: {missing}"),
        )
    }

    /// A token or a cursor could not be made; the log has the reason.
    pub fn unsealed(reason: &'static str) -> Self {
        tracing::error!(reason, "nothing was sealed");
        Self::unavailable()
    }

    fn unavailable() -> Self {
        let detail = "a service behind this one does not answer: try again in a moment";
        Self::new(Kind::Unavailable, detail)
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

impl From<AwsError> for Problem {
    fn from(error: AwsError) -> Self {
        tracing::error!(error = error.chain(), "a call failed");
        Self::unavailable()
    }
}

impl From<SecretError> for Problem {
    fn from(error: SecretError) -> Self {
        tracing::error!(error = error.to_string(), "the stage's secret could not be had");
        Self::unavailable()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.kind.status();
        let document = Document {
            kind: format!("{TYPE_PREFIX}{}", self.kind.name()),
            title: self.kind.title(),
            status: status.as_u16(),
            detail: &self.detail,
            field: self.field.as_deref(),
            request_id: None,
        };
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if self.kind == Kind::Unavailable {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(RETRY_SECONDS));
        }
        let body = Json(document).into_response().into_body();
        (status, headers, body).into_response()
    }
}
