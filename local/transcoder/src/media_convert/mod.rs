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

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::body::Bytes;
use axum::middleware;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub(crate) use order::Order;

use crate::api::admission::{self, Admission};
use crate::api::error::ApiError;
use crate::metadata::Limits;
use crate::model::{self, Problem};
use crate::page::{Asked, Page};
use crate::service::Service;

/// What the paths of this API begin with.
pub(crate) const VERSION: &str = "/2017-08-29";

/// Its routes.
pub(crate) fn router(service: &Arc<Service>) -> Router<Arc<Service>> {
    let admission = Admission {
        model: &model::MEDIA_CONVERT,
        limiter: |service| &service.limits.media_convert,
        refusal: |problems| problems.first().map(Problem::media_convert).unwrap_or_default(),
        service: Arc::clone(service),
    };
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
    Router::new()
        .nest(VERSION, paths)
        .layer(middleware::from_fn_with_state(admission, admission::admit))
}

/// Reads a request's body; an empty one is an empty object. What is not known would be ignored, and is refused.
fn body<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, ApiError> {
    let text: &[u8] = if bytes.is_empty() { b"{}" } else { bytes };
    let mut document = serde_json::Deserializer::from_slice(text);
    serde_path_to_error::deserialize(&mut document)
        .map_err(|error| invalid(&error.path().to_string(), error.inner()))
}

/// A refusal that names the field.
fn invalid(field: &str, problem: impl std::fmt::Display) -> ApiError {
    let path = field.replace(['.', '['], "/").replace(']', "");
    ApiError::Validation(format!("/{path}: {problem}"))
}

/// Refuses pairs of a field that are beyond what the service allows.
fn check_pairs(field: &str, pairs: &BTreeMap<String, String>, limits: &Limits) -> Result<(), ApiError> {
    match limits.problem(pairs) {
        Some((key, problem)) if key.is_empty() => Err(invalid(field, problem)),
        Some((key, problem)) => Err(invalid(&format!("{field}.{key}"), problem)),
        None => Ok(()),
    }
}

/// The answer to a list's request: the page that its query asks for, under the list's name.
fn listed<T>(
    name: &str,
    query: &HashMap<String, String>,
    page: impl FnOnce(Asked<'_>) -> Page<T>,
    show: impl Fn(&T) -> Value,
) -> Json<Value> {
    let size = query.get("maxResults").and_then(|size| size.parse().ok());
    let Page { items, next } = page(Asked {
        ascending: query.get("order").is_some_and(|order| order == "ASCENDING"),
        token: query.get("nextToken").map(String::as_str),
        size: size.unwrap_or(20),
    });
    let shown: Vec<Value> = items.iter().map(show).collect();
    let mut answer = json!({ name: shown });
    if let Some(next) = next {
        answer["nextToken"] = json!(next);
    }
    Json(answer)
}

/// Times go over this wire in seconds since 1970.
fn seconds(millis: u64) -> u64 {
    millis / 1000
}
