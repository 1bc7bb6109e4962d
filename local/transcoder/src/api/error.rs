//! The error shape of both services: the kind in a header, a sentence in the body.

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::media_convert;
use crate::store::StoreError;

const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// The longest text of an extractor's refusal, in bytes.
const MAX_TEXT: usize = 4096;

/// What a request can be refused with.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// A value is missing or wrong.
    #[error("{0}")]
    Validation(String),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// It cannot be changed now.
    #[error("{0}")]
    Conflict(String),
    /// It can never be changed.
    #[error("{0}")]
    Forbidden(String),
    /// A request without a signature.
    #[error("Missing Authentication Token")]
    MissingAuthenticationToken,
    /// A request with a signature of another kind.
    #[error("Authorization header requires the AWS4-HMAC-SHA256 algorithm.")]
    IncompleteSignature,
    /// No operation has this method and path, or it is not served here.
    #[error("The requested operation is not known to this service.")]
    UnknownOperation,
    /// A body that is larger than any that is served.
    #[error("{0}")]
    TooLarge(String),
    /// Too many calls at once: nothing was done.
    #[error("Rate exceeded")]
    Throttled,
    /// This service failed.
    #[error("{0}")]
    Internal(String),
}

/// What an error is to a client: the answer's status and the error's name.
type Shown = (StatusCode, &'static str);

/// What an error is to each service's clients.
#[derive(Debug, Clone, Copy)]
struct Kind {
    elastic_transcoder: Shown,
    media_convert: Shown,
}

impl Kind {
    /// One that has the same status with both services.
    fn new(status: StatusCode, elastic_transcoder: &'static str, media_convert: &'static str) -> Self {
        Self {
            elastic_transcoder: (status, elastic_transcoder),
            media_convert: (status, media_convert),
        }
    }
}

impl ApiError {
    fn kind(&self) -> Kind {
        let both = |status, name| Kind::new(status, name, name);
        match self {
            Self::Validation(_) => Kind::new(
                StatusCode::BAD_REQUEST,
                "ValidationException",
                "BadRequestException",
            ),
            Self::NotFound(_) => Kind::new(
                StatusCode::NOT_FOUND,
                "ResourceNotFoundException",
                "NotFoundException",
            ),
            Self::Conflict(_) => Kind::new(
                StatusCode::CONFLICT,
                "ResourceInUseException",
                "ConflictException",
            ),
            Self::Forbidden(_) => Kind::new(
                StatusCode::FORBIDDEN,
                "AccessDeniedException",
                "ForbiddenException",
            ),
            Self::MissingAuthenticationToken => {
                both(StatusCode::FORBIDDEN, "MissingAuthenticationTokenException")
            }
            // Elastic Transcoder's developer guide, "API error codes"; elsewhere on AWS it is 403.
            Self::IncompleteSignature => Kind {
                elastic_transcoder: (StatusCode::BAD_REQUEST, "IncompleteSignatureException"),
                media_convert: (StatusCode::FORBIDDEN, "IncompleteSignatureException"),
            },
            Self::UnknownOperation => both(StatusCode::NOT_FOUND, "UnknownOperationException"),
            Self::TooLarge(_) => both(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLargeException"),
            // 400 as boto/botocore#235 has it from the service; the developer guide says 429.
            Self::Throttled => Kind {
                elastic_transcoder: (StatusCode::BAD_REQUEST, "ThrottlingException"),
                media_convert: (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException"),
            },
            Self::Internal(_) => Kind::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalServiceException",
                "InternalServerErrorException",
            ),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let kind = self.kind();
        let body = Json(json!({ "message": self.to_string() }));
        let mut response = (kind.elastic_transcoder.0, body).into_response();
        response.extensions_mut().insert(kind);
        response
    }
}

/// Makes an answer's error that of the service whose API the path is of; also the plain text with which axum's
/// extractors refuse a request.
pub async fn name(path: &str, response: &mut Response) {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if is_error && response.extensions().get::<Kind>().is_none() {
        *response = refused(status, std::mem::take(response.body_mut())).await;
    }
    let Some(kind) = response.extensions_mut().remove::<Kind>() else {
        return;
    };
    let (status, name) = if path.starts_with(media_convert::VERSION) {
        kind.media_convert
    } else {
        kind.elastic_transcoder
    };
    *response.status_mut() = status;
    let headers: &mut HeaderMap = response.headers_mut();
    headers.insert(ERROR_TYPE, HeaderValue::from_static(name));
}

/// An answer that has no kind yet, with its text as the message.
async fn refused(status: StatusCode, body: Body) -> Response {
    let text = to_bytes(body, MAX_TEXT).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let error = match status {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLarge(text),
        status if status.is_client_error() => ApiError::Validation(text),
        _ => ApiError::Internal(text),
    };
    error.into_response()
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a record could not be kept");
        Self::Internal(error.to_string())
    }
}
