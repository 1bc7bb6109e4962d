//! The HTTP API: hands out uploads, lists, shows and removes responses.
//!
//! A request comes from API Gateway through [`gateway`], which is the one place that knows its event; the
//! routes are plain axum. Every error is a [`problem::Problem`].

use axum::{Router, middleware};

pub mod app;
mod asking;
mod caller;
mod extract;
pub mod gateway;
mod grant;
mod listing;
mod log;
pub mod openapi;
pub mod problem;
mod routes;
mod seal;
pub mod settings;

pub use app::App;
pub use settings::Settings;

/// The API: every route, with one line of log a request and problem documents for what no route answers.
pub fn router(app: App) -> Router {
    routes::routes()
        .fallback(async || problem::Problem::no_such_route())
        .method_not_allowed_fallback(async || problem::Problem::no_such_method())
        .layer(middleware::from_fn(log::one_line))
        .with_state(app)
}
