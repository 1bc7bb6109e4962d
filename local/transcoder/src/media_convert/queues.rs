//! Queues: create, get, list, update, delete.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::front::MediaConvertFront;
use super::responses::{list_page, seconds};
use super::store::{DEFAULT, Queue};
use super::validation::{body, check_pairs, invalid};
use super::wire::API;
use crate::api_error::ApiError;
use crate::id::now_millis;
use crate::jobs::JobStatus;
use crate::metadata;
use crate::page::PageRequest;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct QueueRequest {
    name: Option<String>,
    description: Option<String>,
    status: Option<QueueStatus>,
    #[serde(rename = "pricingPlan")]
    _pricing_plan: Option<PricingPlan>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum QueueStatus {
    Active,
    Paused,
}

#[derive(Debug, Deserialize)]
enum PricingPlan {
    #[serde(rename = "ON_DEMAND")]
    OnDemand,
}

/// CreateQueue.
pub async fn create(
    State(front): State<Arc<MediaConvertFront>>,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let request: QueueRequest = body(&bytes)?;
    let name = request.name.clone().unwrap_or_default();
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if name.is_empty() || name.len() > 80 || !name.bytes().all(is_name) {
        let problem = "must be 1 to 80 letters, digits, hyphens and underscores";
        return Err(invalid("name", problem));
    }
    check_pairs("tags", &request.tags, &metadata::TAGS)?;
    if front.store.find(&name).is_some() {
        return Err(ApiError::Conflict(format!(
            "A queue with the name {name} already exists."
        )));
    }
    let mut queue = front.store.new_queue(&name, now_millis());
    queue.tags.clone_from(&request.tags);
    let response = keep(&front, queue, request).await?;
    Ok((StatusCode::CREATED, response))
}

/// GetQueue.
pub async fn get(
    State(front): State<Arc<MediaConvertFront>>,
    Path(name): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let queue = front.store.queue(&name)?;
    Ok(Json(json!({ "queue": show(&front, &queue) })))
}

/// ListQueues, with the default queue.
pub async fn list(
    State(front): State<Arc<MediaConvertFront>>,
    Query(query): Query<HashMap<String, String>>,
) -> Json<Value> {
    let mut queues = front.store.queues.filter(|_| true);
    if front.store.queues.get(DEFAULT).is_none() {
        queues.extend(front.store.find(DEFAULT));
    }
    queues.sort_by(|one, other| one.name.cmp(&other.name));
    let shown = |queue: &Queue| show(&front, queue);
    let page = |request: PageRequest<'_>| request.of(queues, |queue| &queue.name);
    list_page("queues", &query, page, shown)
}

/// UpdateQueue: keeps fields that the request omits.
pub async fn update(
    State(front): State<Arc<MediaConvertFront>>,
    Path(name): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, ApiError> {
    let request: QueueRequest = body(&bytes)?;
    let mut queue = front.store.queue(&name)?;
    queue.last_updated_millis = now_millis();
    keep(&front, queue, request).await
}

/// DeleteQueue. Fails while the queue has active jobs.
pub async fn delete(
    State(front): State<Arc<MediaConvertFront>>,
    Path(name): Path<String>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let queue = front.store.queue(&name)?;
    if name == DEFAULT {
        return Err(ApiError::Forbidden("The default queue cannot be deleted.".into()));
    }
    if count(&front, &queue, |status| !status.is_final()) > 0 {
        let problem = format!("The queue {name} has unprocessed jobs and cannot be deleted.");
        return Err(ApiError::Conflict(problem));
    }
    front.store.queues.remove(&name).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({}))))
}

async fn keep(
    front: &MediaConvertFront,
    mut queue: Queue,
    request: QueueRequest,
) -> Result<Json<Value>, ApiError> {
    queue.description = request.description.or(queue.description);
    if let Some(status) = request.status {
        queue.is_paused = status == QueueStatus::Paused;
    }
    front.store.queues.insert(&queue.name, queue.clone()).await?;
    front.scheduler.wake();
    Ok(Json(json!({ "queue": show(front, &queue) })))
}

fn count(front: &MediaConvertFront, queue: &Queue, matches: impl Fn(JobStatus) -> bool) -> usize {
    front
        .scheduler
        .count(|job| job.api == API && job.queue == queue.arn && matches(job.status))
}

fn show(front: &MediaConvertFront, queue: &Queue) -> Value {
    let kind = if queue.name == DEFAULT { "SYSTEM" } else { "CUSTOM" };
    let mut shown = json!({
        "name": queue.name,
        "arn": queue.arn,
        "type": kind,
        "pricingPlan": "ON_DEMAND",
        "status": if queue.is_paused { "PAUSED" } else { "ACTIVE" },
        "createdAt": seconds(queue.created_at_millis),
        "lastUpdated": seconds(queue.last_updated_millis),
        "submittedJobsCount": count(front, queue, |status| status == JobStatus::Submitted),
        "progressingJobsCount": count(front, queue, |status| status == JobStatus::Progressing),
    });
    if let Some(description) = &queue.description {
        shown["description"] = json!(description);
    }
    shown
}
