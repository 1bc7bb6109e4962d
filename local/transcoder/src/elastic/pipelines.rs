//! Pipelines: create, read, update, list, delete.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::pipeline::{Notifications, OutputConfig, Permission, Pipeline, PipelineStatus};
use super::validation::{self, Checks, is_bucket, is_role, is_topic};
use super::{Order, listed, success};
use crate::api::error::ApiError;
use crate::job;
use crate::service::Service;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct PipelineRequest {
    name: Option<String>,
    input_bucket: Option<String>,
    output_bucket: Option<String>,
    role: Option<String>,
    aws_kms_key_arn: Option<String>,
    notifications: Option<NotificationsRequest>,
    content_config: Option<OutputConfigRequest>,
    thumbnail_config: Option<OutputConfigRequest>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct NotificationsRequest {
    progressing: Option<String>,
    completed: Option<String>,
    warning: Option<String>,
    error: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct OutputConfigRequest {
    bucket: Option<String>,
    storage_class: Option<String>,
    permissions: Option<Vec<Permission>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct StatusRequest {
    status: Option<String>,
    notifications: Option<NotificationsRequest>,
}

/// CreatePipeline.
pub async fn create(
    State(service): State<Arc<Service>>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let request: PipelineRequest = validation::body(&body)?;
    let mut checks = Checks::default();
    let name = checks.required("name", request.name);
    let input_bucket = checks.required("inputBucket", request.input_bucket);
    let role = checks.required("role", request.role);
    let (content_config, thumbnail_config) = destinations(
        &mut checks,
        request.output_bucket.as_deref(),
        request.content_config,
        request.thumbnail_config,
    );
    let id = service.identifiers.next();
    let pipeline = Pipeline {
        arn: service.arn("elastictranscoder", &format!("pipeline/{id}")),
        id,
        name,
        status: PipelineStatus::Active,
        input_bucket,
        output_bucket: request.output_bucket,
        role,
        aws_kms_key_arn: request.aws_kms_key_arn,
        notifications: request.notifications.map(Notifications::from).unwrap_or_default(),
        content_config,
        thumbnail_config,
    };
    check(checks, &pipeline)?;
    service.pipelines.insert(&pipeline.id, pipeline.clone())?;
    Ok((
        StatusCode::CREATED,
        Json(json!({ "Pipeline": pipeline, "Warnings": [] })),
    ))
}

/// ListPipelines.
pub async fn list(
    State(service): State<Arc<Service>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Json<Value>, ApiError> {
    let pipelines = service.pipelines.filter(|_| true);
    listed(
        "Pipelines",
        &query,
        |asked| asked.of(pipelines, |pipeline| &pipeline.id),
        |pipeline| json!(pipeline),
    )
}

/// ReadPipeline.
pub async fn read(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(json!({ "Pipeline": find(&service, &id)?, "Warnings": [] })))
}

/// UpdatePipeline: what the request does not name stays.
pub async fn update(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let request: PipelineRequest = validation::body(&body)?;
    let mut pipeline = find(&service, &id)?;
    let mut checks = Checks::default();
    for (place, value) in [
        (&mut pipeline.name, request.name),
        (&mut pipeline.input_bucket, request.input_bucket),
        (&mut pipeline.role, request.role),
    ] {
        *place = value.unwrap_or_else(|| std::mem::take(place));
    }
    if let Some(notifications) = request.notifications {
        pipeline.notifications = notifications.into();
    }
    pipeline.aws_kms_key_arn = request.aws_kms_key_arn.or(pipeline.aws_kms_key_arn);
    if let Some(config) = request.content_config {
        pipeline.content_config = destination(&mut checks, "contentConfig", config);
        pipeline.output_bucket = None;
    }
    if let Some(config) = request.thumbnail_config {
        pipeline.thumbnail_config = destination(&mut checks, "thumbnailConfig", config);
    }
    check(checks, &pipeline)?;
    let pipeline = service.pipelines.update(&id, |kept| *kept = pipeline)?;
    Ok(Json(json!({ "Pipeline": pipeline, "Warnings": [] })))
}

/// UpdatePipelineStatus: a paused pipeline's jobs wait.
pub async fn update_status(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let request: StatusRequest = validation::body(&body)?;
    let mut checks = Checks::default();
    let status = checks.required("status", request.status);
    checks.pattern("status", &status, "(^Active$)|(^Paused$)", |status| {
        matches!(status, "Active" | "Paused")
    });
    checks.done()?;
    find(&service, &id)?;
    let status = if status == "Active" {
        PipelineStatus::Active
    } else {
        PipelineStatus::Paused
    };
    let pipeline = service
        .pipelines
        .update(&id, |pipeline| pipeline.status = status)?;
    service.wake.notify_one();
    Ok(Json(json!({ "Pipeline": pipeline })))
}

/// UpdatePipelineNotifications.
pub async fn update_notifications(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let request: StatusRequest = validation::body(&body)?;
    let mut pipeline = find(&service, &id)?;
    let mut checks = Checks::default();
    match request.notifications {
        Some(notifications) => pipeline.notifications = notifications.into(),
        None => drop(checks.required("notifications", None)),
    }
    check(checks, &pipeline)?;
    let pipeline = service
        .pipelines
        .update(&id, |kept| kept.notifications = pipeline.notifications)?;
    Ok(Json(json!({ "Pipeline": pipeline })))
}

/// DeletePipeline: not while it has jobs to do.
pub async fn delete(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    find(&service, &id)?;
    let is_here = |order: &job::Order| matches!(order, job::Order::Elastic(Order { pipeline_id, .. }) if *pipeline_id == id);
    let busy = service
        .jobs
        .first(|_, record| !record.job.status.is_final() && is_here(&record.job.order));
    if busy.is_some() {
        return Err(ApiError::Conflict(format!(
            "Pipeline contains active jobs and cannot be deleted: pipelineId={id}."
        )));
    }
    service.pipelines.remove(&id)?;
    Ok((StatusCode::ACCEPTED, success()))
}

/// A pipeline, or the service's words for one that is not there.
pub fn find(service: &Service, id: &str) -> Result<Pipeline, ApiError> {
    validation::id("id", id)?;
    let missing = || ApiError::NotFound(format!("The specified pipeline was not found: pipelineId={id}."));
    service.pipelines.get(id).ok_or_else(missing)
}

/// Where content and thumbnails go: both in one bucket, or each as its own configuration says.
fn destinations(
    checks: &mut Checks,
    bucket: Option<&str>,
    content: Option<OutputConfigRequest>,
    thumbnails: Option<OutputConfigRequest>,
) -> (OutputConfig, OutputConfig) {
    let both = OutputConfig {
        bucket: bucket.unwrap_or_default().to_owned(),
        storage_class: "Standard".into(),
        permissions: Vec::new(),
    };
    match (bucket, content, thumbnails) {
        (Some(_), None, None) => (both.clone(), both),
        (None, Some(content), Some(thumbnails)) => (
            destination(checks, "contentConfig", content),
            destination(checks, "thumbnailConfig", thumbnails),
        ),
        _ => {
            checks.problem("specify either OutputBucket, or both ContentConfig and ThumbnailConfig");
            let unknown = OutputConfig {
                bucket: "unknown".into(),
                ..both
            };
            (unknown.clone(), unknown)
        }
    }
}

fn destination(checks: &mut Checks, name: &str, request: OutputConfigRequest) -> OutputConfig {
    OutputConfig {
        bucket: checks.required(&format!("{name}.bucket"), request.bucket),
        storage_class: request.storage_class.unwrap_or_else(|| "Standard".into()),
        permissions: request.permissions.unwrap_or_default(),
    }
}

fn check(mut checks: Checks, pipeline: &Pipeline) -> Result<(), ApiError> {
    const BUCKET: &str = r"^(\w|\.|-){1,255}$";
    checks.length("name", &pipeline.name, 1, 40);
    checks.pattern("inputBucket", &pipeline.input_bucket, BUCKET, is_bucket);
    checks.pattern("role", &pipeline.role, r"^arn:aws:iam::\w{12}:role/.+$", is_role);
    for (name, config) in [
        ("contentConfig", &pipeline.content_config),
        ("thumbnailConfig", &pipeline.thumbnail_config),
    ] {
        checks.pattern(&format!("{name}.bucket"), &config.bucket, BUCKET, is_bucket);
        let known = |class: &str| matches!(class, "ReducedRedundancy" | "Standard");
        checks.pattern(
            &format!("{name}.storageClass"),
            &config.storage_class,
            "(^ReducedRedundancy$)|(^Standard$)",
            known,
        );
    }
    let topics = &pipeline.notifications;
    for (name, topic) in [
        ("progressing", &topics.progressing),
        ("completed", &topics.completed),
        ("warning", &topics.warning),
        ("error", &topics.error),
    ] {
        checks.pattern(
            &format!("notifications.{name}"),
            topic,
            r"(^$)|(^arn:aws:sns:.*:\w{12}:.+$)",
            is_topic,
        );
    }
    checks.done()
}

impl From<NotificationsRequest> for Notifications {
    fn from(request: NotificationsRequest) -> Self {
        Self {
            progressing: request.progressing.unwrap_or_default(),
            completed: request.completed.unwrap_or_default(),
            warning: request.warning.unwrap_or_default(),
            error: request.error.unwrap_or_default(),
        }
    }
}
