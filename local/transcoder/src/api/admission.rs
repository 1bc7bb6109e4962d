//! What a request must be before its handler sees it: within the rate, and as the service model says.

use std::sync::Arc;

use axum::RequestPartsExt;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, MatchedPath, Query, RawPathParams, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::error::ApiError;
use crate::model::{Model, Parts, Problem};
use crate::rate::Limiter;
use crate::service::Service;

/// What one of the two services holds its requests to.
#[derive(Debug, Clone)]
pub struct Admission {
    /// The service's model.
    pub model: &'static Model,
    /// The limit of its CreateJob.
    pub limiter: fn(&Service) -> &Limiter,
    /// Its words for the constraints that a request breaks.
    pub refusal: fn(&[Problem]) -> String,
    /// This program's state.
    pub service: Arc<Service>,
}

/// Lets a request through to its handler, or refuses it.
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
    // Before anything is looked at: a call that is refused for what it says counts too.
    if name == "CreateJob" && !(admission.limiter)(&admission.service).call() {
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
        Err(ApiError::Validation((admission.refusal)(&problems)).into_response())
    }
}
