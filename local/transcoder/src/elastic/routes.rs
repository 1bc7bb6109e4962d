//! The routes.

use std::sync::Arc;

use axum::routing::{get, post};
use axum::{Router, middleware};

use super::front::ElasticTranscoderFront;
use super::{jobs, pipelines, presets, validation};
use crate::admission::{self, Admission};
use crate::model;

/// Returns the routes, which reject requests that break the service's model.
pub fn router(front: Arc<ElasticTranscoderFront>) -> Router {
    let admission = Admission {
        model: &model::ELASTIC_TRANSCODER,
        limiter: Arc::clone(&front.limiter),
        describe: validation::describe,
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
        .nest("/2012-09-25", paths)
        .layer(middleware::from_fn_with_state(admission, admission::admit))
        .with_state(front)
}
