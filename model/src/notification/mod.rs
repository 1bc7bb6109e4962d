//! What AWS sends us, in its own shapes; and what of it concerns us.

use std::borrow::Cow;

use serde::Deserialize;

pub mod elastic_transcoder;
pub mod s3;

#[derive(Deserialize)]
struct SnsEnvelope {
    #[serde(rename = "Type")]
    kind: String,
    #[serde(rename = "Message")]
    message: String,
}

/// The message in a queue's body: the body itself, or what SNS wrapped when it delivers without raw
/// delivery.
fn unwrap_sns(body: &str) -> Cow<'_, str> {
    match serde_json::from_str::<SnsEnvelope>(body) {
        Ok(envelope) if envelope.kind == "Notification" => envelope.message.into(),
        _ => body.into(),
    }
}
