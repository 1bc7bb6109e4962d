//! The checks of a request before its handler: the rate of CreateJob, and the constraints of the service's model.

use std::sync::Arc;

use axum::RequestPartsExt;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, MatchedPath, Query, RawPathParams, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::api_error::ApiError;
use crate::model::{Model, Parts, ShapeProblem};
use crate::rate::Limiter;

/// The rules of one API for all of its requests.
#[derive(Debug, Clone)]
pub struct Admission {
    /// The service's model.
    pub model: &'static Model,
    /// The limit of its CreateJob calls.
    pub limiter: Arc<Limiter>,
    /// Describes the constraints that a request breaks, as the service does.
    pub describe: fn(&[ShapeProblem]) -> String,
}

/// Passes a request to its handler or rejects it.
pub async fn admit(
    State(admission): State<Admission>,
    request: Request,
    next: Next,
) -> Result<Response, Response> {
    let model = admission.model;
    let route = request.extensions().get::<MatchedPath>();
    let operation = route.and_then(|route| model.operation(request.method().as_str(), route.as_str()));
    let Some((name, operation)) = operation else {
        return Ok(next.run(request).await);
    };
    // Checked first: a call that is rejected for its content counts too.
    if name == "CreateJob" && !admission.limiter.call() {
        return Err(ApiError::Throttled.into_response());
    }
    let (mut parts, body) = request.into_parts();
    let uri: RawPathParams = parts.extract().await.map_err(IntoResponse::into_response)?;
    let uri = uri.iter().map(|(name, text)| (name.to_owned(), text.to_owned()));
    let query = parts.extract().await.map_err(IntoResponse::into_response);
    let Query(query) = query?;
    let body = Request::from_parts(parts.clone(), body);
    let body = Bytes::from_request(body, &())
        .await
        .map_err(IntoResponse::into_response)?;
    let problems = model.problems(
        operation,
        Parts {
            uri: uri.collect(),
            query,
            body: &body,
        },
    );
    if problems.is_empty() {
        Ok(next.run(Request::from_parts(parts, Body::from(body))).await)
    } else {
        Err(ApiError::Validation((admission.describe)(&problems)).into_response())
    }
}
