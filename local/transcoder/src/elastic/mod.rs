//! Elastic Transcoder's REST API (2012-09-25): an adapter between its words and a job's.

mod jobs;
pub(crate) mod notification;
mod numbers;
mod order;
pub(crate) mod pipeline;
mod pipelines;
pub mod preset;
mod presets;
#[cfg(test)]
mod tests;
mod validation;

use std::collections::HashMap;
use std::sync::Arc;

use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

pub(crate) use order::Order;

use crate::api::error::ApiError;
use crate::page::{Asked, Page};
use crate::service::Service;
use validation::Checks;

/// What the paths of this API begin with.
pub(crate) const VERSION: &str = "/2012-09-25";

/// How many items a page has.
const PAGE: usize = 50;

/// Its routes.
pub(crate) fn router() -> Router<Arc<Service>> {
    let paths = Router::new()
        .route("/pipelines", get(pipelines::list).post(pipelines::create))
        .route(
            "/pipelines/{id}",
            get(pipelines::read)
                .put(pipelines::update)
                .delete(pipelines::delete),
        )
        .route("/pipelines/{id}/status", post(pipelines::update_status))
        .route(
            "/pipelines/{id}/notifications",
            post(pipelines::update_notifications),
        )
        .route("/presets", get(presets::list).post(presets::create))
        .route("/presets/{id}", get(presets::read).delete(presets::delete))
        .route("/jobs", post(jobs::create))
        .route("/jobs/{id}", get(jobs::read).delete(jobs::cancel))
        .route("/jobsByPipeline/{id}", get(jobs::list_by_pipeline))
        .route("/jobsByStatus/{status}", get(jobs::list_by_status));
    Router::new().nest(VERSION, paths)
}

/// What deletions answer.
fn success() -> Json<Value> {
    Json(json!({ "Success": "true" }))
}

/// The answer to a list's request: the page that its query asks for, under the list's name.
fn listed<T>(
    name: &str,
    query: &HashMap<String, String>,
    page: impl FnOnce(Asked<'_>) -> Page<T>,
    show: impl Fn(&T) -> Value,
) -> Result<Json<Value>, ApiError> {
    let mut checks = Checks::default();
    let order = query.get("Ascending").map_or("false", String::as_str);
    checks.pattern("ascending", order, "(^true$)|(^false$)", |order| {
        matches!(order, "true" | "false")
    });
    let token = query.get("PageToken").map(String::as_str);
    if let Some(token) = token {
        checks.id("pageToken", token);
    }
    checks.done()?;
    let Page { items, next } = page(Asked {
        ascending: order == "true",
        token,
        size: PAGE,
    });
    let shown: Vec<Value> = items.iter().map(show).collect();
    let mut answer = json!({ name: shown });
    if let Some(next) = next {
        answer["NextPageToken"] = json!(next);
    }
    Ok(Json(answer))
}
