//! MediaConvert's REST API (2017-08-29): an adapter between its words and a job's.

pub(crate) mod event;
#[cfg(test)]
mod example;
mod jobs;
mod meaning;
mod order;
mod probe;
pub(crate) mod queue;
mod queues;
mod settings;
mod tags;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::routing::{get, post};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub(crate) use order::Order;

use crate::api::error::ApiError;
use crate::page::{Asked, Page};
use crate::service::Service;

/// What the paths of this API begin with.
pub(crate) const VERSION: &str = "/2017-08-29";

/// Its routes.
pub(crate) fn router() -> Router<Arc<Service>> {
    let paths = Router::new()
        .route("/jobs", get(jobs::list).post(jobs::create))
        .route("/jobs/{id}", get(jobs::get).delete(jobs::cancel))
        .route("/probe", post(probe::probe))
        .route("/queues", get(queues::list).post(queues::create))
        .route(
            "/queues/{name}",
            get(queues::get).put(queues::update).delete(queues::delete),
        )
        .route("/tags", post(tags::tag))
        .route("/tags/{arn}", get(tags::list).put(tags::untag));
    Router::new().nest(VERSION, paths)
}

/// Reads a request's body; an empty one is an empty object. What is not known would be ignored, and is refused.
fn body<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, ApiError> {
    let text: &[u8] = if bytes.is_empty() { b"{}" } else { bytes };
    let value: Value = serde_json::from_slice(text).map_err(|error| invalid("", error))?;
    if !value.is_object() {
        return Err(invalid("", "the body is no object"));
    }
    serde_path_to_error::deserialize(value).map_err(|error| invalid(&error.path().to_string(), error.inner()))
}

/// A refusal that names the field.
fn invalid(field: &str, problem: impl std::fmt::Display) -> ApiError {
    let path = field.replace(['.', '['], "/").replace(']', "");
    ApiError::Validation(format!("/{path}: {problem}"))
}

/// The answer to a list's request: the page that its query asks for, under the list's name.
fn listed<T>(
    name: &str,
    query: &HashMap<String, String>,
    page: impl FnOnce(Asked<'_>) -> Page<T>,
    show: impl Fn(&T) -> Value,
) -> Result<Value, ApiError> {
    let ascending = match query.get("order").map(String::as_str) {
        None | Some("DESCENDING") => false,
        Some("ASCENDING") => true,
        Some(order) => {
            return Err(invalid(
                "order",
                format!("'{order}' is not ASCENDING or DESCENDING"),
            ));
        }
    };
    let size = match query.get("maxResults").map(|size| size.parse()) {
        None => 20,
        Some(Ok(size @ 1..=20)) => size,
        Some(_) => return Err(invalid("maxResults", "is not a number from 1 to 20")),
    };
    let Page { items, next } = page(Asked {
        ascending,
        token: query.get("nextToken").map(String::as_str),
        size,
    });
    let shown: Vec<Value> = items.iter().map(show).collect();
    let mut answer = json!({ name: shown });
    if let Some(next) = next {
        answer["nextToken"] = json!(next);
    }
    Ok(answer)
}

/// Times go over this wire in seconds since 1970.
fn seconds(millis: u64) -> u64 {
    millis / 1000
}
