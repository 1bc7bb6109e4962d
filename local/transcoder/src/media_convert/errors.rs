//! MediaConvert's errors.

use axum::http::StatusCode;

use crate::api_error::{ApiError, ErrorName};

/// Returns the status and the name of an error.
pub fn error_name(error: &ApiError) -> ErrorName {
    match error {
        ApiError::Validation(_) => (StatusCode::BAD_REQUEST, "BadRequestException"),
        ApiError::NotFound(_) => (StatusCode::NOT_FOUND, "NotFoundException"),
        ApiError::Conflict(_) => (StatusCode::CONFLICT, "ConflictException"),
        ApiError::Forbidden(_) => (StatusCode::FORBIDDEN, "ForbiddenException"),
        ApiError::MissingAuthenticationToken => {
            (StatusCode::FORBIDDEN, "MissingAuthenticationTokenException")
        }
        ApiError::IncompleteSignature => (StatusCode::FORBIDDEN, "IncompleteSignatureException"),
        ApiError::UnknownOperation => (StatusCode::NOT_FOUND, "UnknownOperationException"),
        ApiError::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLargeException"),
        ApiError::Throttled => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException"),
        ApiError::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "InternalServerErrorException"),
    }
}
