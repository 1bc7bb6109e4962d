//! Routes that AWS does not have: health, progress for the demo, and the rate for tests.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use serde_json::{Value, json};

use crate::api_error::ApiError;
use crate::jobs::{JobStatus, TranscodeJob};
use crate::rate::RateLimit;
use crate::service::TranscoderService;

/// Reports that the service runs.
pub async fn health() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// Returns the jobs of an input, newest first; without `input`, of all.
pub async fn progress(
    State(service): State<Arc<TranscoderService>>,
    Query(query): Query<HashMap<String, String>>,
) -> Json<Value> {
    let input = query.get("input");
    let jobs = service
        .scheduler
        .filter(|job| input.is_none_or(|input| job.input_key == *input));
    let jobs: Vec<Value> = jobs.iter().rev().map(|job| show(&service, job)).collect();
    Json(json!({ "jobs": jobs }))
}

/// Returns one job.
pub async fn job(
    State(service): State<Arc<TranscoderService>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let job = service
        .scheduler
        .get(&id)
        .ok_or_else(|| ApiError::NotFound(format!("no job {id}")))?;
    Ok(Json(show(&service, &job)))
}

/// Returns the rate of CreateJob of either service.
pub async fn rate(State(service): State<Arc<TranscoderService>>) -> Json<RateLimit> {
    Json(service.rate())
}

/// Sets the rate of CreateJob of both services, beginning with a full burst.
pub async fn set_rate(
    State(service): State<Arc<TranscoderService>>,
    body: Bytes,
) -> Result<Json<RateLimit>, ApiError> {
    let wrong = |problem: String| ApiError::Validation(format!("this is no rate: {problem}"));
    let value: Value = serde_json::from_slice(&body).map_err(|error| wrong(error.to_string()))?;
    if !value.is_object() {
        return Err(wrong("the body is no object".into()));
    }
    let rate: RateLimit =
        serde_path_to_error::deserialize(value).map_err(|error| wrong(error.to_string()))?;
    if let Some(problem) = rate.problem() {
        return Err(wrong(problem.into()));
    }
    service.set_rate(rate);
    Ok(Json(rate))
}

fn show(service: &TranscoderService, job: &TranscodeJob) -> Value {
    let progress = service.scheduler.progress().get(&job.id).unwrap_or_default();
    let percent = match job.status {
        JobStatus::Complete => Some(100.0),
        JobStatus::Submitted => Some(0.0),
        _ => progress.percent,
    };
    let failure = job.failure().map(|failure| failure.status_detail());
    let detail = failure.or_else(|| job.warnings().next().map(str::to_owned));
    json!({
        "id": job.id,
        "input": job.input_key,
        "status": job.status,
        "percent": percent.map(|percent| (percent * 10.0).round() / 10.0),
        "seconds": progress.seconds,
        "detail": detail,
    })
}
