//! The envelope of SNS messages in a queue.

use std::borrow::Cow;

use serde::Deserialize;

#[derive(Deserialize)]
struct SnsEnvelope {
    #[serde(rename = "Type")]
    kind: String,
    #[serde(rename = "Message")]
    message: String,
}

/// Returns the message without its SNS envelope. SNS adds the envelope unless the subscription has raw message delivery.
pub fn unwrap_sns(body: &str) -> Cow<'_, str> {
    match serde_json::from_str::<SnsEnvelope>(body) {
        Ok(envelope) if envelope.kind == "Notification" => envelope.message.into(),
        _ => body.into(),
    }
}
