//! The HTTP API: asks for uploads, lists and shows responses.
//!
//! A request comes from API Gateway through [`gateway`], which is the one place that knows its event; the
//! routes are plain axum. Every error is a [`problem::Problem`].

use axum::Router;
use axum::middleware;

pub mod app;
mod caller;
mod extract;
pub mod gateway;
mod log;
pub mod problem;
mod routes;
pub mod settings;

pub use app::App;
pub use settings::Settings;

/// The API: every route, with one line of log a request and problem documents for what no route answers.
pub fn router(app: App) -> Router {
    Router::new()
        .merge(routes::responses::routes())
        .merge(routes::chalice::routes())
        .merge(routes::health::routes())
        .fallback(async || problem::Problem::no_such_route())
        .method_not_allowed_fallback(async || problem::Problem::no_such_method())
        .layer(middleware::from_fn(log::one_line))
        .with_state(app)
}
