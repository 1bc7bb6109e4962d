//! The message of a queue: JSON, with or without the envelope of Amazon SNS.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::json::{self, ShapeError, shown};

/// A message that Amazon SNS sends to a queue, unless the subscription has raw message delivery. The field names are those
/// of "HTTP/HTTPS notification JSON format" in the Amazon SNS developer guide; only the fields that are read are listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
#[schemars(title = "SNS notification")]
pub struct SnsNotification {
    /// The type of the message.
    #[serde(rename = "Type")]
    pub kind: SnsMessageType,
    /// The message of the publisher: JSON in a string. It is an S3 notification, an S3 test event, an event from
    /// EventBridge, or a notification of Elastic Transcoder.
    pub message: String,
}

/// The type of a message of Amazon SNS. Confirmations of a subscription are not sent to queues of the same account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SnsMessageType {
    /// A published message.
    Notification,
}

/// Why a message cannot be read.
#[derive(Debug, Error)]
pub enum MessageError {
    /// The text is not JSON. The source has the line and the column.
    #[error("it is not JSON")]
    Json(#[source] serde_json::Error),
    /// The envelope has another shape.
    #[error("its SNS envelope is malformed")]
    Envelope(#[source] ShapeError),
    /// The text in the envelope is not JSON.
    #[error("the Message of its SNS envelope is not JSON")]
    EnvelopeJson(#[source] serde_json::Error),
}

/// Parses a message and removes its envelope. A message that has one of the `telltales` has no envelope: these are the
/// members by which the shape of a message is known.
pub fn parse(body: &str, telltales: &[&str]) -> Result<Value, MessageError> {
    let message: Value = serde_json::from_str(body).map_err(MessageError::Json)?;
    let has = |name: &&str| message.get(name).is_some();
    if !has(&"Type") || telltales.iter().any(has) {
        return Ok(message);
    }
    let envelope: SnsNotification = json::from_value(message).map_err(MessageError::Envelope)?;
    serde_json::from_str(&envelope.message).map_err(MessageError::EnvelopeJson)
}

/// Describes a message of unknown shape by its members. Names that may be personal data are shown as `*`.
pub fn describe(message: &Value) -> String {
    const MAX_NAMES: usize = 10;
    let Value::Object(members) = message else {
        return "it is no object".to_owned();
    };
    let names: Vec<&str> = members.keys().map(|name| shown(name)).take(MAX_NAMES).collect();
    match members.len() {
        0 => "it is an empty object".to_owned(),
        1..=MAX_NAMES => format!("its members: {}", names.join(", ")),
        length => format!("its first {MAX_NAMES} of {length} members: {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn envelope_is_removed_once() {
        let inner = json!({"Type": "Notification", "Message": "{}"});
        let outer = json!({"Type": "Notification", "Message": inner.to_string()});
        assert_eq!(parse(&outer.to_string(), &[]).unwrap(), inner);
    }

    #[test]
    fn message_with_a_telltale_has_no_envelope() {
        let message = json!({"Type": "Notification", "Message": "{}", "Records": []});
        assert_eq!(parse(&message.to_string(), &["Records"]).unwrap(), message);
    }

    #[test]
    fn envelope_has_its_errors() {
        let chain = |message: Value| {
            let error = parse(&message.to_string(), &[]).unwrap_err();
            format!("{error}: {}", std::error::Error::source(&error).unwrap())
        };
        for (message, expected) in [
            (
                json!({"Type": "Notification"}),
                "its SNS envelope is malformed: Message: missing field",
            ),
            (
                json!({"Type": "SubscriptionConfirmation", "Message": "{}"}),
                "its SNS envelope is malformed: Type: expected \"Notification\"",
            ),
            (
                json!({"Type": "Notification", "Message": {}}),
                "its SNS envelope is malformed: Message: expected a string, found an object",
            ),
            (
                json!({"Type": "Notification", "Message": "ann@example.com"}),
                "the Message of its SNS envelope is not JSON: expected value at line 1 column 1",
            ),
        ] {
            assert_eq!(chain(message), expected);
        }
    }

    #[test]
    fn unknown_message_is_described_by_its_members() {
        for (message, expected) in [
            (json!("ann@example.com"), "it is no object"),
            (json!({}), "it is an empty object"),
            (
                json!({"broken": 1, "ann@example.com": 2}),
                "its members: *, broken",
            ),
        ] {
            assert_eq!(describe(&message), expected);
        }
        let many: serde_json::Map<String, Value> = (0..20).map(|n| (format!("m{n:02}"), json!(n))).collect();
        let described = describe(&Value::Object(many));
        assert!(
            described.starts_with("its first 10 of 20 members: m00, m01"),
            "{described}"
        );
        assert!(!described.contains("m10"), "{described}");
    }
}
