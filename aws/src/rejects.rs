//! The queue of rejects: what nobody can use, kept with its reason.

use serde_json::json;

use crate::CallError;

/// The queue of rejects.
#[derive(Clone)]
pub struct Rejects {
    client: aws_sdk_sqs::Client,
    queue_url: String,
}

impl Rejects {
    /// The queue at this address.
    pub fn new(client: aws_sdk_sqs::Client, queue_url: String) -> Self {
        Self { client, queue_url }
    }

    /// Keeps a record that cannot be used: `{reason, record}`, the record as it came.
    pub async fn keep(&self, reason: &str, record: &str) -> Result<(), CallError> {
        let body = json!({"reason": reason, "record": record}).to_string();
        let sent = self
            .client
            .send_message()
            .queue_url(&self.queue_url)
            .message_body(body)
            .send()
            .await;
        sent.map(drop)
            .map_err(|error| CallError::new("SendMessage", error))
    }
}
