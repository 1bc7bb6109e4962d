//! S3's events about objects: notifications, the test event of a new configuration, and events from EventBridge.

mod event;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

pub use event::{
    S3BridgeDetail, S3BridgeEvent, S3BridgeObject, S3Bucket, S3DetailType, S3Entity, S3EventName,
    S3EventSource, S3EventVersion, S3Notification, S3Object, S3Record, S3TestEvent, S3TestEventName,
};

use super::message::{self, MessageError, describe};
use crate::Timestamp;
use crate::json::{self, ShapeError};

/// A created object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ObjectCreated {
    /// The bucket's name.
    pub bucket: String,
    /// The decoded key.
    pub key: String,
    /// The version id; absent in a bucket without versioning.
    pub version: Option<String>,
    /// When the object was complete; absent if the event has no valid time.
    pub at: Option<Timestamp>,
}

/// Why a message or one of its records is not a known event.
#[derive(Debug, Error)]
pub enum S3MessageError {
    /// The message cannot be read.
    #[error("the message is no S3 notification")]
    Message(#[from] MessageError),
    /// The message has none of the three shapes. `found` describes it.
    #[error(
        "the message is no S3 notification (with Records), no S3 event from EventBridge (with detail-type) and no s3:TestEvent (with Event): {found}"
    )]
    Unknown {
        /// The members of the message.
        found: String,
    },
    /// The notification or one of its records has another shape.
    #[error("the S3 notification is malformed")]
    Notification(#[source] ShapeError),
    /// The event from EventBridge has another shape.
    #[error("the S3 event from EventBridge is malformed")]
    BridgeEvent(#[source] ShapeError),
    /// The test event has another shape.
    #[error("the S3 test event is malformed")]
    TestEvent(#[source] ShapeError),
    /// The decoded key of a record is not UTF-8.
    #[error("the S3 notification is invalid: Records[{record}].s3.object.key is not UTF-8 when decoded")]
    Key {
        /// The index of the record.
        record: usize,
    },
}

/// The members by which the three shapes are known.
const RECORDS: &str = "Records";
const DETAIL_TYPE: &str = "detail-type";
const EVENT: &str = "Event";

/// Parses the body of a queue's message, and returns the created objects. Test events and removals yield nothing. A
/// malformed record has its own error and does not affect the others.
pub fn parse(body: &str) -> Result<Vec<Result<ObjectCreated, S3MessageError>>, S3MessageError> {
    let message = message::parse(body, &[RECORDS, DETAIL_TYPE, EVENT])?;
    let has = |name| message.get(name).is_some();
    if has(RECORDS) {
        return parse_records(message);
    }
    if has(DETAIL_TYPE) {
        let event = json::from_value(message).map_err(S3MessageError::BridgeEvent)?;
        return Ok(created_of_bridge(event).map(Ok).into_iter().collect());
    }
    if has(EVENT) {
        let _: S3TestEvent = json::from_value(message).map_err(S3MessageError::TestEvent)?;
        return Ok(Vec::new());
    }
    Err(S3MessageError::Unknown {
        found: describe(&message),
    })
}

/// A notification whose records are not yet read.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct UnreadRecords {
    #[serde(rename = "Records")]
    records: Vec<Value>,
}

fn parse_records(message: Value) -> Result<Vec<Result<ObjectCreated, S3MessageError>>, S3MessageError> {
    let UnreadRecords { records } = json::from_value(message).map_err(S3MessageError::Notification)?;
    let parsed = records.into_iter().enumerate();
    Ok(parsed
        .filter_map(|(index, record)| parse_record(index, record).transpose())
        .collect())
}

fn parse_record(index: usize, record: Value) -> Result<Option<ObjectCreated>, S3MessageError> {
    let record: S3Record = json::from_value(record)
        .map_err(|error| S3MessageError::Notification(error.in_element(index).in_member(RECORDS)))?;
    if record.event_name.is_removal() {
        return Ok(None);
    }
    let object = record.s3.object;
    let key = decode_key(object.key.as_str()).ok_or(S3MessageError::Key { record: index })?;
    Ok(Some(ObjectCreated {
        bucket: record.s3.bucket.name,
        key,
        version: object.version_id.map(String::from),
        at: event_time(record.event_time.as_deref()),
    }))
}

fn decode_key(encoded: &str) -> Option<String> {
    let spaced = encoded.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

/// Returns the created object of an event; `None` for a deleted object.
fn created_of_bridge(event: S3BridgeEvent) -> Option<ObjectCreated> {
    if event.detail_type == S3DetailType::ObjectDeleted {
        return None;
    }
    let S3BridgeDetail { bucket, object } = event.detail;
    Some(ObjectCreated {
        bucket: bucket.name,
        key: object.key.into(),
        version: object.version_id.map(String::from),
        at: event_time(event.time.as_deref()),
    })
}

/// Parses the time of an event. An invalid time is ignored, because the object counts without it.
fn event_time(text: Option<&str>) -> Option<Timestamp> {
    text?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn record(version: &str, event: &str, key: &str) -> serde_json::Value {
        json!({
            "eventVersion": version, "eventSource": "aws:s3", "eventName": event, "awsRegion": "eu-west-1",
            "s3": {
                "s3SchemaVersion": "1.0",
                "bucket": {"name": "uploads", "arn": "arn:aws:s3:::uploads"},
                "object": {"key": key, "size": 5, "versionId": "v1", "sequencer": "0055AED6DCD90281E5"},
            },
        })
    }

    fn created(key: &str) -> ObjectCreated {
        ObjectCreated {
            bucket: "uploads".into(),
            key: key.into(),
            version: Some("v1".into()),
            at: None,
        }
    }

    /// Returns an error with its sources.
    fn chain(error: S3MessageError) -> String {
        let source = std::error::Error::source(&error);
        source.map_or(error.to_string(), |source| format!("{error}: {source}"))
    }

    fn parsed(body: serde_json::Value) -> Vec<Result<ObjectCreated, String>> {
        let records = parse(&body.to_string()).unwrap();
        records.into_iter().map(|record| record.map_err(chain)).collect()
    }

    #[test]
    fn all_three_shapes_yield_the_same_object() {
        let notification = json!({"Records": [record("2.1", "ObjectCreated:Post", "demo/0/a.mp4")]});
        let bridge = json!({
            "version": "0", "source": "aws.s3", "detail-type": "Object Created",
            "detail": {"version": "0", "bucket": {"name": "uploads"}, "object": {"key": "demo/0/a.mp4", "version-id": "v1"}},
        });
        let wrapped = json!({"Type": "Notification", "Message": notification.to_string()});
        for body in [notification, bridge, wrapped] {
            assert_eq!(parsed(body), [Ok(created("demo/0/a.mp4"))]);
        }
    }

    #[test]
    fn event_time_is_the_time_of_completion() {
        let mut record = record("2.6", "ObjectCreated:CompleteMultipartUpload", "demo/0/a.mp4");
        let mut bridge = json!({
            "source": "aws.s3", "detail-type": "Object Created",
            "detail": {"bucket": {"name": "uploads"}, "object": {"key": "demo/0/a.mp4", "version-id": "v1"}},
        });
        for (text, at) in [
            ("2026-01-02T03:04:05.678Z", Some("2026-01-02T03:04:05.678Z")),
            ("2026-01-02T03:04:05Z", Some("2026-01-02T03:04:05.000Z")),
            ("yesterday", None),
        ] {
            let expected = ObjectCreated {
                at: at.map(|at| at.parse().unwrap()),
                ..created("demo/0/a.mp4")
            };
            record["eventTime"] = text.into();
            bridge["time"] = text.into();
            assert_eq!(parsed(json!({"Records": [record]})), [Ok(expected.clone())]);
            assert_eq!(parsed(bridge.clone()), [Ok(expected)]);
        }
    }

    #[test]
    fn only_keys_of_notifications_are_decoded() {
        let body =
            json!({"Records": [record("2.6", "ObjectCreated:Put", "demo/0/Gr%C3%B6%C3%9Fe+%2B+1.mp4")]});
        assert_eq!(parsed(body), [Ok(created("demo/0/Größe + 1.mp4"))]);
        let bridge = json!({
            "source": "aws.s3", "detail-type": "Object Created",
            "detail": {"bucket": {"name": "uploads"}, "object": {"key": "demo/0/a+b%20.mp4", "version-id": "v1"}},
        });
        assert_eq!(parsed(bridge), [Ok(created("demo/0/a+b%20.mp4"))]);
    }

    #[test]
    fn malformed_record_does_not_affect_the_others() {
        let body = json!({"Records": [
            record("3.0", "ObjectCreated:Put", "a"),
            {"eventVersion": "2.1"},
            record("2.1", "ReducedRedundancyLostObject", "a"),
            record("2.1", "ObjectRemoved:Delete", "a"),
            record("2.1", "ObjectCreated:Put", "%FF"),
            record("2.99", "ObjectCreated:Copy", "demo/0/a.mp4"),
        ]});
        insta::assert_debug_snapshot!(parsed(body));
    }

    #[test]
    fn test_event_yields_nothing() {
        let body = json!({
            "Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "2014-10-13T15:57:02.089Z",
            "Bucket": "uploads", "RequestId": "r", "HostId": "h",
        });
        assert_eq!(parsed(body), []);
    }

    #[test]
    fn message_of_no_shape_has_a_reason() {
        let error = |body: &str| chain(parse(body).unwrap_err());
        for (body, expected) in [
            (
                json!({"Records": {}}),
                "the S3 notification is malformed: Records: expected an array, found an object",
            ),
            (
                json!({"detail-type": "Object Created", "source": "ann@example.com", "detail": {}}),
                "the S3 event from EventBridge is malformed: detail.bucket: missing field",
            ),
            (
                json!({"Event": "s3:TestEvent", "Bucket": "uploads"}),
                "the S3 test event is malformed: Service: missing field",
            ),
        ] {
            assert_eq!(error(&body.to_string()), expected);
        }
        let unknown = error(&json!({"broken": 1}).to_string());
        for part in ["Records", "detail-type", "Event", "its members: broken"] {
            assert!(unknown.contains(part), "{unknown}");
        }
        assert!(error("ann@example.com").starts_with("the message is no S3 notification: it is not JSON"));
    }

    proptest! {
        #[test]
        fn parsing_never_panics(body in "\\PC*", key in "\\PC*") {
            let _ = parse(&body);
            let _ = parse(&json!({"Records": [record("2.1", "ObjectCreated:Put", &key)]}).to_string());
        }
    }
}
