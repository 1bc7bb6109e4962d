//! `GET /health`: the function runs. It asks nobody else.

use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::App;

pub fn routes() -> Router<App> {
    Router::new().route("/health", get(health))
}

async fn health() -> Json<Value> {
    Json(json!({"status": "ok"}))
}
