//! A pipeline: where inputs are, where outputs go, who hears of it, and whose rights are used.

use serde::{Deserialize, Serialize};

/// A pipeline as the service shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Pipeline {
    pub id: String,
    pub arn: String,
    pub name: String,
    pub status: PipelineStatus,
    pub input_bucket: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_bucket: Option<String>,
    pub role: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aws_kms_key_arn: Option<String>,
    pub notifications: Notifications,
    pub content_config: OutputConfig,
    pub thumbnail_config: OutputConfig,
}

/// Whether a pipeline's jobs are run or wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PipelineStatus {
    Active,
    Paused,
}

/// The topics of a pipeline; an empty one hears nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Notifications {
    pub progressing: String,
    pub completed: String,
    pub warning: String,
    pub error: String,
}

/// Where files of one kind go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OutputConfig {
    pub bucket: String,
    pub storage_class: String,
    #[serde(default)]
    pub permissions: Vec<Permission>,
}

impl OutputConfig {
    /// A bucket with the settings that a destination has where none are asked for.
    pub fn new(bucket: String) -> Self {
        Self {
            bucket,
            storage_class: "Standard".into(),
            permissions: Vec::new(),
        }
    }

    /// Whether S3 keeps the files with less redundancy.
    pub fn is_reduced(&self) -> bool {
        self.storage_class == "ReducedRedundancy"
    }
}

/// Who may do what with an output. Stored and echoed; not applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Permission {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grantee_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grantee: Option<String>,
    #[serde(default)]
    pub access: Vec<String>,
}
