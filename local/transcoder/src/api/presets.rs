//! Presets: the system's own, to read.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::error::ApiError;
use super::validation;
use crate::preset::{self, SYSTEM_PRESETS};
use crate::service::Service;

/// ListPresets: they fit on one page.
pub async fn list(State(service): State<Arc<Service>>) -> Json<Value> {
    let presets: Vec<Value> = SYSTEM_PRESETS
        .iter()
        .map(|preset| preset.document(service.arn_prefix()))
        .collect();
    Json(json!({ "Presets": presets }))
}

/// ReadPreset.
pub async fn read(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    validation::id("id", &id)?;
    let preset = preset::find(&id)
        .ok_or_else(|| ApiError::NotFound(format!("The specified preset was not found: presetId={id}.")))?;
    Ok(Json(json!({ "Preset": preset.document(service.arn_prefix()) })))
}
