//! The responses table. Every DynamoDB expression lives here.

use std::collections::HashMap;
use std::error::Error as StdError;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::AttributeValue;
use model::item::{ATTRIBUTES, ItemError};
use model::lifecycle::{Change, Decision, Ignored, decide};
use model::{Response, ResponseKey};
use thiserror::Error;

use crate::CallError;

mod list;

pub use list::{List, OverduePage, OverduePosition, Page, Position};

type Attributes = HashMap<String, AttributeValue>;

/// How often a change is decided anew when others change the response at the same time.
const TRIES: u32 = 5;

/// The responses table.
#[derive(Clone)]
pub struct ResponsesTable {
    client: Client,
    name: String,
}

/// What became of a change.
#[derive(Debug)]
pub enum Outcome {
    /// The response is now this.
    Written(Box<Response>),
    /// It stays as it was, for this reason.
    Ignored(Ignored, Option<Box<Response>>),
}

/// The table could not be read or written.
#[derive(Debug, Error)]
pub enum TableError {
    /// A call failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// Others changed the response each time it was tried.
    #[error("the response was changed by others {TRIES} times while it was being changed")]
    Contended,
    /// An item in the table is no response.
    #[error("an item in the table is no response: {0}")]
    Item(#[from] ItemError),
}

impl TableError {
    /// The error and what lies behind it, in one line for the log.
    pub fn chain(&self) -> String {
        match self {
            Self::Call(call) => call.chain(),
            other => other.to_string(),
        }
    }
}

impl ResponsesTable {
    /// The table of this name.
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// Opens a connection during a function's start, by reading an item that does not exist; what comes
    /// of it does not matter.
    pub async fn warm(&self) {
        let nothing =
            [("ProjectStep", "-"), ("Mail", "-")].map(|(name, value)| (name.to_owned(), text(value)));
        let read = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(nothing.into()));
        if let Err(error) = read.send().await {
            tracing::debug!(
                error = CallError::new("GetItem", error).chain(),
                "the warming call failed"
            );
        }
    }

    /// The response, as it is at this moment.
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
            .map_err(|error| CallError::new("GetItem", error))?;
        answer.item.map(response).transpose()
    }

    /// Has something happen to a response, at this moment.
    pub async fn apply(&self, key: &ResponseKey, change: &Change) -> Result<Outcome, TableError> {
        self.change(key, |current| decide(current, key, change, crate::now()))
            .await
    }

    /// Changes a response: reads it, asks what it becomes, and writes that if nobody wrote in between;
    /// else begins again.
    pub async fn change(
        &self,
        key: &ResponseKey,
        decide: impl Fn(Option<&Response>) -> Decision,
    ) -> Result<Outcome, TableError> {
        for _ in 0..TRIES {
            let current = self.get(key).await?;
            match decide(current.as_ref()) {
                Decision::Ignore(why) => return Ok(Outcome::Ignored(why, current.map(Box::new))),
                Decision::Write(next) => {
                    if self.write(current.as_ref(), &next).await? {
                        return Ok(Outcome::Written(next));
                    }
                }
            }
        }
        Err(TableError::Contended)
    }

    /// Writes a response if it is still what was read; `false` when it is not. Attributes that are not
    /// ours stay.
    async fn write(&self, current: Option<&Response>, next: &Response) -> Result<bool, TableError> {
        let mut attributes: Attributes = model::item::to_attributes(next)?.into();
        let mut set = Vec::new();
        let mut remove = Vec::new();
        let mut values = Attributes::new();
        for name in ATTRIBUTES {
            match attributes.remove(name) {
                Some(value) => {
                    set.push(format!("#{name} = :{name}"));
                    values.insert(format!(":{name}"), value);
                }
                None => remove.push(format!("#{name}")),
            }
        }
        let mut names = names(&ATTRIBUTES);
        let condition = match current.map(|response| response.revision) {
            None => "attribute_not_exists(#ProjectStep)",
            // Another program may have written a zero, or NULL, which counts as absent.
            Some(0) => {
                values.insert(":zero".to_owned(), AttributeValue::N("0".to_owned()));
                values.insert(":null".to_owned(), AttributeValue::S("NULL".to_owned()));
                "attribute_exists(#ProjectStep) AND (attribute_not_exists(#Revision) \
                 OR #Revision = :zero OR attribute_type(#Revision, :null))"
            }
            Some(revision) => {
                values.insert(":read".to_owned(), AttributeValue::N(revision.to_string()));
                "#Revision = :read"
            }
        };
        if condition.contains("#ProjectStep") {
            names.insert("#ProjectStep".to_owned(), "ProjectStep".to_owned());
        }
        let mut expression = format!("SET {}", set.join(", "));
        if !remove.is_empty() {
            expression.push_str(&format!(" REMOVE {}", remove.join(", ")));
        }
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(item_key(&next.key)));
        let update = update
            .update_expression(expression)
            .condition_expression(condition);
        let update = update
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values));
        unless_changed("UpdateItem", update.send().await)
    }

    /// Removes a response's item if it is still what was read; `false` when it is not.
    pub async fn remove(&self, response: &Response) -> Result<bool, TableError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(item_key(&response.key)))
            .condition_expression("#Revision = :read")
            .expression_attribute_names("#Revision", "Revision")
            .expression_attribute_values(":read", AttributeValue::N(response.revision.to_string()));
        unless_changed("DeleteItem", delete.send().await)
    }
}

/// Whether a conditional write was done; `false` when its condition did not hold.
fn unless_changed<T, E>(operation: &'static str, answer: Result<T, SdkError<E>>) -> Result<bool, TableError>
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    match answer {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
        Err(error) => Err(CallError::new(operation, error).into()),
    }
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn names(attributes: &[&str]) -> HashMap<String, String> {
    attributes
        .iter()
        .map(|name| (format!("#{name}"), (*name).to_owned()))
        .collect()
}

fn item_key(key: &ResponseKey) -> Attributes {
    [
        ("ProjectStep", key.project_step()),
        ("Mail", key.mail.to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), AttributeValue::S(value)))
    .into()
}

fn response(attributes: Attributes) -> Result<Response, TableError> {
    Ok(model::item::from_attributes(attributes.into())?)
}
