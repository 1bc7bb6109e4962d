//! The error shape of both services: the kind in a header, a sentence in the body.

use axum::Json;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::media_convert;
use crate::store::StoreError;

const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

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
    /// This service failed.
    #[error("{0}")]
    Internal(String),
}

/// What an error is called.
#[derive(Debug, Clone, Copy)]
struct Kind {
    elastic_transcoder: &'static str,
    media_convert: &'static str,
}

impl ApiError {
    fn kind(&self) -> (StatusCode, Kind) {
        let named = |status, elastic_transcoder, media_convert| {
            let kind = Kind {
                elastic_transcoder,
                media_convert,
            };
            (status, kind)
        };
        let both = |status, name| named(status, name, name);
        match self {
            Self::Validation(_) => named(
                StatusCode::BAD_REQUEST,
                "ValidationException",
                "BadRequestException",
            ),
            Self::NotFound(_) => named(
                StatusCode::NOT_FOUND,
                "ResourceNotFoundException",
                "NotFoundException",
            ),
            Self::Conflict(_) => named(
                StatusCode::CONFLICT,
                "ResourceInUseException",
                "ConflictException",
            ),
            Self::Forbidden(_) => named(
                StatusCode::FORBIDDEN,
                "AccessDeniedException",
                "ForbiddenException",
            ),
            Self::MissingAuthenticationToken => {
                both(StatusCode::FORBIDDEN, "MissingAuthenticationTokenException")
            }
            Self::IncompleteSignature => both(StatusCode::FORBIDDEN, "IncompleteSignatureException"),
            Self::UnknownOperation => both(StatusCode::NOT_FOUND, "UnknownOperationException"),
            Self::Internal(_) => named(
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalServiceException",
                "InternalServerErrorException",
            ),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, kind) = self.kind();
        let mut response = (status, Json(json!({ "message": self.to_string() }))).into_response();
        response.extensions_mut().insert(kind);
        response
    }
}

/// Names the error of an answer as the service does whose API the path is of.
pub fn name(path: &str, response: &mut Response) {
    let Some(kind) = response.extensions_mut().remove::<Kind>() else {
        return;
    };
    let name = if path.starts_with(media_convert::VERSION) {
        kind.media_convert
    } else {
        kind.elastic_transcoder
    };
    let headers: &mut HeaderMap = response.headers_mut();
    headers.insert(ERROR_TYPE, HeaderValue::from_static(name));
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a record could not be kept");
        Self::Internal(error.to_string())
    }
}
