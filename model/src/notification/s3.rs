//! S3's events about objects: notifications, the test event of a new configuration, and events from EventBridge. The field
//! names and versions are those of "Event message structure" in the Amazon S3 user guide.

use percent_encoding::percent_decode_str;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::sns::unwrap_sns;
use crate::Timestamp;

/// A notification of S3, version 2.x.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "S3 notification")]
pub struct S3Notification {
    /// The records, usually one.
    #[serde(rename = "Records")]
    pub records: Vec<S3Record>,
}

/// A record of a notification: one event about one object.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct S3Record {
    /// The version, `{major}.{minor}`. The major version is 2; the minor version may increase.
    #[schemars(extend("pattern" = r"^2\.\d+$"))]
    pub event_version: String,
    /// The event's name without `s3:`, such as `ObjectCreated:Post`.
    pub event_name: String,
    /// When S3 finished the request, in ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_time: Option<String>,
    /// The bucket and the object.
    pub s3: S3Entity,
}

/// The bucket and the object of a record.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct S3Entity {
    /// The bucket.
    pub bucket: S3Bucket,
    /// The object.
    pub object: S3Object,
}

/// A bucket.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct S3Bucket {
    /// The bucket's name.
    pub name: String,
}

/// An object of a notification.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct S3Object {
    /// The key, form-encoded: `+` is a space, other characters are percent-encoded.
    pub key: String,
    /// The size in bytes; absent for a removed object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The version id; absent in a bucket without versioning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
    /// A value that orders the events of one key: hexadecimal, padded with zeros on the left for a comparison.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequencer: Option<String>,
}

/// The event that S3 sends once when a bucket's notifications are configured.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
#[schemars(title = "S3 test event")]
pub struct S3TestEvent {
    /// The service, `Amazon S3`.
    pub service: String,
    /// The event's name, `s3:TestEvent`.
    #[schemars(extend("const" = "s3:TestEvent"))]
    pub event: String,
    /// The bucket's name.
    pub bucket: String,
}

/// An event about an object from EventBridge.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "S3 event from EventBridge")]
pub struct S3BridgeEvent {
    /// The source, `aws.s3`.
    #[schemars(extend("const" = "aws.s3"))]
    pub source: String,
    /// The event's type, `Object Created` or `Object Deleted`.
    #[serde(rename = "detail-type")]
    pub detail_type: String,
    /// The time of the event, in ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// The bucket and the object.
    pub detail: S3BridgeDetail,
}

/// The detail of an event from EventBridge.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct S3BridgeDetail {
    /// The bucket.
    pub bucket: S3Bucket,
    /// The object.
    pub object: S3BridgeObject,
}

/// An object of an event from EventBridge.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct S3BridgeObject {
    /// The key, not encoded.
    pub key: String,
    /// The size in bytes; absent for a removed object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The version id; absent in a bucket without versioning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
    /// A value that orders the events of one key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequencer: Option<String>,
}

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

/// Parses the time of an event. An invalid time is ignored, because the object counts without it.
fn event_time(text: Option<&str>) -> Option<Timestamp> {
    text?.parse().ok()
}

/// Why a message or one of its records is not a known event.
#[derive(Debug, Error)]
pub enum S3MessageError {
    /// The message is no JSON, or has none of the three shapes.
    #[error("the message is no S3 notification, no s3:TestEvent and no S3 event from EventBridge")]
    Shape(#[source] serde_json::Error),
    /// A record is malformed.
    #[error("a record of the notification is malformed")]
    Record(#[source] serde_json::Error),
    /// The notification has an unknown major version.
    #[error("the notification's version is {0}, not 2.x")]
    Version(String),
    /// The decoded key is not UTF-8.
    #[error("the object's key is not UTF-8 when decoded")]
    Key,
    /// The event is of an unknown type.
    #[error("the event {0:?} is neither a creation nor a removal of an object")]
    Event(String),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum S3Message {
    Notification {
        #[serde(rename = "Records")]
        records: Vec<serde_json::Value>,
    },
    Bridge(S3BridgeEvent),
    Test(S3TestEvent),
}

/// Parses the body of a queue's message, and returns the created objects. Test events and removals yield nothing. A
/// malformed record has its own error and does not affect the others.
pub fn parse(body: &str) -> Result<Vec<Result<ObjectCreated, S3MessageError>>, S3MessageError> {
    let message = serde_json::from_str(&unwrap_sns(body)).map_err(S3MessageError::Shape)?;
    Ok(match message {
        S3Message::Notification { records } => records
            .into_iter()
            .filter_map(|r| parse_record(r).transpose())
            .collect(),
        S3Message::Bridge(event) => parse_bridge(event).transpose().into_iter().collect(),
        S3Message::Test(test) if test.event == "s3:TestEvent" => Vec::new(),
        S3Message::Test(other) => return Err(S3MessageError::Event(other.event)),
    })
}

fn parse_record(record: serde_json::Value) -> Result<Option<ObjectCreated>, S3MessageError> {
    let record: S3Record = serde_json::from_value(record).map_err(S3MessageError::Record)?;
    if record.event_version.split('.').next() != Some("2") {
        return Err(S3MessageError::Version(record.event_version));
    }
    let event = record.event_name.trim_start_matches("s3:");
    if event.starts_with("ObjectRemoved:") {
        return Ok(None);
    }
    if !event.starts_with("ObjectCreated:") {
        return Err(S3MessageError::Event(event.to_owned()));
    }
    let object = record.s3.object;
    let key = decode_key(&object.key)?;
    Ok(Some(ObjectCreated {
        bucket: record.s3.bucket.name,
        key,
        version: object.version_id,
        at: event_time(record.event_time.as_deref()),
    }))
}

fn decode_key(encoded: &str) -> Result<String, S3MessageError> {
    let spaced = encoded.replace('+', " ");
    let decoded = percent_decode_str(&spaced)
        .decode_utf8()
        .map_err(|_| S3MessageError::Key)?;
    Ok(decoded.into_owned())
}

fn parse_bridge(event: S3BridgeEvent) -> Result<Option<ObjectCreated>, S3MessageError> {
    match event.detail_type.as_str() {
        "Object Deleted" => Ok(None),
        "Object Created" => {
            let S3BridgeDetail { bucket, object } = event.detail;
            Ok(Some(ObjectCreated {
                bucket: bucket.name,
                key: object.key,
                version: object.version_id,
                at: event_time(event.time.as_deref()),
            }))
        }
        other => Err(S3MessageError::Event(other.to_owned())),
    }
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

    fn parsed(body: serde_json::Value) -> Vec<Result<ObjectCreated, String>> {
        let records = parse(&body.to_string()).unwrap();
        records
            .into_iter()
            .map(|record| record.map_err(|error| error.to_string()))
            .collect()
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

    proptest! {
        #[test]
        fn parsing_never_panics(body in "\\PC*", key in "\\PC*") {
            let _ = parse(&body);
            let _ = parse(&json!({"Records": [record("2.1", "ObjectCreated:Put", &key)]}).to_string());
        }
    }
}
