//! A job as the service shows it, and the record of it that is kept.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::notification::Notice;

/// Where a job, or one of its outputs, stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobStatus {
    Submitted,
    Progressing,
    Complete,
    Canceled,
    Error,
}

impl JobStatus {
    /// Whether nothing is left to do.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Complete | Self::Canceled | Self::Error)
    }
}

/// A job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Job {
    pub id: String,
    pub arn: String,
    pub pipeline_id: String,
    pub inputs: Vec<JobInput>,
    pub outputs: Vec<JobOutput>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_key_prefix: Option<String>,
    pub status: JobStatus,
    #[serde(default)]
    pub user_metadata: BTreeMap<String, String>,
    pub timing: Timing,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detected_properties: Option<DetectedProperties>,
}

/// What was found in an input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DetectedProperties {
    pub width: u32,
    pub height: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame_rate: Option<String>,
    pub file_size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_millis: Option<u64>,
}

/// What a job makes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct JobOutput {
    pub id: String,
    pub key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnail_pattern: Option<String>,
    pub rotate: String,
    pub preset_id: String,
    pub status: JobStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_detail: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_millis: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_rate: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_size: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied_color_space_conversion: Option<String>,
}

/// When a job was asked for, begun and ended, in milliseconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Timing {
    pub submit_time_millis: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time_millis: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_time_millis: Option<u64>,
}

/// A job as it is kept: with what is needed to go on after a crash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct JobRecord {
    pub job: Job,
    /// Keys whose upload this job has begun: an object there is its own, not "an output that exists".
    #[serde(default)]
    pub uploading: BTreeSet<String>,
    /// What the topics are still owed, in order.
    #[serde(default)]
    pub unsent: Vec<Notice>,
}

impl Job {
    /// The full key of a file that an output names.
    pub fn full_key(&self, name: &str) -> String {
        format!("{}{name}", self.output_key_prefix.as_deref().unwrap_or_default())
    }

    /// The key of the input.
    pub fn input_key(&self) -> &str {
        self.inputs.first().map_or("", |input| input.key.as_str())
    }
}
