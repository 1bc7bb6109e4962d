//! A notification of a job's event.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A message and its destination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Notification {
    /// To an SNS topic.
    #[serde(rename_all = "PascalCase")]
    Topic {
        topic: String,
        subject: String,
        message: String,
        /// The ARN of the role that publishes. Stored here, because the pipeline may be deleted in the meantime.
        role: String,
    },
    /// To EventBridge's default bus, with this service's own permissions.
    #[serde(rename_all = "PascalCase")]
    Event {
        source: String,
        detail_type: String,
        resource: String,
        time_millis: u64,
        detail: Value,
    },
}

impl Notification {
    /// Returns the destination, for the log.
    pub fn destination(&self) -> &str {
        match self {
            Self::Topic { topic, .. } => topic,
            Self::Event { .. } => "EventBridge",
        }
    }
}
