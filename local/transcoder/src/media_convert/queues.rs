//! Queues: create, get, list, update, delete.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::queue::{self, DEFAULT, Queue};
use super::{Order, body, check_pairs, invalid, listed, seconds};
use crate::api::error::ApiError;
use crate::id::now_millis;
use crate::job::{self, Record, Status};
use crate::metadata;
use crate::page::Asked;
use crate::service::Service;

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
    State(service): State<Arc<Service>>,
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
    if queue::find(&service, &name).is_some() {
        return Err(ApiError::Conflict(format!(
            "A queue with the name {name} already exists."
        )));
    }
    let mut queue = Queue::new(&service, &name, now_millis());
    queue.tags.clone_from(&request.tags);
    keep(&service, queue, request).map(|answer| (StatusCode::CREATED, answer))
}

/// GetQueue.
pub async fn get(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let queue = find(&service, &name)?;
    Ok(Json(json!({ "queue": show(&service, &queue) })))
}

/// ListQueues: the default one is the oldest.
pub async fn list(
    State(service): State<Arc<Service>>,
    Query(query): Query<HashMap<String, String>>,
) -> Json<Value> {
    let mut queues = service.queues.filter(|_| true);
    if service.queues.get(DEFAULT).is_none() {
        queues.extend(queue::find(&service, DEFAULT));
    }
    queues.sort_by(|one, other| one.name.cmp(&other.name));
    let shown = |queue: &Queue| show(&service, queue);
    let page = |asked: Asked<'_>| asked.of(queues, |queue| &queue.name);
    listed("queues", &query, page, shown)
}

/// UpdateQueue: what the request does not name stays.
pub async fn update(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, ApiError> {
    let request: QueueRequest = body(&bytes)?;
    let mut queue = find(&service, &name)?;
    queue.last_updated_millis = now_millis();
    keep(&service, queue, request)
}

/// DeleteQueue: not while it has jobs to do.
pub async fn delete(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let queue = find(&service, &name)?;
    if name == DEFAULT {
        return Err(ApiError::Forbidden("The default queue cannot be deleted.".into()));
    }
    if count(&service, &queue, |status| !status.is_final()) > 0 {
        let problem = format!("The queue {name} has unprocessed jobs and cannot be deleted.");
        return Err(ApiError::Conflict(problem));
    }
    service.queues.remove(&name)?;
    Ok((StatusCode::ACCEPTED, Json(json!({}))))
}

/// A queue by its name or ARN, or the words for one that is not there.
pub fn find(service: &Service, name: &str) -> Result<Queue, ApiError> {
    let missing = || ApiError::NotFound(format!("The queue {name} does not exist."));
    queue::find(service, queue::name(name)).ok_or_else(missing)
}

fn keep(service: &Service, mut queue: Queue, request: QueueRequest) -> Result<Json<Value>, ApiError> {
    queue.description = request.description.or(queue.description);
    if let Some(status) = request.status {
        queue.is_paused = status == QueueStatus::Paused;
    }
    service.queues.insert(&queue.name, queue.clone())?;
    service.wake.notify_one();
    Ok(Json(json!({ "queue": show(service, &queue) })))
}

fn count(service: &Service, queue: &Queue, matches: impl Fn(Status) -> bool) -> usize {
    let is_here = |order: &job::Order| matches!(order, job::Order::MediaConvert(Order { queue: arn, .. }) if *arn == queue.arn);
    let counts = |Record { job, .. }: &Record| matches(job.status) && is_here(&job.order);
    service.jobs.count(counts)
}

fn show(service: &Service, queue: &Queue) -> Value {
    let kind = if queue.name == DEFAULT { "SYSTEM" } else { "CUSTOM" };
    let mut shown = json!({
        "name": queue.name,
        "arn": queue.arn,
        "type": kind,
        "pricingPlan": "ON_DEMAND",
        "status": if queue.is_paused { "PAUSED" } else { "ACTIVE" },
        "createdAt": seconds(queue.created_at_millis),
        "lastUpdated": seconds(queue.last_updated_millis),
        "submittedJobsCount": count(service, queue, |status| status == Status::Submitted),
        "progressingJobsCount": count(service, queue, |status| status == Status::Progressing),
    });
    if let Some(description) = &queue.description {
        shown["description"] = json!(description);
    }
    shown
}
