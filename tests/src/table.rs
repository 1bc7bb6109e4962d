//! The responses table, accessed as the operator.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};
use serde_json::Value;

use crate::Stack;

impl Stack {
    /// Returns an item as JSON.
    #[track_caller]
    pub fn item(&self, project_step: &str, email: &str) -> Option<Value> {
        let read = self
            .dynamodb()
            .get_item()
            .table_name(&self.info.table)
            .consistent_read(true);
        let read = read
            .key("ProjectStep", text(project_step))
            .key("Mail", text(email));
        let answer = self
            .run(read.send())
            .unwrap_or_else(|error| panic!("GetItem: {error:?}"));
        answer
            .item
            .map(|item| from_item(item).expect("an item converts to JSON"))
    }

    /// Puts an item, as another program would.
    #[track_caller]
    pub fn put_item(&self, item: &Value) {
        let item: HashMap<String, AttributeValue> = to_item(item).expect("JSON converts to an item");
        let put = self
            .dynamodb()
            .put_item()
            .table_name(&self.info.table)
            .set_item(Some(item));
        self.run(put.send())
            .unwrap_or_else(|error| panic!("PutItem: {error:?}"));
    }

    /// Replaces an item if it still has this revision; returns whether it was replaced.
    #[track_caller]
    pub fn replace_item(&self, item: &Value, revision: u64) -> bool {
        let item: HashMap<String, AttributeValue> = to_item(item).expect("JSON converts to an item");
        let put = self
            .dynamodb()
            .put_item()
            .table_name(&self.info.table)
            .set_item(Some(item));
        let put = put
            .condition_expression("Revision = :revision")
            .expression_attribute_values(":revision", AttributeValue::N(revision.to_string()));
        match self.run(put.send()) {
            Ok(_) => true,
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => false,
            Err(error) => panic!("PutItem: {error:?}"),
        }
    }

    /// Puts several items, as another program would.
    #[track_caller]
    pub fn put_items(&self, items: &[Value]) {
        for some in items.chunks(25) {
            let request = |item: &Value| {
                let item: HashMap<String, AttributeValue> = to_item(item).expect("JSON converts to an item");
                let put = PutRequest::builder()
                    .set_item(Some(item))
                    .build()
                    .expect("a complete request");
                WriteRequest::builder().put_request(put).build()
            };
            let requests = some.iter().map(request).collect();
            let write = self
                .dynamodb()
                .batch_write_item()
                .request_items(&self.info.table, requests);
            self.run(write.send())
                .unwrap_or_else(|error| panic!("BatchWriteItem: {error:?}"));
        }
    }

    /// Returns the number of items in a scan of the whole table, with or without a filter.
    #[track_caller]
    pub fn count(&self, filter: Option<&str>, values: &[(&str, &str)]) -> i32 {
        let values: HashMap<_, _> = values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), text(value)))
            .collect();
        let mut count = 0;
        let mut from = None;
        loop {
            let scan = self.dynamodb().scan().table_name(&self.info.table);
            let scan = scan.select(aws_sdk_dynamodb::types::Select::Count);
            let scan = scan
                .set_filter_expression(filter.map(str::to_owned))
                .set_exclusive_start_key(from);
            let scan =
                scan.set_expression_attribute_values(Some(values.clone()).filter(|some| !some.is_empty()));
            let page = self
                .run(scan.send())
                .unwrap_or_else(|error| panic!("Scan: {error:?}"));
            count += page.count;
            from = page.last_evaluated_key;
            if from.is_none() {
                return count;
            }
        }
    }
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}
