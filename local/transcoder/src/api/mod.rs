//! Both services' REST APIs on one port.

mod errors;
#[cfg(test)]
pub(crate) mod harness;
mod local;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use uuid::Uuid;

use crate::api_error::ApiError;
use crate::service::TranscoderService;
use crate::{elastic, media_convert};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// Returns all routes.
pub fn router(service: Arc<TranscoderService>) -> Router {
    let signed = elastic::router(Arc::clone(&service.elastic))
        .merge(media_convert::router(Arc::clone(&service.media_convert)))
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
        .layer(middleware::from_fn(require_signature));
    Router::new()
        .route("/health", get(local::health))
        .route("/local/progress", get(local::progress))
        .route("/local/jobs/{id}", get(local::job))
        .route("/local/rate", get(local::rate).put(local::set_rate))
        .with_state(service)
        .merge(signed)
        .layer(middleware::from_fn(identify))
}

async fn unknown() -> ApiError {
    ApiError::UnknownOperation
}

/// Rejects a request without a signature. The signature is not checked: the service knows no secret keys.
async fn require_signature(request: Request, next: Next) -> Response {
    let authorization = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    match authorization {
        Some(value) if value.starts_with("AWS4-HMAC-SHA256 ") => next.run(request).await,
        Some(_) => ApiError::IncompleteSignature.into_response(),
        None => ApiError::MissingAuthenticationToken.into_response(),
    }
}

/// Gives each response an identifier and each error its name, and logs failures of the service.
async fn identify(request: Request, next: Next) -> Response {
    let id = Uuid::now_v7().to_string();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = next.run(request).await;
    errors::render(&path, &mut response).await;
    let status = response.status().as_u16();
    if status >= 500 {
        tracing::error!(%method, path, status, request_id = id, "answered");
    } else {
        tracing::debug!(%method, path, status, request_id = id, "answered");
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::harness::Server;

    #[tokio::test]
    async fn errors_of_axum_have_the_services_format() {
        let server = Server::new();
        let large = json!("x".repeat(3 << 20));
        let mut seen = Vec::new();
        for (method, path, body) in [
            ("POST", "/2012-09-25/jobs", large.clone()),
            ("POST", "/2017-08-29/jobs", large),
            ("GET", "/2012-09-25/jobs/%FF", Value::Null),
            ("GET", "/2017-08-29/jobs/%FF", Value::Null),
        ] {
            let (status, kind, answer) = server.send(method, path, body).await;
            seen.push(format!("{method} {path}: {status} {kind} {answer}"));
        }
        insta::assert_snapshot!(seen.join("\n"), @r#"
        POST /2012-09-25/jobs: 413 Payload Too Large RequestEntityTooLargeException {"message":"Failed to buffer the request body: length limit exceeded"}
        POST /2017-08-29/jobs: 413 Payload Too Large RequestEntityTooLargeException {"message":"Failed to buffer the request body: length limit exceeded"}
        GET /2012-09-25/jobs/%FF: 400 Bad Request ValidationException {"message":"Invalid UTF-8 in `Id`"}
        GET /2017-08-29/jobs/%FF: 400 Bad Request BadRequestException {"message":"Invalid UTF-8 in `id`"}
        "#);
    }
}
