//! Tags of queues and jobs: list, tag, untag.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::front::MediaConvertFront;
use super::store::Queue;
use super::validation::{body, check_pairs};
use super::wire::{API, MediaConvertJobRequest};
use crate::api_error::ApiError;
use crate::metadata;

type Tags = BTreeMap<String, String>;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TagRequest {
    arn: String,
    tags: Tags,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct UntagRequest {
    #[serde(default)]
    tag_keys: Vec<String>,
}

/// The resource of an ARN.
enum Tagged {
    Queue(Queue),
    /// The job's identifier and its request.
    Job(String, Box<MediaConvertJobRequest>),
}

/// ListTagsForResource.
pub async fn list(
    State(front): State<Arc<MediaConvertFront>>,
    Path(arn): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let tagged = find(&front, &arn)?;
    Ok(Json(
        json!({ "resourceTags": { "arn": arn, "tags": tagged.tags() } }),
    ))
}

/// TagResource.
pub async fn tag(State(front): State<Arc<MediaConvertFront>>, bytes: Bytes) -> Result<Json<Value>, ApiError> {
    let mut request: TagRequest = body(&bytes)?;
    let tagged = find(&front, &request.arn)?;
    let mut tags = tagged.tags().clone();
    tags.append(&mut request.tags);
    check_pairs("tags", &tags, &metadata::TAGS)?;
    keep(&front, tagged, tags).await
}

/// UntagResource.
pub async fn untag(
    State(front): State<Arc<MediaConvertFront>>,
    Path(arn): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, ApiError> {
    let request: UntagRequest = body(&bytes)?;
    let tagged = find(&front, &arn)?;
    let mut tags = tagged.tags().clone();
    tags.retain(|key, _| !request.tag_keys.contains(key));
    keep(&front, tagged, tags).await
}

impl Tagged {
    fn tags(&self) -> &Tags {
        match self {
            Self::Queue(queue) => &queue.tags,
            Self::Job(_, request) => &request.tags,
        }
    }
}

fn find(front: &MediaConvertFront, arn: &str) -> Result<Tagged, ApiError> {
    if let Some(queue) = front.store.find(arn).filter(|queue| queue.arn == arn) {
        return Ok(Tagged::Queue(queue));
    }
    let id = arn.rsplit('/').next().unwrap_or_default();
    let job = front
        .scheduler
        .get(id)
        .filter(|job| job.api == API && job.arn == arn);
    let job = job.and_then(|job| {
        let request = MediaConvertJobRequest::of(&job).ok()?;
        Some(Tagged::Job(job.id, Box::new(request)))
    });
    job.ok_or_else(|| ApiError::NotFound(format!("There is no queue or job {arn}.")))
}

async fn keep(front: &MediaConvertFront, tagged: Tagged, tags: Tags) -> Result<Json<Value>, ApiError> {
    match tagged {
        Tagged::Queue(queue) => {
            let queue = Queue { tags, ..queue };
            front.store.queues.insert(&queue.name.clone(), queue).await?;
        }
        Tagged::Job(id, request) => {
            let request = MediaConvertJobRequest { tags, ..*request };
            front.scheduler.update_request(&id, json!(request)).await?;
        }
    }
    Ok(Json(json!({})))
}
