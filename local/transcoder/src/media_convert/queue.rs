//! A queue: jobs of one purpose, which can be held back together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::service::Service;

/// The queue that every account has.
pub const DEFAULT: &str = "Default";

/// A queue as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Queue {
    pub name: String,
    pub arn: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub is_paused: bool,
    pub created_at_millis: u64,
    pub last_updated_millis: u64,
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

impl Queue {
    /// A queue that was made at a time, in milliseconds since 1970.
    pub fn new(service: &Service, name: &str, at: u64) -> Self {
        Self {
            name: name.to_owned(),
            arn: service.arn("mediaconvert", &format!("queues/{name}")),
            description: None,
            is_paused: false,
            created_at_millis: at,
            last_updated_millis: at,
            tags: BTreeMap::new(),
        }
    }
}

/// The name in a queue's ARN; a name stays what it is.
pub fn name(arn: &str) -> &str {
    arn.rsplit_once(":queues/").map_or(arn, |(_, name)| name)
}

/// A queue by its name.
pub fn find(service: &Service, name: &str) -> Option<Queue> {
    let kept = service.queues.get(name);
    kept.or_else(|| (name == DEFAULT).then(|| Queue::new(service, DEFAULT, 0)))
}
