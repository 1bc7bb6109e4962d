//! Pipelines: create, read, update, list, delete.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::front::ElasticTranscoderFront;
use super::pipeline::{Notifications, OutputConfig, Permission, Pipeline, PipelineStatus};
use super::responses::{list_page, success};
use super::validation::{self, Checks};
use super::wire::API;
use crate::api_error::ApiError;
use crate::jobs::TranscodeJob;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PipelineRequest {
    name: String,
    input_bucket: String,
    output_bucket: Option<String>,
    role: String,
    aws_kms_key_arn: Option<String>,
    notifications: Option<NotificationsRequest>,
    content_config: Option<OutputConfigRequest>,
    thumbnail_config: Option<OutputConfigRequest>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PipelineUpdate {
    name: Option<String>,
    input_bucket: Option<String>,
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

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StatusRequest {
    status: PipelineStatus,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TopicsRequest {
    notifications: NotificationsRequest,
}

/// CreatePipeline.
pub async fn create(
    State(front): State<Arc<ElasticTranscoderFront>>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let request: PipelineRequest = validation::body(&body)?;
    let [content_config, thumbnail_config] = destinations(
        request.output_bucket.clone(),
        request.content_config,
        request.thumbnail_config,
    )?;
    let id = front.identifiers.next();
    let pipeline = Pipeline {
        arn: front.account.arn(API, &format!("pipeline/{id}")),
        id,
        name: request.name,
        status: PipelineStatus::Active,
        input_bucket: request.input_bucket,
        output_bucket: request.output_bucket,
        role: request.role,
        aws_kms_key_arn: request.aws_kms_key_arn,
        notifications: request.notifications.map(Notifications::from).unwrap_or_default(),
        content_config,
        thumbnail_config,
    };
    front
        .store
        .pipelines
        .insert(&pipeline.id, pipeline.clone())
        .await?;
    Ok((
        StatusCode::CREATED,
        Json(json!({ "Pipeline": pipeline, "Warnings": [] })),
    ))
}

/// ListPipelines.
pub async fn list(
    State(front): State<Arc<ElasticTranscoderFront>>,
    Query(query): Query<HashMap<String, String>>,
) -> Json<Value> {
    let pipelines = front.store.pipelines.filter(|_| true);
    list_page(
        "Pipelines",
        &query,
        |request| request.of(pipelines, |pipeline| &pipeline.id),
        |pipeline| json!(pipeline),
    )
}

/// ReadPipeline.
pub async fn read(
    State(front): State<Arc<ElasticTranscoderFront>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(
        json!({ "Pipeline": front.store.pipeline(&id)?, "Warnings": [] }),
    ))
}

/// UpdatePipeline: keeps settings that the request omits or sets to null, also single topics and settings of a
/// destination (developer guide, "How to update and delete values").
pub async fn update(
    State(front): State<Arc<ElasticTranscoderFront>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let request: PipelineUpdate = validation::body(&body)?;
    front.store.pipeline(&id)?;
    let updated = front.store.pipelines.update(&id, |pipeline| {
        replace(&mut pipeline.name, request.name);
        replace(&mut pipeline.input_bucket, request.input_bucket);
        replace(&mut pipeline.role, request.role);
        if let Some(arn) = request.aws_kms_key_arn {
            pipeline.aws_kms_key_arn = Some(arn);
        }
        if let Some(topics) = request.notifications {
            topics.apply(&mut pipeline.notifications);
        }
        if let Some(config) = request.content_config {
            config.apply(&mut pipeline.content_config);
            pipeline.output_bucket = None;
        }
        if let Some(config) = request.thumbnail_config {
            config.apply(&mut pipeline.thumbnail_config);
        }
    });
    let pipeline = updated.await?;
    Ok(Json(json!({ "Pipeline": pipeline, "Warnings": [] })))
}

/// UpdatePipelineStatus: a paused pipeline's jobs wait.
pub async fn update_status(
    State(front): State<Arc<ElasticTranscoderFront>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let request: StatusRequest = validation::body(&body)?;
    front.store.pipeline(&id)?;
    let updated = front
        .store
        .pipelines
        .update(&id, |pipeline| pipeline.status = request.status);
    let pipeline = updated.await?;
    front.scheduler.wake();
    Ok(Json(json!({ "Pipeline": pipeline })))
}

/// UpdatePipelineNotifications: the pipeline's topics are those of the request.
pub async fn update_notifications(
    State(front): State<Arc<ElasticTranscoderFront>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let request: TopicsRequest = validation::body(&body)?;
    front.store.pipeline(&id)?;
    let updated = front
        .store
        .pipelines
        .update(&id, |kept| kept.notifications = request.notifications.into());
    let pipeline = updated.await?;
    Ok(Json(json!({ "Pipeline": pipeline })))
}

/// DeletePipeline. Fails while the pipeline has active jobs.
pub async fn delete(
    State(front): State<Arc<ElasticTranscoderFront>>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    front.store.pipeline(&id)?;
    let is_active = |job: &TranscodeJob| job.api == API && job.queue == id && !job.status.is_final();
    if front.scheduler.any(is_active) {
        return Err(ApiError::Conflict(format!(
            "Pipeline contains active jobs and cannot be deleted: pipelineId={id}."
        )));
    }
    front.store.pipelines.remove(&id).await?;
    Ok((StatusCode::ACCEPTED, success()))
}

/// Returns the destinations of content and thumbnails: one bucket for both, or a configuration for each.
fn destinations(
    bucket: Option<String>,
    content: Option<OutputConfigRequest>,
    thumbnails: Option<OutputConfigRequest>,
) -> Result<[OutputConfig; 2], ApiError> {
    match (bucket, content, thumbnails) {
        (Some(bucket), None, None) => {
            let both = OutputConfig::new(bucket);
            Ok([both.clone(), both])
        }
        (None, Some(content), Some(thumbnails)) => {
            let mut checks = Checks::default();
            let configs = [
                content.config(&mut checks, "contentConfig"),
                thumbnails.config(&mut checks, "thumbnailConfig"),
            ];
            checks.done().map(|()| configs)
        }
        _ => Err(ApiError::Validation(
            "specify either OutputBucket, or both ContentConfig and ThumbnailConfig".into(),
        )),
    }
}

/// Replaces a value if a new one is present.
fn replace<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

impl OutputConfigRequest {
    fn config(self, checks: &mut Checks, name: &str) -> OutputConfig {
        let bucket = checks.required(&format!("{name}.bucket"), self.bucket.clone());
        let mut config = OutputConfig::new(bucket);
        self.apply(&mut config);
        config
    }

    fn apply(self, config: &mut OutputConfig) {
        replace(&mut config.bucket, self.bucket);
        replace(&mut config.storage_class, self.storage_class);
        replace(&mut config.permissions, self.permissions);
    }
}

impl NotificationsRequest {
    fn apply(self, topics: &mut Notifications) {
        replace(&mut topics.progressing, self.progressing);
        replace(&mut topics.completed, self.completed);
        replace(&mut topics.warning, self.warning);
        replace(&mut topics.error, self.error);
    }
}

impl From<NotificationsRequest> for Notifications {
    fn from(request: NotificationsRequest) -> Self {
        let mut topics = Self::default();
        request.apply(&mut topics);
        topics
    }
}
