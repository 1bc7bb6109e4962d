//! The envelope of a message that SNS delivers to a queue.

use std::borrow::Cow;

use serde::Deserialize;

#[derive(Deserialize)]
struct SnsEnvelope {
    #[serde(rename = "Type")]
    kind: String,
    #[serde(rename = "Message")]
    message: String,
}

/// Returns the message in a queue's body: the body itself, or the message in the envelope that SNS adds without raw
/// message delivery.
pub fn unwrap_sns(body: &str) -> Cow<'_, str> {
    match serde_json::from_str::<SnsEnvelope>(body) {
        Ok(envelope) if envelope.kind == "Notification" => envelope.message.into(),
        _ => body.into(),
    }
}
