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

use axum::middleware;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

pub(crate) use order::Order;

use crate::api::admission::{self, Admission};
use crate::model;
use crate::page::{Asked, Page};
use crate::service::Service;

/// What the paths of this API begin with.
pub(crate) const VERSION: &str = "/2012-09-25";

/// How many items a page has.
const PAGE: usize = 50;

/// Its routes.
pub(crate) fn router(service: &Arc<Service>) -> Router<Arc<Service>> {
    let admission = Admission {
        model: &model::ELASTIC_TRANSCODER,
        limiter: |service| &service.limits.elastic,
        refusal: validation::refusal,
        service: Arc::clone(service),
    };
    let paths = Router::new()
        .route("/pipelines", get(pipelines::list).post(pipelines::create))
        .route(
            "/pipelines/{Id}",
            get(pipelines::read)
                .put(pipelines::update)
                .delete(pipelines::delete),
        )
        .route("/pipelines/{Id}/status", post(pipelines::update_status))
        .route(
            "/pipelines/{Id}/notifications",
            post(pipelines::update_notifications),
        )
        .route("/presets", get(presets::list).post(presets::create))
        .route("/presets/{Id}", get(presets::read).delete(presets::delete))
        .route("/jobs", post(jobs::create))
        .route("/jobs/{Id}", get(jobs::read).delete(jobs::cancel))
        .route("/jobsByPipeline/{PipelineId}", get(jobs::list_by_pipeline))
        .route("/jobsByStatus/{Status}", get(jobs::list_by_status));
    Router::new()
        .nest(VERSION, paths)
        .layer(middleware::from_fn_with_state(admission, admission::admit))
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
) -> Json<Value> {
    let Page { items, next } = page(Asked {
        ascending: query
            .get("Ascending")
            .is_some_and(|ascending| ascending == "true"),
        token: query.get("PageToken").map(String::as_str),
        size: PAGE,
    });
    let shown: Vec<Value> = items.iter().map(show).collect();
    let mut answer = json!({ name: shown });
    if let Some(next) = next {
        answer["NextPageToken"] = json!(next);
    }
    Json(answer)
}
