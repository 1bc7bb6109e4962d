//! The request of a job, as stored and as repeated in responses.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::failure::{Code, JobFailure};
use crate::jobs::TranscodeJob;
use crate::task::Object;

/// The name of this API, in its ARNs and in its jobs.
pub const API: &str = "mediaconvert";

/// The request of CreateJob.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MediaConvertJobRequest {
    pub role: String,
    pub input: Object,
    /// As the client sent them.
    pub settings: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_request_token: Option<String>,
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

impl MediaConvertJobRequest {
    /// Parses the request of a job of this API.
    pub fn of(job: &TranscodeJob) -> Result<Self, JobFailure> {
        Self::deserialize(&job.request).map_err(|error| JobFailure::new(Code::Internal, error.to_string()))
    }

    /// Returns the number of outputs of each group.
    pub fn groups(&self) -> Vec<usize> {
        let groups = self.settings["outputGroups"].as_array();
        let outputs = |group: &Value| group["outputs"].as_array().map_or(0, Vec::len);
        groups.map_or_else(Vec::new, |groups| groups.iter().map(outputs).collect())
    }
}
