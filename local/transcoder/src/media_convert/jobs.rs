//! Jobs: create, get, list, cancel.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::settings::Just;
use super::{Order, body, check_pairs, event, invalid, listed, meaning, queue, queues, seconds};
use crate::api::error::ApiError;
use crate::id::now_millis;
use crate::job::{self, Job, Record, Status};
use crate::metadata;
use crate::service::Service;

/// How long a token stands for the job that was made with it.
const TOKEN_MILLIS: u64 = 60_000;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct JobRequest {
    role: String,
    queue: Option<String>,
    settings: Value,
    #[serde(default)]
    user_metadata: BTreeMap<String, String>,
    client_request_token: Option<String>,
    status_update_interval: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    #[serde(rename = "priority")]
    _priority: Option<Just<0>>,
    #[serde(rename = "billingTagsSource")]
    _billing_tags_source: Option<IgnoredAny>,
}

/// CreateJob: a token that was used a moment ago answers the job that it was used for.
pub async fn create(
    State(service): State<Arc<Service>>,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let request: JobRequest = body(&bytes)?;
    let queue = queues::find(&service, request.queue.as_deref().unwrap_or(queue::DEFAULT))?;
    let order = order(&request, queue.arn)?;
    check_pairs("userMetadata", &request.user_metadata, &metadata::MEDIA_CONVERT)?;
    check_pairs("tags", &request.tags, &metadata::TAGS)?;
    let id = service.identifiers.next();
    let arn = service.arn("mediaconvert", &format!("jobs/{id}"));
    let job = Job::new(id, arn, job::Order::MediaConvert(order), request.user_metadata);
    let since = now_millis().saturating_sub(TOKEN_MILLIS);
    let token = request.client_request_token;
    let job = service.submit(job, |there| {
        let used = ours(there).and_then(|order| order.client_request_token.as_ref());
        token.is_some() && used == token.as_ref() && there.timing.submit_time_millis >= since
    })?;
    Ok((StatusCode::CREATED, Json(json!({ "job": show(&service, &job) }))))
}

/// GetJob.
pub async fn get(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let job = find(&service, &id)?;
    Ok(Json(json!({ "job": show(&service, &job) })))
}

/// ListJobs.
pub async fn list(
    State(service): State<Arc<Service>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Json<Value>, ApiError> {
    let queue = query.get("queue").map(|queue| queues::find(&service, queue));
    let queue = queue.transpose()?.map(|queue| queue.arn);
    let wanted = query.get("status").map(String::as_str);
    let matches = |Record { job, .. }: &Record| {
        ours(job).is_some_and(|order| queue.as_ref().is_none_or(|queue| order.queue == *queue))
            && wanted.is_none_or(|wanted| name(job.status) == wanted)
    };
    let shown = |record: &Record| show(&service, &record.job);
    Ok(listed(
        "jobs",
        &query,
        |asked| service.jobs.page(asked, matches),
        shown,
    ))
}

/// CancelJob: also one that has begun.
pub async fn cancel(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    find(&service, &id)?;
    if !service.cancel(&id, true)? {
        let problem = format!("The job {id} has ended and cannot be canceled.");
        return Err(ApiError::Conflict(problem));
    }
    Ok((StatusCode::ACCEPTED, Json(json!({}))))
}

fn order(request: &JobRequest, queue: String) -> Result<Order, ApiError> {
    let role = &request.role;
    let is_role = role.starts_with("arn:") && role.contains(":iam::") && role.contains(":role/");
    if !is_role {
        return Err(invalid("role", format!("'{role}' is not the ARN of a role")));
    }
    let token = &request.client_request_token;
    if token
        .as_ref()
        .is_some_and(|token| token.len() > 64 || !token.is_ascii())
    {
        return Err(invalid(
            "clientRequestToken",
            "is not at most 64 characters of ASCII",
        ));
    }
    let input = meaning::read(&request.settings)?.input;
    Ok(Order {
        queue,
        role: role.clone(),
        input,
        settings: request.settings.clone(),
        client_request_token: token.clone(),
        status_update_interval: interval(request.status_update_interval.as_deref()),
        tags: request.tags.clone(),
    })
}

/// `SECONDS_60`, which is also what counts where none is asked for.
fn interval(name: Option<&str>) -> u32 {
    let seconds = name.and_then(|name| name.strip_prefix("SECONDS_"));
    seconds.and_then(|seconds| seconds.parse().ok()).unwrap_or(60)
}

fn find(service: &Service, id: &str) -> Result<Job, ApiError> {
    let job = service.jobs.get(id).map(|record| record.job);
    job.filter(|job| ours(job).is_some())
        .ok_or_else(|| ApiError::NotFound(format!("The job {id} does not exist.")))
}

/// The order of a job that came by this API.
fn ours(job: &Job) -> Option<&Order> {
    match &job.order {
        job::Order::MediaConvert(order) => Some(order),
        job::Order::Elastic(_) => None,
    }
}

const STATUSES: [(Status, &str); 5] = [
    (Status::Submitted, "SUBMITTED"),
    (Status::Progressing, "PROGRESSING"),
    (Status::Complete, "COMPLETE"),
    (Status::Canceled, "CANCELED"),
    (Status::Error, "ERROR"),
];

fn name(status: Status) -> &'static str {
    STATUSES
        .iter()
        .find(|(known, _)| *known == status)
        .map_or("ERROR", |(_, name)| name)
}

fn show(service: &Service, job: &Job) -> Value {
    let Some(order) = ours(job) else {
        return Value::Null;
    };
    let mut shown = json!({
        "id": job.id,
        "arn": job.arn,
        "queue": order.queue,
        "role": order.role,
        "settings": order.settings,
        "status": name(job.status),
        "createdAt": seconds(job.timing.submit_time_millis),
        "timing": timing(job),
        "userMetadata": job.user_metadata,
        "priority": 0,
        "billingTagsSource": "QUEUE",
        "accelerationSettings": { "mode": "DISABLED" },
        "accelerationStatus": "NOT_APPLICABLE",
        "statusUpdateInterval": format!("SECONDS_{}", order.status_update_interval),
        "retryCount": 0,
        "messages": { "info": [], "warning": job.warnings().collect::<Vec<_>>() },
    });
    if let Some(token) = &order.client_request_token {
        shown["clientRequestToken"] = json!(token);
    }
    match job.status {
        Status::Progressing => {
            let progress = service.board.get(&job.id).and_then(|progress| progress.percent);
            let percent = progress.unwrap_or_default();
            shown["currentPhase"] = json!(event::phase(job, percent));
            shown["jobPercentComplete"] = json!(percent as u32);
        }
        Status::Complete => {
            shown["jobPercentComplete"] = json!(100);
            shown["outputGroupDetails"] = event::output_groups(job, order, false);
        }
        Status::Error => {
            let (code, message) = event::failure(job);
            (shown["errorCode"], shown["errorMessage"]) = (json!(code), json!(message));
        }
        Status::Submitted | Status::Canceled => {}
    }
    shown
}

fn timing(job: &Job) -> Value {
    let mut shown = json!({ "submitTime": seconds(job.timing.submit_time_millis) });
    for (name, millis) in [
        ("startTime", job.timing.start_time_millis),
        ("finishTime", job.timing.finish_time_millis),
    ] {
        if let Some(millis) = millis {
            shown[name] = json!(seconds(millis));
        }
    }
    shown
}
