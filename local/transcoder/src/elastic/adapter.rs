//! Translates Elastic Transcoder's jobs into tasks, and their events into notifications.

use std::sync::Arc;

use super::encoding::encodings;
use super::notification;
use super::pipeline::{OutputConfig, Pipeline, PipelineStatus};
use super::store::ElasticStore;
use super::wire::{ElasticJobRequest, JobOutput};
use crate::encoding::Rotate;
use crate::failure::{Code, JobFailure};
use crate::jobs::{Adapter, Event, Notification, TranscodeJob};
use crate::task::{Object, OutputTask, Task, ThumbnailNames, ThumbnailOutput, VideoOutput};

/// The adapter of Elastic Transcoder's jobs.
#[derive(Debug)]
pub struct ElasticAdapter {
    store: Arc<ElasticStore>,
}

impl ElasticAdapter {
    /// Returns an adapter of the jobs of these pipelines.
    pub fn new(store: Arc<ElasticStore>) -> Self {
        Self { store }
    }

    fn output(
        &self,
        request: &ElasticJobRequest,
        output: &JobOutput,
        content: &OutputConfig,
        thumbnails: &OutputConfig,
    ) -> Result<OutputTask, JobFailure> {
        let preset = self.store.preset(&output.preset_id);
        let encodings = preset.and_then(|preset| encodings(&preset));
        let (encoding, thumbnail) =
            encodings.map_err(|error| JobFailure::new(Code::Validation, error.to_string()))?;
        let video = VideoOutput {
            encoding,
            to: Object {
                bucket: content.bucket.clone(),
                key: request.full_key(&output.key),
            },
            reduced_redundancy: content.is_reduced(),
        };
        let pattern = output.thumbnail_pattern.as_deref().unwrap_or_default();
        let thumbnail = thumbnail.filter(|_| !pattern.is_empty());
        Ok(OutputTask {
            video: Some(video),
            thumbnails: thumbnail.map(|encoding| ThumbnailOutput {
                encoding,
                bucket: thumbnails.bucket.clone(),
                names: ThumbnailNames::Pattern(request.full_key(pattern)),
                reduced_redundancy: thumbnails.is_reduced(),
            }),
            rotate: Rotate::parse(&output.rotate).unwrap_or(Rotate::Auto),
        })
    }
}

impl Adapter for ElasticAdapter {
    fn is_paused(&self, job: &TranscodeJob) -> bool {
        let is_paused = |pipeline: &Pipeline| pipeline.status == PipelineStatus::Paused;
        self.store.pipelines.is(&job.queue, is_paused)
    }

    fn task(&self, job: &TranscodeJob) -> Result<Task, JobFailure> {
        let request = ElasticJobRequest::of(job)?;
        let pipeline = self.store.pipelines.get(&request.pipeline_id);
        let pipeline = pipeline.ok_or_else(|| {
            let detail = format!("the pipeline {} does not exist", request.pipeline_id);
            JobFailure::new(Code::Validation, detail)
        })?;
        let (content, thumbnails) = (&pipeline.content_config, &pipeline.thumbnail_config);
        let outputs = request.outputs.iter();
        Ok(Task {
            input: Object {
                bucket: pipeline.input_bucket,
                key: job.input_key.clone(),
            },
            clip: request.clip(),
            overwrite: false,
            outputs: outputs
                .map(|output| self.output(&request, output, content, thumbnails))
                .collect(),
            role: pipeline.role,
        })
    }

    fn notification(&self, job: &TranscodeJob, event: Event<'_>) -> Option<Notification> {
        let request = ElasticJobRequest::of(job).ok()?;
        let pipeline = self.store.pipelines.get(&request.pipeline_id)?;
        notification::notification(&pipeline, job, &request, event)
    }
}
