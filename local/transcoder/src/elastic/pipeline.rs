//! A pipeline: the bucket of inputs, the buckets of outputs, the topics of notifications, and the role.

use serde::{Deserialize, Serialize};

/// A pipeline in the service's format.
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

/// The status of a pipeline: its jobs run or wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PipelineStatus {
    Active,
    Paused,
}

/// The topics of a pipeline; an empty one gets no notifications.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Notifications {
    pub progressing: String,
    pub completed: String,
    pub warning: String,
    pub error: String,
}

/// The destination of one kind of files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OutputConfig {
    pub bucket: String,
    pub storage_class: String,
    #[serde(default)]
    pub permissions: Vec<Permission>,
}

impl OutputConfig {
    /// Returns a destination in a bucket with the default settings.
    pub fn new(bucket: String) -> Self {
        Self {
            bucket,
            storage_class: "Standard".into(),
            permissions: Vec::new(),
        }
    }

    /// The S3 storage class: standard, or with reduced redundancy.
    pub fn is_reduced(&self) -> bool {
        self.storage_class == "ReducedRedundancy"
    }
}

/// A permission on an output. Stored and returned, but not applied.
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
