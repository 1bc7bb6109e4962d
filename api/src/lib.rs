//! The HTTP API: issues uploads, lists, plays and deletes responses.
//!
//! [`gateway`] converts API Gateway's events; the routes are plain axum handlers, each in an [`operation::Operation`] that
//! also describes it. Every error is a [`problem::Problem`].

use axum::{Router, middleware};

mod access_log;
pub mod app;
mod caller;
mod examples;
mod extract;
pub mod gateway;
mod limits;
pub mod operation;
mod pages;
pub mod problem;
mod routes;
#[cfg(test)]
mod schema_agreement;
pub mod scope;
pub mod settings;
mod token_cipher;
mod upload_request;
pub mod upload_token;
pub mod views;

pub use app::App;
pub use routes::{SCHEMA_ID_PREFIX, TAGS, operations};
pub use settings::ApiSettings;

/// Returns the router of all operations. It logs each request and replies with a problem document where no operation
/// matches.
pub fn router(app: App) -> Router {
    operation::router(operations())
        .fallback(routes::no_such_route)
        .method_not_allowed_fallback(async || problem::Problem::no_such_method())
        .layer(middleware::from_fn(access_log::access_log))
        .with_state(app)
}
