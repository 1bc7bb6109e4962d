//! Presets: create, read, list, delete.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::preset::{self, AudioParameters, Preset, Thumbnails, VideoParameters};
use super::validation;
use super::{listed, success};
use crate::api::error::ApiError;
use crate::job::{self, Record};
use crate::service::Service;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PresetRequest {
    name: String,
    description: Option<String>,
    container: String,
    video: Option<VideoParameters>,
    audio: Option<AudioParameters>,
    thumbnails: Option<Thumbnails>,
}

/// CreatePreset.
pub async fn create(
    State(service): State<Arc<Service>>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let request: PresetRequest = validation::body(&body)?;
    let preset = Preset {
        id: service.identifiers.next(),
        name: request.name,
        description: request.description,
        kind: "Custom".into(),
        container: request.container,
        video: request.video,
        audio: request.audio,
        thumbnails: request.thumbnails,
    };
    preset.numbers()?;
    service.presets.insert(&preset.id, preset.clone())?;
    let answer = json!({ "Preset": show(&service, &preset), "Warning": "" });
    Ok((StatusCode::CREATED, Json(answer)))
}

/// ListPresets: one's own and the system's.
pub async fn list(
    State(service): State<Arc<Service>>,
    Query(query): Query<HashMap<String, String>>,
) -> Json<Value> {
    let mut presets = preset::system_presets().to_vec();
    presets.extend(service.presets.filter(|_| true));
    listed(
        "Presets",
        &query,
        |asked| asked.of(presets, |preset| &preset.id),
        |preset| show(&service, preset),
    )
}

/// ReadPreset.
pub async fn read(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let preset = find(&service, &id)?;
    Ok(Json(json!({ "Preset": show(&service, &preset) })))
}

/// DeletePreset: only one's own that no job has used (developer guide, "Delete Preset", which names no error for that).
pub async fn delete(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    find(&service, &id)?;
    if preset::system(&id).is_some() {
        return Err(ApiError::Forbidden(format!(
            "Deleting the System preset is not allowed: account={}, presetId={id}.",
            service.account()
        )));
    }
    if service.jobs.first(|_, record| uses(record, &id)).is_some() {
        return Err(ApiError::Forbidden(format!(
            "The preset has been used and cannot be deleted: presetId={id}."
        )));
    }
    service.presets.remove(&id)?;
    Ok((StatusCode::ACCEPTED, success()))
}

fn uses(record: &Record, preset: &str) -> bool {
    match &record.job.order {
        job::Order::Elastic(order) => order.outputs.iter().any(|output| output.preset_id == preset),
        job::Order::MediaConvert(_) => false,
    }
}

fn find(service: &Service, id: &str) -> Result<Preset, ApiError> {
    preset::find(service, id).ok_or_else(|| preset::missing(id))
}

fn show(service: &Service, preset: &Preset) -> Value {
    let mut shown = json!(preset);
    shown["Arn"] = json!(service.arn("elastictranscoder", &format!("preset/{}", preset.id)));
    shown
}
