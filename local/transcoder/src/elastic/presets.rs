//! Presets: create, read, list, delete.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::encoding::encodings;
use super::front::ElasticTranscoderFront;
use super::preset::{self, AudioParameters, ElasticPreset, Thumbnails, VideoParameters};
use super::responses::{list_page, success};
use super::validation;
use super::wire::{API, ElasticJobRequest};
use crate::api_error::ApiError;
use crate::jobs::TranscodeJob;

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
    State(front): State<Arc<ElasticTranscoderFront>>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let request: PresetRequest = validation::body(&body)?;
    let preset = ElasticPreset {
        id: front.identifiers.next(),
        name: request.name,
        description: request.description,
        kind: "Custom".into(),
        container: request.container,
        video: request.video,
        audio: request.audio,
        thumbnails: request.thumbnails,
    };
    encodings(&preset)?;
    front.store.presets.insert(&preset.id, preset.clone()).await?;
    let answer = json!({ "Preset": show(&front, &preset), "Warning": "" });
    Ok((StatusCode::CREATED, Json(answer)))
}

/// ListPresets: custom and system presets.
pub async fn list(
    State(front): State<Arc<ElasticTranscoderFront>>,
    Query(query): Query<HashMap<String, String>>,
) -> Json<Value> {
    let mut presets = preset::system_presets().to_vec();
    presets.extend(front.store.presets.filter(|_| true));
    list_page(
        "Presets",
        &query,
        |request| request.of(presets, |preset| &preset.id),
        |preset| show(&front, preset),
    )
}

/// ReadPreset.
pub async fn read(
    State(front): State<Arc<ElasticTranscoderFront>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let preset = front.store.preset(&id)?;
    Ok(Json(json!({ "Preset": show(&front, &preset) })))
}

/// DeletePreset: only an unused custom preset (developer guide, "Delete Preset", which names no error for others).
pub async fn delete(
    State(front): State<Arc<ElasticTranscoderFront>>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    front.store.preset(&id)?;
    if preset::system(&id).is_some() {
        return Err(ApiError::Forbidden(format!(
            "Deleting the System preset is not allowed: account={}, presetId={id}.",
            front.account.id
        )));
    }
    if front.scheduler.any(|job| uses(job, &id)) {
        return Err(ApiError::Forbidden(format!(
            "The preset has been used and cannot be deleted: presetId={id}."
        )));
    }
    front.store.presets.remove(&id).await?;
    Ok((StatusCode::ACCEPTED, success()))
}

fn uses(job: &TranscodeJob, preset: &str) -> bool {
    let request = (job.api == API)
        .then(|| ElasticJobRequest::of(job).ok())
        .flatten();
    request.is_some_and(|request| request.outputs.iter().any(|output| output.preset_id == preset))
}

fn show(front: &ElasticTranscoderFront, preset: &ElasticPreset) -> Value {
    let mut shown = json!(preset);
    shown["Arn"] = json!(front.account.arn(API, &format!("preset/{}", preset.id)));
    shown
}
