//! The service's error shape: the kind in a header, a sentence in the body.

use axum::Json;
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::store::StoreError;

const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// What a request can be refused with.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// A value is missing or wrong.
    #[error("{0}")]
    Validation(String),
    /// There is no such pipeline, preset or job.
    #[error("{0}")]
    NotFound(String),
    /// It cannot be changed now.
    #[error("{0}")]
    InUse(String),
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

impl ApiError {
    fn kind(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Validation(_) => (StatusCode::BAD_REQUEST, "ValidationException"),
            Self::NotFound(_) => (StatusCode::NOT_FOUND, "ResourceNotFoundException"),
            Self::InUse(_) => (StatusCode::CONFLICT, "ResourceInUseException"),
            Self::MissingAuthenticationToken => {
                (StatusCode::FORBIDDEN, "MissingAuthenticationTokenException")
            }
            Self::IncompleteSignature => (StatusCode::FORBIDDEN, "IncompleteSignatureException"),
            Self::UnknownOperation => (StatusCode::NOT_FOUND, "UnknownOperationException"),
            Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "InternalServiceException"),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, kind) = self.kind();
        (
            status,
            [(ERROR_TYPE, kind)],
            Json(json!({ "message": self.to_string() })),
        )
            .into_response()
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a record could not be kept");
        Self::Internal(error.to_string())
    }
}
