//! What is not of the service's API: health, and progress for a person who waits.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use serde_json::{Value, json};

use super::error::ApiError;
use crate::job::{Job, Status};
use crate::service::Service;

/// Answers that the service runs.
pub async fn health() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// The jobs of an input, newest first; without `input`, of all.
pub async fn progress(
    State(service): State<Arc<Service>>,
    Query(query): Query<HashMap<String, String>>,
) -> Json<Value> {
    let input = query.get("input");
    let records = service
        .jobs
        .filter(|record| input.is_none_or(|input| record.job.input_key() == input));
    let jobs: Vec<Value> = records
        .iter()
        .rev()
        .map(|record| show(&service, &record.job))
        .collect();
    Json(json!({ "jobs": jobs }))
}

/// One job.
pub async fn job(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let record = service
        .jobs
        .get(&id)
        .ok_or_else(|| ApiError::NotFound(format!("no job {id}")))?;
    Ok(Json(show(&service, &record.job)))
}

fn show(service: &Service, job: &Job) -> Value {
    let progress = service.board.get(&job.id).unwrap_or_default();
    let percent = match job.status {
        Status::Complete => Some(100.0),
        Status::Submitted => Some(0.0),
        _ => progress.percent,
    };
    let failure = job.failure().map(|failure| failure.status_detail());
    let detail = failure.or_else(|| job.warnings().next().map(str::to_owned));
    json!({
        "id": job.id,
        "input": job.input_key(),
        "status": job.status,
        "percent": percent.map(|percent| (percent * 10.0).round() / 10.0),
        "seconds": progress.seconds,
        "detail": detail,
    })
}
