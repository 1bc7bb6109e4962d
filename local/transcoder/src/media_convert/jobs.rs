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

use super::front::MediaConvertFront;
use super::responses::{list_page, seconds};
use super::settings::Just;
use super::store::DEFAULT;
use super::validation::{body, check_pairs, invalid};
use super::wire::{API, MediaConvertJobRequest};
use super::{event, translate};
use crate::api_error::ApiError;
use crate::id::now_millis;
use crate::jobs::{JobStatus, Timing, TranscodeJob};
use crate::metadata;
use crate::page::PageRequest;

/// The time for which a token identifies the job that was created with it.
const TOKEN_MILLIS: u64 = 60_000;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MediaConvertCreateJobRequest {
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

/// CreateJob. A recently used token returns the job that was created with it.
pub async fn create(
    State(front): State<Arc<MediaConvertFront>>,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let request: MediaConvertCreateJobRequest = body(&bytes)?;
    let queue = front.store.queue(request.queue.as_deref().unwrap_or(DEFAULT))?;
    let kept = kept_request(&request)?;
    check_pairs("userMetadata", &request.user_metadata, &metadata::MEDIA_CONVERT)?;
    check_pairs("tags", &request.tags, &metadata::TAGS)?;
    let id = front.identifiers.next();
    let job = TranscodeJob {
        arn: front.account.arn(API, &format!("jobs/{id}")),
        id,
        api: API.into(),
        queue: queue.arn,
        input_key: kept.input.key.clone(),
        outputs: kept.groups().iter().sum(),
        request: json!(kept),
        progress_interval: Some(interval(request.status_update_interval.as_deref())),
        user_metadata: request.user_metadata,
        status: JobStatus::Submitted,
        timing: Timing::submitted(),
        input: None,
        outcomes: Vec::new(),
    };
    let since = now_millis().saturating_sub(TOKEN_MILLIS);
    let token = request.client_request_token;
    let serves = |kept: &TranscodeJob| {
        let has_token =
            || MediaConvertJobRequest::of(kept).is_ok_and(|kept| kept.client_request_token == token);
        token.is_some() && kept.api == API && kept.timing.submit_time_millis >= since && has_token()
    };
    let job = front.scheduler.submit(job, serves).await?;
    Ok((StatusCode::CREATED, Json(json!({ "job": show(&front, &job) }))))
}

/// GetJob.
pub async fn get(
    State(front): State<Arc<MediaConvertFront>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let job = find(&front, &id)?;
    Ok(Json(json!({ "job": show(&front, &job) })))
}

/// ListJobs.
pub async fn list(
    State(front): State<Arc<MediaConvertFront>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Json<Value>, ApiError> {
    let queue = query.get("queue").map(|queue| front.store.queue(queue));
    let queue = queue.transpose()?.map(|queue| queue.arn);
    let wanted = query.get("status").map(String::as_str);
    let matches = |job: &TranscodeJob| {
        job.api == API
            && queue.as_ref().is_none_or(|queue| job.queue == *queue)
            && wanted.is_none_or(|wanted| name(job.status) == wanted)
    };
    let page = |request: PageRequest<'_>| front.scheduler.page(request, matches);
    Ok(list_page("jobs", &query, page, |job| show(&front, job)))
}

/// CancelJob, which also cancels a running job.
pub async fn cancel(
    State(front): State<Arc<MediaConvertFront>>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    find(&front, &id)?;
    if !front.scheduler.cancel(&id, true).await? {
        let problem = format!("The job {id} has ended and cannot be canceled.");
        return Err(ApiError::Conflict(problem));
    }
    Ok((StatusCode::ACCEPTED, Json(json!({}))))
}

fn kept_request(request: &MediaConvertCreateJobRequest) -> Result<MediaConvertJobRequest, ApiError> {
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
    let input = translate::read(&request.settings)?.input;
    Ok(MediaConvertJobRequest {
        role: role.clone(),
        input,
        settings: request.settings.clone(),
        client_request_token: token.clone(),
        tags: request.tags.clone(),
    })
}

/// Parses `SECONDS_60`, which is also the default.
fn interval(name: Option<&str>) -> u32 {
    let seconds = name.and_then(|name| name.strip_prefix("SECONDS_"));
    seconds.and_then(|seconds| seconds.parse().ok()).unwrap_or(60)
}

fn find(front: &MediaConvertFront, id: &str) -> Result<TranscodeJob, ApiError> {
    let found = front.scheduler.get(id).filter(|job| job.api == API);
    found.ok_or_else(|| ApiError::NotFound(format!("The job {id} does not exist.")))
}

const STATUSES: [(JobStatus, &str); 5] = [
    (JobStatus::Submitted, "SUBMITTED"),
    (JobStatus::Progressing, "PROGRESSING"),
    (JobStatus::Complete, "COMPLETE"),
    (JobStatus::Canceled, "CANCELED"),
    (JobStatus::Error, "ERROR"),
];

fn name(status: JobStatus) -> &'static str {
    STATUSES
        .iter()
        .find(|(known, _)| *known == status)
        .map_or("ERROR", |(_, name)| name)
}

fn show(front: &MediaConvertFront, job: &TranscodeJob) -> Value {
    let Ok(request) = MediaConvertJobRequest::of(job) else {
        return Value::Null;
    };
    let mut shown = json!({
        "id": job.id,
        "arn": job.arn,
        "queue": job.queue,
        "role": request.role,
        "settings": request.settings,
        "status": name(job.status),
        "createdAt": seconds(job.timing.submit_time_millis),
        "timing": timing(job),
        "userMetadata": job.user_metadata,
        "priority": 0,
        "billingTagsSource": "QUEUE",
        "accelerationSettings": { "mode": "DISABLED" },
        "accelerationStatus": "NOT_APPLICABLE",
        "statusUpdateInterval": format!("SECONDS_{}", job.progress_interval.unwrap_or_default()),
        "retryCount": 0,
        "messages": { "info": [], "warning": job.warnings().collect::<Vec<_>>() },
    });
    if let Some(token) = &request.client_request_token {
        shown["clientRequestToken"] = json!(token);
    }
    match job.status {
        JobStatus::Progressing => {
            let progress = front
                .scheduler
                .progress()
                .get(&job.id)
                .and_then(|progress| progress.percent);
            let percent = progress.unwrap_or_default();
            shown["currentPhase"] = json!(event::phase(job, percent));
            shown["jobPercentComplete"] = json!(percent as u32);
        }
        JobStatus::Complete => {
            shown["jobPercentComplete"] = json!(100);
            shown["outputGroupDetails"] = event::output_groups(job, &request, false);
        }
        JobStatus::Error => {
            let (code, message) = event::failure(job);
            (shown["errorCode"], shown["errorMessage"]) = (json!(code), json!(message));
        }
        JobStatus::Submitted | JobStatus::Canceled => {}
    }
    shown
}

fn timing(job: &TranscodeJob) -> Value {
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
