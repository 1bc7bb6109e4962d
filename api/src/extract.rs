//! What a route takes out of a request; whatever is wrong with it becomes a problem document.

use axum::body::to_bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// The path's parameters.
pub struct Path<T>(pub T);

/// The query's parameters.
pub struct Query<T>(pub T);

/// A JSON body.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(value)| Self(value))
            .map_err(|_| Problem::malformed_path())
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = axum::extract::Query::from_request_parts(parts, state).await;
        let invalid = |rejection: QueryRejection| Problem::invalid("query", rejection.body_text());
        query
            .map(|axum::extract::Query(value)| Self(value))
            .map_err(invalid)
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let content_type = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let essence = content_type
            .and_then(|value| value.split(';').next())
            .map(str::trim);
        if !essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json")) {
            return Err(Problem::not_json());
        }
        // The gateway has bounded it.
        let bytes = to_bytes(request.into_body(), usize::MAX)
            .await
            .map_err(|_| Problem::malformed_body())?;
        // A list of the right values would do for serde, but not for the description.
        if bytes.trim_ascii_start().first() != Some(&b'{') {
            return Err(Problem::malformed_body());
        }
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut json).map_err(invalid_body)?;
        json.end().map_err(|_| Problem::malformed_body())?;
        Ok(Self(value))
    }
}

/// Names the field, where it is one's own value that is wrong; what is missing or unknown is the body's fault.
fn invalid_body(error: serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let path = error.path().to_string();
    let error = error.into_inner();
    if error.is_syntax() || error.is_eof() {
        return Problem::malformed_body();
    }
    let field = if path == "." { "body".to_owned() } else { path };
    Problem::invalid(field, format!("the body is not what it should be: {error}"))
}
