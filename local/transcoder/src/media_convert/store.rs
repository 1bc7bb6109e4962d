//! The queues that clients have created or changed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::wire::API;
use crate::account::Account;
use crate::api_error::ApiError;
use crate::state_folder::StateFolder;
use crate::store::{Store, StoreError};

/// The name of the queue that every account has.
pub const DEFAULT: &str = "Default";

/// A stored queue.
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

/// Queues by their names.
#[derive(Debug)]
pub struct MediaConvertStore {
    pub queues: Store<Queue>,
    account: Account,
}

impl MediaConvertStore {
    /// Reads the stored queues.
    pub fn open(state: &StateFolder, account: Account) -> Result<Self, StoreError> {
        let queues = Store::open(state.records("queues"))?;
        Ok(Self { queues, account })
    }

    /// Returns a new queue, created at a time in milliseconds since 1970. Does not store it.
    pub fn new_queue(&self, name: &str, at: u64) -> Queue {
        Queue {
            name: name.to_owned(),
            arn: self.account.arn(API, &format!("queues/{name}")),
            description: None,
            is_paused: false,
            created_at_millis: at,
            last_updated_millis: at,
            tags: BTreeMap::new(),
        }
    }

    /// Returns a queue by its name or ARN. The default queue is stored only after a change.
    pub fn find(&self, name: &str) -> Option<Queue> {
        let name = queue_name(name);
        let kept = self.queues.get(name);
        kept.or_else(|| (name == DEFAULT).then(|| self.new_queue(DEFAULT, 0)))
    }

    /// Returns a queue by its name or ARN, or the service's error for one that does not exist.
    pub fn queue(&self, name: &str) -> Result<Queue, ApiError> {
        let missing = || ApiError::NotFound(format!("The queue {name} does not exist."));
        self.find(name).ok_or_else(missing)
    }
}

/// Returns the name in a queue's ARN; returns a name unchanged.
pub fn queue_name(arn: &str) -> &str {
    arn.rsplit_once(":queues/").map_or(arn, |(_, name)| name)
}
