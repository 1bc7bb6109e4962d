//! `GET /openapi.json` and `GET /schemas/{name}`: what this API is, and what its documents are.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;

use crate::App;
use crate::extract::Path;
use crate::problem::Problem;

/// They change with a release: an hour is soon enough.
const CACHED: &str = "public, max-age=3600";

const OPENAPI: &str = include_str!("../../../schemas/openapi.json");

/// The published schemas by their path below `/schemas/`.
const SCHEMAS: [(&str, &str); 5] = [
    (
        "v1/response-item.json",
        include_str!("../../../schemas/v1/response-item.json"),
    ),
    (
        "v1/response.json",
        include_str!("../../../schemas/v1/response.json"),
    ),
    (
        "v1/s3-eventbridge.json",
        include_str!("../../../schemas/v1/s3-eventbridge.json"),
    ),
    (
        "v1/s3-notification.json",
        include_str!("../../../schemas/v1/s3-notification.json"),
    ),
    (
        "v1/s3-test-event.json",
        include_str!("../../../schemas/v1/s3-test-event.json"),
    ),
];

pub fn routes() -> Router<App> {
    Router::new()
        .route("/openapi.json", get(openapi))
        .route("/schemas/{*name}", get(schema))
}

async fn openapi() -> impl IntoResponse {
    document("application/json", OPENAPI)
}

async fn schema(Path(name): Path<String>) -> Result<impl IntoResponse, Problem> {
    let found = SCHEMAS.iter().find(|(path, _)| *path == name);
    let (_, text) = found.ok_or_else(Problem::no_such_document)?;
    Ok(document("application/schema+json", text))
}

fn document(media_type: &'static str, text: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, media_type), (CACHE_CONTROL, CACHED)], text)
}
