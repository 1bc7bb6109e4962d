//! The routes.

use std::sync::Arc;

use axum::routing::{get, post};
use axum::{Router, middleware};

use super::front::MediaConvertFront;
use super::{jobs, probe, queues, tags};
use crate::admission::{self, Admission};
use crate::model::{self, ShapeProblem};

/// The prefix of this API's paths.
pub const VERSION: &str = "/2017-08-29";

/// Returns the routes, which reject requests that break the service's model.
pub fn router(front: Arc<MediaConvertFront>) -> Router {
    let admission = Admission {
        model: &model::MEDIA_CONVERT,
        limiter: Arc::clone(&front.limiter),
        describe: |problems| {
            problems
                .first()
                .map(ShapeProblem::media_convert)
                .unwrap_or_default()
        },
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
        .with_state(front)
}
