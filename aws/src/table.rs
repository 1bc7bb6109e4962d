//! The responses table. Only this module contains DynamoDB expressions.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use model::lifecycle::{Change, Decision, Ignored, decide_all};
use model::measurement;
use model::{Response, ResponseKey, Timestamp};
use thiserror::Error;

use crate::error::chain;
use crate::{AwsError, Metrics};

pub mod item;
mod query;
mod write;

use item::{HASH_KEY, ItemError, RANGE_KEY};

pub use query::{Cursor, ListPage, ListQuery, OverdueCursor, OverduePage};

type Attributes = HashMap<String, AttributeValue>;

/// The maximum number of attempts to apply a change while other invocations write the response.
const MAX_ATTEMPTS: u32 = 5;

/// The responses table.
#[derive(Clone)]
pub struct ResponsesTable {
    client: Client,
    name: String,
    metrics: Metrics,
}

/// The outcome of a change.
#[derive(Debug)]
pub enum WriteOutcome {
    /// The response was written; this is its new state.
    Written(Box<Response>),
    /// The response is unchanged, for this reason.
    Ignored(Ignored, Option<Box<Response>>),
}

/// The result of a conditional write.
enum Write {
    /// The item was written.
    Done,
    /// Another invocation has changed the item: its present attributes, or `None` if there is no item.
    Conflict(Option<Attributes>),
}

/// Why the table cannot be read or written.
#[derive(Debug, Error)]
pub enum TableError {
    /// A call failed.
    #[error(transparent)]
    Call(#[from] AwsError),
    /// Other invocations changed the response at each attempt.
    #[error("other invocations wrote the response during each of {MAX_ATTEMPTS} attempts to change it")]
    Contended,
    /// An item in the table is not a response.
    #[error("an item in the table is not a response: {0}")]
    Item(#[from] ItemError),
}

impl ResponsesTable {
    /// Returns the table of this name, whose writes are not measured.
    pub fn new(client: Client, name: String) -> Self {
        let metrics = Metrics::default();
        Self {
            client,
            name,
            metrics,
        }
    }

    /// Measures every change of a response.
    pub fn measured(self, metrics: Metrics) -> Self {
        Self { metrics, ..self }
    }

    /// Opens a connection during a function's start by reading an item that does not exist. The result is ignored.
    pub async fn warm(&self) {
        let nothing = [HASH_KEY, RANGE_KEY].map(|name| (name.to_owned(), text("-")));
        let read = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(nothing.into()));
        if let Err(error) = read.send().await {
            tracing::debug!(
                error = chain(&AwsError::new("GetItem", error)),
                "the call that opens a connection failed"
            );
        }
    }

    /// Returns the response, by a consistent read.
    pub async fn get(&self, key: &ResponseKey) -> Result<Option<Response>, TableError> {
        let read = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(item_key(key)))
            .consistent_read(true);
        let answer = read
            .send()
            .await
            .map_err(|error| AwsError::new("GetItem", error))?;
        answer.item.map(response).transpose()
    }

    /// Applies a change to a response, now.
    pub async fn apply(&self, key: &ResponseKey, change: &Change) -> Result<WriteOutcome, TableError> {
        self.apply_all(key, std::slice::from_ref(change), crate::now())
            .await
    }

    /// Applies several changes to a response in one write: reads it, decides, and writes the result unless another
    /// invocation wrote in the meantime; in that case it decides again.
    pub async fn apply_all(
        &self,
        key: &ResponseKey,
        changes: &[Change],
        now: Timestamp,
    ) -> Result<WriteOutcome, TableError> {
        let current = self.get(key).await?;
        self.write_from(current, key, changes, now).await
    }

    /// Applies a change to a response that this invocation has read or written before, as [`apply`](Self::apply), but
    /// reads it only if the change is ignored, because the state may be old.
    pub async fn apply_to(&self, response: &Response, change: &Change) -> Result<WriteOutcome, TableError> {
        let (key, changes, now) = (&response.key, std::slice::from_ref(change), crate::now());
        match self.write_from(Some(response.clone()), key, changes, now).await? {
            WriteOutcome::Ignored(..) => self.apply_all(key, changes, now).await,
            written => Ok(written),
        }
    }

    /// Decides from this state and writes the result. While other invocations write, continues from their states.
    async fn write_from(
        &self,
        mut current: Option<Response>,
        key: &ResponseKey,
        changes: &[Change],
        now: Timestamp,
    ) -> Result<WriteOutcome, TableError> {
        for _ in 0..MAX_ATTEMPTS {
            let next = match decide_all(current.as_ref(), key, changes, now) {
                Decision::Ignore(why) => return Ok(WriteOutcome::Ignored(why, current.map(Box::new))),
                Decision::Write(next) => next,
            };
            match self.write(current.as_ref(), &next).await? {
                Write::Done => {
                    for measurement in measurement::of_write(current.as_ref(), changes, &next) {
                        self.metrics.emit(measurement);
                    }
                    return Ok(WriteOutcome::Written(next));
                }
                Write::Conflict(Some(item)) => current = Some(response(item)?),
                Write::Conflict(None) => current = self.get(key).await?,
            }
        }
        Err(TableError::Contended)
    }
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn item_key(key: &ResponseKey) -> Attributes {
    [(HASH_KEY, key.project_step()), (RANGE_KEY, key.email.to_string())]
        .map(|(name, value)| (name.to_owned(), AttributeValue::S(value)))
        .into()
}

fn response(attributes: Attributes) -> Result<Response, TableError> {
    Ok(item::from_attributes(attributes.into())?)
}
