//! Problem documents (RFC 9457), the only body of an error.

use std::borrow::Cow;

use aws::AwsError;
use aws::error::chain;
use aws::secret::SecretError;
use aws::table::TableError;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use model::Invalid;
use schemars::JsonSchema;
use serde::Serialize;
use strum::{EnumIter, IntoStaticStr};

/// How long a client should wait before it repeats a request, in seconds.
const RETRY_SECONDS: &str = "2";

/// RFC 9457's media type.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// The prefix of a problem's `type`; the rest names a page in `docs/problems`.
pub const TYPE_PREFIX: &str = "urn:video-responses:problem:";

/// The kinds of problems. Each has a page in `docs/problems`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, EnumIter, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum ProblemKind {
    /// A field of the request is invalid.
    InvalidRequest,
    /// The token lacks a scope, or there is no token.
    MissingScope,
    /// The upload token belongs to another upload, or has expired.
    InvalidUploadToken,
    /// The response does not exist.
    NoSuchResponse,
    /// The document does not exist.
    NoSuchDocument,
    /// No route has this path.
    NoSuchRoute,
    /// The path has other methods.
    NoSuchMethod,
    /// The response is finished, and the caller may not replace it.
    AlreadyAnswered,
    /// The response is being deleted.
    BeingDeleted,
    /// The response has not failed.
    NotFailed,
    /// The upload is a POST, not in parts.
    NotInParts,
    /// The upload was completed, canceled or cleaned up.
    UploadOver,
    /// Parts of the upload are missing.
    UploadIncomplete,
    /// The body has more than 64 KiB.
    BodyTooLarge,
    /// The body has another media type than JSON.
    NotJson,
    /// A service behind the API throttles or fails.
    Unavailable,
}

impl ProblemKind {
    /// Returns the HTTP status and the title.
    const fn facts(self) -> (StatusCode, &'static str) {
        match self {
            Self::InvalidRequest => (StatusCode::BAD_REQUEST, "The request is invalid"),
            Self::MissingScope => (StatusCode::FORBIDDEN, "The token lacks a scope"),
            Self::InvalidUploadToken => (StatusCode::FORBIDDEN, "The upload token is invalid"),
            Self::NoSuchResponse => (StatusCode::NOT_FOUND, "The response does not exist"),
            Self::NoSuchDocument => (StatusCode::NOT_FOUND, "The document does not exist"),
            Self::NoSuchRoute => (StatusCode::NOT_FOUND, "The path does not exist"),
            Self::NoSuchMethod => (StatusCode::METHOD_NOT_ALLOWED, "The method is not allowed"),
            Self::AlreadyAnswered => (StatusCode::CONFLICT, "The response exists already"),
            Self::BeingDeleted => (StatusCode::CONFLICT, "The response is being deleted"),
            Self::NotFailed => (StatusCode::CONFLICT, "The response has not failed"),
            Self::NotInParts => (StatusCode::CONFLICT, "The upload is not in parts"),
            Self::UploadOver => (StatusCode::CONFLICT, "The upload is over"),
            Self::UploadIncomplete => (StatusCode::CONFLICT, "Parts are missing"),
            Self::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "The body is too large"),
            Self::NotJson => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body is not JSON"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "Temporarily unavailable"),
        }
    }

    /// Returns the HTTP status.
    pub const fn status(self) -> StatusCode {
        self.facts().0
    }

    /// Returns the last part of the `type`, which is also the name of the kind's page.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Returns the title.
    pub const fn title(self) -> &'static str {
        self.facts().1
    }
}

/// An error for the client. It never contains an SDK's message or an internal name.
#[derive(Clone, Debug)]
pub struct Problem {
    kind: ProblemKind,
    detail: Cow<'static, str>,
    field: Option<Cow<'static, str>>,
}

/// A problem document (RFC 9457).
#[derive(Serialize, JsonSchema)]
#[schemars(title = "Problem", rename = "Problem")]
pub struct ProblemDocument<'a> {
    /// The kind of problem: `urn:video-responses:problem:` and the name of its page. Later versions may add kinds.
    #[serde(rename = "type")]
    #[schemars(regex(pattern = "^urn:video-responses:problem:[a-z-]+$"))]
    kind: String,
    /// The title of the kind.
    title: &'a str,
    /// The HTTP status.
    #[schemars(range(min = 400, max = 599))]
    status: u16,
    /// What is wrong with this request, and how to fix it.
    detail: &'a str,
    /// The invalid field.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    /// API Gateway's identifier of the request, for the operators: it is in the log.
    request_id: &'a str,
}

impl Problem {
    fn new(kind: ProblemKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            field: None,
        }
    }

    /// A field of the request is invalid; the detail says what is valid.
    pub fn invalid(field: impl Into<Cow<'static, str>>, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            field: Some(field.into()),
            ..Self::new(ProblemKind::InvalidRequest, detail)
        }
    }

    /// The path is ambiguous.
    pub fn malformed_path() -> Self {
        let detail = "the path is invalid: it may not contain spaces, controls, ? # % \\, other characters than ASCII, or segments of dots";
        Self::invalid("path", detail)
    }

    /// The body is no JSON object.
    pub fn malformed_body() -> Self {
        Self::invalid("body", "the body is not a JSON object in UTF-8")
    }

    /// The body is larger than any valid request.
    pub fn body_too_large(max: usize) -> Self {
        let detail =
            format!("the body is at most {max} bytes: send the video itself to the URL of the upload");
        Self::new(ProblemKind::BodyTooLarge, detail)
    }

    /// The body has another media type.
    pub fn not_json() -> Self {
        Self::new(
            ProblemKind::NotJson,
            "send the body with the content type application/json",
        )
    }

    /// The caller's token lacks a scope, or there is no token.
    pub fn missing_scope(scope: &str) -> Self {
        Self::new(
            ProblemKind::MissingScope,
            format!("send a token with the scope {scope}"),
        )
    }

    /// The upload token is missing, belongs to another upload, or has expired.
    pub fn invalid_upload_token() -> Self {
        let detail = "send the token of this upload in the header upload-token, before the upload expires";
        Self::new(ProblemKind::InvalidUploadToken, detail)
    }

    /// The response does not exist.
    pub fn no_such_response() -> Self {
        let detail = "there is no response with this project, step and email";
        Self::new(ProblemKind::NoSuchResponse, detail)
    }

    /// The document does not exist; the detail lists those that exist.
    pub fn no_such_document(detail: String) -> Self {
        Self::new(ProblemKind::NoSuchDocument, detail)
    }

    /// No route has this path.
    pub fn no_such_route() -> Self {
        Self::new(
            ProblemKind::NoSuchRoute,
            "no route has this path: /openapi.json lists all paths",
        )
    }

    /// The path has other methods.
    pub fn no_such_method() -> Self {
        Self::new(
            ProblemKind::NoSuchMethod,
            "the header Allow lists the methods of this path",
        )
    }

    /// The response is finished, and the caller may not replace it.
    pub fn answered() -> Self {
        let detail = "a finished response of an open project is not replaced: ask the project's owner to delete it first";
        Self::new(ProblemKind::AlreadyAnswered, detail)
    }

    /// The response is being deleted.
    pub fn deleting() -> Self {
        let detail = "the earlier response is being deleted: repeat the request when it no longer exists";
        Self::new(ProblemKind::BeingDeleted, detail)
    }

    /// The response has not failed.
    pub fn not_failed() -> Self {
        let detail = "only a response with the status failed can be retried";
        Self::new(ProblemKind::NotFailed, detail)
    }

    /// The upload has no parts.
    pub fn not_in_parts() -> Self {
        let detail = "this upload is a POST: request one with \"method\": \"multipart\" to send parts";
        Self::new(ProblemKind::NotInParts, detail)
    }

    /// The upload was canceled or cleaned up.
    pub fn upload_over() -> Self {
        let detail = "the upload was canceled or expired before it was complete: request a new one";
        Self::new(ProblemKind::UploadOver, detail)
    }

    /// Some parts have not arrived.
    pub fn upload_incomplete(missing: &str) -> Self {
        Self::new(
            ProblemKind::UploadIncomplete,
            format!("send the missing parts, then repeat the request: {missing}"),
        )
    }

    /// A token cannot be encrypted; the log has the reason.
    pub fn cipher_failed(reason: &'static str) -> Self {
        tracing::error!(reason, "a token cannot be encrypted");
        Self::unavailable()
    }

    fn unavailable() -> Self {
        let detail = "a service behind the API does not answer: repeat the request after a few seconds";
        Self::new(ProblemKind::Unavailable, detail)
    }
}

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Self {
        Self::invalid(invalid.what, invalid.to_string())
    }
}

macro_rules! unavailable {
    ($($error:ty),*) => {$(
        /// The log has the error.
        impl From<$error> for Problem {
            fn from(error: $error) -> Self {
                tracing::error!(error = chain(&error), "a service failed");
                Self::unavailable()
            }
        }
    )*};
}
unavailable!(TableError, AwsError, SecretError);

impl Problem {
    /// Returns the document for a request.
    pub fn document(&self, request_id: &str) -> String {
        let document = ProblemDocument {
            kind: format!("{TYPE_PREFIX}{}", self.kind.name()),
            title: self.kind.title(),
            status: self.kind.status().as_u16(),
            detail: &self.detail,
            field: self.field.as_deref(),
            request_id,
        };
        serde_json::to_string(&document).unwrap_or_default()
    }
}

/// Keeps the problem in the response's extensions: the gateway module writes the document, which names the request.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if self.kind == ProblemKind::Unavailable {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(RETRY_SECONDS));
        }
        let mut response = (self.kind.status(), headers).into_response();
        response.extensions_mut().insert(self);
        response
    }
}
