//! `GET /health`: whether the function runs. It calls no other service.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::operation::{JsonReply, Operation, Success, get};
use crate::problem::Problem;

/// The function runs.
#[derive(Serialize, JsonSchema)]
pub struct Health {
    /// Always `ok`.
    #[schemars(with = "String", extend("const" = "ok"))]
    status: &'static str,
}

pub fn operations() -> Vec<Operation> {
    vec![
        get(
            "/health",
            health,
            "health",
            "Replies if the function runs. It calls no other service.",
        )
        .replies("The function runs.", || vec![("ok", json!({"status": "ok"}))]),
    ]
}

async fn health() -> Result<Success<Health>, Problem> {
    Ok(JsonReply(Health { status: "ok" }))
}
