//! `GET /health`: the function runs. It asks nobody else.

use axum::routing::get;
use axum::{Json, Router};
use schemars::JsonSchema;
use serde::Serialize;

use crate::App;

/// The function runs.
#[derive(Serialize, JsonSchema)]
pub struct Health {
    /// Always `ok`.
    #[schemars(extend("const" = "ok"))]
    status: &'static str,
}

pub fn routes() -> Router<App> {
    Router::new().route("/health", get(async || Json(Health { status: "ok" })))
}
