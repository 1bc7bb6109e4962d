//! What CreateJob asked, and what that comes down to.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{meaning, queue};
use crate::failure::{Code, Failure};
use crate::job::{Object, Task};
use crate::service::Service;

/// A job in this API's words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Order {
    /// The queue's ARN.
    pub queue: String,
    pub role: String,
    pub input: Object,
    /// As they were sent.
    pub settings: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_request_token: Option<String>,
    /// Seconds from one news of its progress to the next.
    pub status_update_interval: u32,
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

impl Order {
    pub fn input_key(&self) -> &str {
        &self.input.key
    }

    /// How many outputs each group has.
    pub fn groups(&self) -> Vec<usize> {
        let groups = self.settings["outputGroups"].as_array();
        let outputs = |group: &Value| group["outputs"].as_array().map_or(0, Vec::len);
        groups.map_or_else(Vec::new, |groups| groups.iter().map(outputs).collect())
    }

    /// Whether the queue holds its jobs back.
    pub fn is_paused(&self, service: &Service) -> bool {
        // The default queue is kept only once it has been changed; until then it is not paused.
        let name = queue::name(&self.queue);
        service.queues.holds(name, |queue| queue.is_paused)
    }

    pub fn update_interval(&self) -> Duration {
        Duration::from_secs(u64::from(self.status_update_interval))
    }

    /// What it comes down to.
    pub fn task(&self) -> Result<Task, Failure> {
        let read = meaning::read(&self.settings);
        let work = read.map_err(|error| Failure::new(Code::Validation, error.to_string()))?;
        Ok(Task {
            role: self.role.clone(),
            input: work.input,
            clip: work.clip,
            overwrite: true,
            outputs: work.outputs.into_iter().map(Ok).collect(),
        })
    }
}
