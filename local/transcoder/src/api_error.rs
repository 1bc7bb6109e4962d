//! Errors of requests, independent of the API. Each API maps them to its service's names.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::store::StoreError;

/// The status of a response and the name of its error, as one API documents them.
pub type ErrorName = (StatusCode, &'static str);

/// The reason why a request is rejected.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ApiError {
    /// A value is missing or wrong.
    #[error("{0}")]
    Validation(String),
    /// The resource does not exist.
    #[error("{0}")]
    NotFound(String),
    /// The resource cannot be changed now.
    #[error("{0}")]
    Conflict(String),
    /// The resource can never be changed.
    #[error("{0}")]
    Forbidden(String),
    /// The request has no signature.
    #[error("Missing Authentication Token")]
    MissingAuthenticationToken,
    /// The signature is of another kind.
    #[error("Authorization header requires the AWS4-HMAC-SHA256 algorithm.")]
    IncompleteSignature,
    /// No supported operation has this method and path.
    #[error("The requested operation is not known to this service.")]
    UnknownOperation,
    /// The body exceeds the maximum size.
    #[error("{0}")]
    TooLarge(String),
    /// Too many calls at once. Nothing was done.
    #[error("Rate exceeded")]
    Throttled,
    /// The service failed.
    #[error("{0}")]
    Internal(String),
}

impl IntoResponse for ApiError {
    /// Returns the body. The error itself is an extension of the response, from which `api` renders status and name.
    fn into_response(self) -> Response {
        let mut response = Json(json!({ "message": self.to_string() })).into_response();
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a record cannot be written");
        Self::Internal(error.to_string())
    }
}
