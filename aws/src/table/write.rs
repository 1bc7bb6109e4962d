//! Conditional writes of one response.
//!
//! The SDK repeats a call without an answer. If the first one was carried out, the repetition fails its own condition.
//! So each write has an identifier, and a failed condition returns the current item: if it has the identifier, this
//! call wrote it. Source: DynamoDB API Reference, `ReturnValuesOnConditionCheckFailure`.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use model::{Response, Timestamp};
use uuid::Uuid;

use super::item::HASH_KEY;
use super::{Attributes, ResponsesTable, TableError, Write, item, item_key, text};
use crate::AwsError;

/// An update expression, and the condition that the item has not changed since it was read.
#[derive(Default)]
struct Update {
    set: Vec<String>,
    remove: Vec<String>,
    condition: &'static str,
    names: HashMap<String, String>,
    values: Attributes,
}

impl Update {
    /// Returns an update of the item that holds this response; for `None`, of an item that does not exist.
    fn of(current: Option<&Response>) -> Self {
        let mut update = Self::default();
        update.condition = match current.map(|response| response.revision) {
            None => {
                update.name(HASH_KEY);
                "attribute_not_exists(#ProjectStep)"
            }
            // Another program may have written a zero, or NULL, which counts as absent.
            Some(0) => {
                update.name(HASH_KEY);
                update.name("Revision");
                update.value(":zero", AttributeValue::N("0".to_owned()));
                update.value(":null", text("NULL"));
                "attribute_exists(#ProjectStep) AND (attribute_not_exists(#Revision) \
                 OR #Revision = :zero OR attribute_type(#Revision, :null))"
            }
            Some(revision) => {
                update.name("Revision");
                update.value(":read", AttributeValue::N(revision.to_string()));
                "#Revision = :read"
            }
        };
        update
    }

    fn name(&mut self, attribute: &str) {
        self.names.insert(format!("#{attribute}"), attribute.to_owned());
    }

    fn value(&mut self, placeholder: &str, value: AttributeValue) {
        self.values.insert(placeholder.to_owned(), value);
    }

    fn set(&mut self, attribute: &str, value: AttributeValue) {
        self.name(attribute);
        self.value(&format!(":{attribute}"), value);
        self.set.push(format!("#{attribute} = :{attribute}"));
    }

    fn remove(&mut self, attribute: &str) {
        self.name(attribute);
        self.remove.push(format!("#{attribute}"));
    }

    fn on(self, request: UpdateItemFluentBuilder) -> UpdateItemFluentBuilder {
        let mut expression = format!("SET {}", self.set.join(", "));
        if !self.remove.is_empty() {
            expression.push_str(&format!(" REMOVE {}", self.remove.join(", ")));
        }
        request
            .update_expression(expression)
            .condition_expression(self.condition)
            .set_expression_attribute_names(Some(self.names))
            .set_expression_attribute_values(Some(self.values))
    }
}

impl ResponsesTable {
    /// Writes a response unless its item has changed since it was read. Keeps attributes of other programs.
    pub(super) async fn write(
        &self,
        current: Option<&Response>,
        next: &Response,
    ) -> Result<Write, TableError> {
        let mut attributes: Attributes = item::to_attributes(next)?.into();
        let mut update = Update::of(current);
        for name in item::attributes() {
            match attributes.remove(name) {
                Some(value) => update.set(name, value),
                None => update.remove(name),
            }
        }
        self.update(next, update).await
    }

    /// Postpones a response with overdue work behind all others of its partition of the index, without changing the
    /// response. Returns `false` where it has changed since it was read.
    pub async fn postpone(&self, response: &Response, now: Timestamp) -> Result<bool, TableError> {
        let mut update = Update::of(Some(response));
        update.set("DueAt", text(&now.to_string()));
        Ok(matches!(self.update(response, update).await?, Write::Done))
    }

    async fn update(&self, response: &Response, mut update: Update) -> Result<Write, TableError> {
        let write_id = Uuid::now_v7().to_string();
        update.set("WriteId", text(&write_id));
        let request = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(item_key(&response.key)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match update.on(request).send().await {
            Ok(_) => Ok(Write::Done),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    let is_ours = |item: &Attributes| item.get("WriteId") == Some(&text(&write_id));
                    Ok(match failed.item() {
                        Some(item) if is_ours(item) => Write::Done,
                        item => Write::Conflict(item.cloned()),
                    })
                }
                _ => Err(AwsError::new("UpdateItem", error).into()),
            },
        }
    }

    /// Deletes a response's item unless it has changed since it was read; in that case returns `false`. An item that
    /// does not exist counts as deleted.
    pub async fn remove(&self, response: &Response) -> Result<bool, TableError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(item_key(&response.key)))
            .condition_expression("#Revision = :read")
            .expression_attribute_names("#Revision", "Revision")
            .expression_attribute_values(":read", AttributeValue::N(response.revision.to_string()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match delete.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(failed)) => Ok(failed.item().is_none()),
                _ => Err(AwsError::new("DeleteItem", error).into()),
            },
        }
    }
}
