//! Elastic Transcoder's errors (developer guide, "API error codes").

use axum::http::StatusCode;

use crate::api_error::{ApiError, ErrorName};

/// Returns the status and the name of an error.
pub fn error_name(error: &ApiError) -> ErrorName {
    match error {
        ApiError::Validation(_) => (StatusCode::BAD_REQUEST, "ValidationException"),
        ApiError::NotFound(_) => (StatusCode::NOT_FOUND, "ResourceNotFoundException"),
        ApiError::Conflict(_) => (StatusCode::CONFLICT, "ResourceInUseException"),
        ApiError::Forbidden(_) => (StatusCode::FORBIDDEN, "AccessDeniedException"),
        ApiError::MissingAuthenticationToken => {
            (StatusCode::FORBIDDEN, "MissingAuthenticationTokenException")
        }
        ApiError::IncompleteSignature => (StatusCode::BAD_REQUEST, "IncompleteSignatureException"),
        ApiError::UnknownOperation => (StatusCode::NOT_FOUND, "UnknownOperationException"),
        ApiError::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLargeException"),
        // boto/botocore#235 shows 400 from the service; the developer guide documents 429.
        ApiError::Throttled => (StatusCode::BAD_REQUEST, "ThrottlingException"),
        ApiError::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "InternalServiceException"),
    }
}
