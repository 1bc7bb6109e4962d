//! Tags of queues and jobs: list, tag, untag.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{body, check_pairs, queue};
use crate::api::error::ApiError;
use crate::job::Order;
use crate::metadata;
use crate::service::Service;

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

/// ListTagsForResource.
pub async fn list(
    State(service): State<Arc<Service>>,
    Path(arn): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let tags = change(&service, &arn, None)?;
    Ok(Json(json!({ "resourceTags": { "arn": arn, "tags": tags } })))
}

/// TagResource.
pub async fn tag(State(service): State<Arc<Service>>, bytes: Bytes) -> Result<Json<Value>, ApiError> {
    let mut request: TagRequest = body(&bytes)?;
    let mut all = change(&service, &request.arn, None)?;
    all.extend(request.tags.clone());
    check_pairs("tags", &all, &metadata::TAGS)?;
    change(
        &service,
        &request.arn,
        Some(&mut |tags| tags.append(&mut request.tags)),
    )?;
    Ok(Json(json!({})))
}

/// UntagResource.
pub async fn untag(
    State(service): State<Arc<Service>>,
    Path(arn): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, ApiError> {
    let request: UntagRequest = body(&bytes)?;
    change(
        &service,
        &arn,
        Some(&mut |tags| tags.retain(|key, _| !request.tag_keys.contains(key))),
    )?;
    Ok(Json(json!({})))
}

/// The tags of what an ARN names, after a change where there is one.
fn change(service: &Service, arn: &str, change: Option<&mut dyn FnMut(&mut Tags)>) -> Result<Tags, ApiError> {
    let missing = || ApiError::NotFound(format!("There is no queue or job {arn}."));
    if let Some(mut queue) = queue::find(service, queue::name(arn)).filter(|queue| queue.arn == arn) {
        if let Some(change) = change {
            change(&mut queue.tags);
            service.queues.insert(&queue.name.clone(), queue.clone())?;
        }
        return Ok(queue.tags);
    }
    let id = arn.rsplit('/').next().unwrap_or_default();
    let record = service.jobs.get(id).filter(|record| record.job.arn == arn);
    let mut record = record.ok_or_else(missing)?;
    if let Some(change) = change {
        record = service.jobs.update(id, |record| {
            if let Order::MediaConvert(order) = &mut record.job.order {
                change(&mut order.tags);
            }
        })?;
    }
    match record.job.order {
        Order::MediaConvert(order) => Ok(order.tags),
        Order::Elastic(_) => Err(missing()),
    }
}
