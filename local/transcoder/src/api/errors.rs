//! Renders errors in the format of the requested API: the name in a header, a sentence in the body.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::api_error::ApiError;
use crate::{elastic, media_convert};

const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// The maximum length of an extractor's error text, in bytes.
const MAX_TEXT: usize = 4096;

/// Sets the status and the name of an error, also if one of axum's extractors rejects the request with plain text.
pub async fn render(path: &str, response: &mut Response) {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if is_error && response.extensions().get::<ApiError>().is_none() {
        *response = refused(status, std::mem::take(response.body_mut())).await;
    }
    let Some(error) = response.extensions_mut().remove::<ApiError>() else {
        return;
    };
    let (status, name) = if path.starts_with(media_convert::VERSION) {
        media_convert::error_name(&error)
    } else {
        elastic::error_name(&error)
    };
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(ERROR_TYPE, HeaderValue::from_static(name));
}

/// Converts a plain-text response to an error with this text as its message.
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
