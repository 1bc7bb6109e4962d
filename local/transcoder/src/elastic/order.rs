//! What CreateJob asked, and what that comes down to.

use serde::{Deserialize, Serialize};

use super::pipeline::{Notifications, OutputConfig, Pipeline, PipelineStatus};
use super::preset;
use crate::failure::{Code, Failure};
use crate::ffmpeg::arguments::Rotate;
use crate::job::{Album, Film, Object, Output, StillNames, Task};
use crate::service::Service;

/// A job in this API's words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Order {
    pub pipeline_id: String,
    pub inputs: Vec<JobInput>,
    pub outputs: Vec<JobOutput>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_key_prefix: Option<String>,
}

/// What is transcoded.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct JobInput {
    pub key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_rate: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aspect_ratio: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interlaced: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
}

/// What is made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct JobOutput {
    pub key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnail_pattern: Option<String>,
    pub rotate: String,
    pub preset_id: String,
}

impl Order {
    pub fn input_key(&self) -> &str {
        self.inputs.first().map_or("", |input| input.key.as_str())
    }

    /// Whether the pipeline holds its jobs back.
    pub fn is_paused(&self, service: &Service) -> bool {
        let is_paused = |pipeline: &Pipeline| pipeline.status == PipelineStatus::Paused;
        service.pipelines.holds(&self.pipeline_id, is_paused)
    }

    /// The topics that hear of it, as the pipeline is now.
    pub fn topics(&self, service: &Service) -> Notifications {
        let pipeline = service.pipelines.get(&self.pipeline_id);
        pipeline
            .map(|pipeline| pipeline.notifications)
            .unwrap_or_default()
    }

    /// The role of the pipeline as it is now.
    pub fn role(&self, service: &Service) -> Option<String> {
        let pipeline = service.pipelines.get(&self.pipeline_id)?;
        Some(pipeline.role)
    }

    /// What it comes down to, as pipeline and presets are now.
    pub fn task(&self, service: &Service) -> Result<Task, Failure> {
        let pipeline = service.pipelines.get(&self.pipeline_id);
        let pipeline = pipeline.ok_or_else(|| {
            let detail = format!("the pipeline {} is gone", self.pipeline_id);
            Failure::new(Code::Validation, detail)
        })?;
        let (content, thumbnails) = (&pipeline.content_config, &pipeline.thumbnail_config);
        let outputs = self.outputs.iter();
        Ok(Task {
            input: Object {
                bucket: pipeline.input_bucket,
                key: self.input_key().to_owned(),
            },
            overwrite: false,
            outputs: outputs
                .map(|output| self.output(service, output, content, thumbnails))
                .collect(),
            role: pipeline.role,
        })
    }

    fn output(
        &self,
        service: &Service,
        output: &JobOutput,
        content: &OutputConfig,
        thumbnails: &OutputConfig,
    ) -> Result<Output, Failure> {
        let unusable = |detail: String| Failure::new(Code::Validation, detail);
        let preset = preset::find(service, &output.preset_id)
            .ok_or_else(|| unusable(format!("no preset {}", output.preset_id)))?;
        let (recipe, stills) = preset.numbers().map_err(|error| unusable(error.to_string()))?;
        let film = Film {
            recipe,
            to: Object {
                bucket: content.bucket.clone(),
                key: self.full_key(&output.key),
            },
            reduced_redundancy: content.is_reduced(),
        };
        let pattern = output.thumbnail_pattern.as_deref().unwrap_or_default();
        let album = stills.filter(|_| !pattern.is_empty()).map(|stills| Album {
            stills,
            bucket: thumbnails.bucket.clone(),
            names: StillNames::Pattern(self.full_key(pattern)),
            reduced_redundancy: thumbnails.is_reduced(),
        });
        Ok(Output {
            film: Some(film),
            album,
            rotate: Rotate::parse(&output.rotate).unwrap_or(Rotate::Auto),
        })
    }

    fn full_key(&self, name: &str) -> String {
        format!("{}{name}", self.output_key_prefix.as_deref().unwrap_or_default())
    }
}
