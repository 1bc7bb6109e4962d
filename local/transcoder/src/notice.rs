//! News that somebody is owed.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A message, and the way that it takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Notice {
    /// To an SNS topic, by the pipeline's role.
    #[serde(rename_all = "PascalCase")]
    Topic {
        topic: String,
        subject: String,
        message: String,
    },
    /// To EventBridge's default bus, by this service itself.
    #[serde(rename_all = "PascalCase")]
    Event {
        source: String,
        detail_type: String,
        resource: String,
        time_millis: u64,
        detail: Value,
    },
}
