//! What S3 sends when an object appears or goes: a notification, the test event of a new configuration,
//! or EventBridge's shape. Field names and versions as in the S3 user guide, "Event message structure".

use percent_encoding::percent_decode_str;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::sns::unwrap_sns;
use crate::Timestamp;

/// S3's notification, versions 2.0 to 2.x.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "S3 notification")]
pub struct S3Notification {
    /// Normally one; there may be more.
    #[serde(rename = "Records")]
    pub records: Vec<S3Record>,
}

/// One object of a notification.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct S3Record {
    /// `{major}.{minor}`; the major is 2, the minor may grow.
    #[schemars(extend("pattern" = r"^2\.\d+$"))]
    pub event_version: String,
    /// Such as `ObjectCreated:Post`; without `s3:`.
    pub event_name: String,
    /// When S3 finished the request, in ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_time: Option<String>,
    /// Where and what.
    pub s3: S3Entity,
}

/// Bucket and object of a record.
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
    /// Its name.
    pub name: String,
}

/// An object of a notification.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct S3Object {
    /// Its key, form-encoded: `+` is a space, then percent.
    pub key: String,
    /// Bytes; absent when it was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Its version, in a bucket that has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
    /// Orders the events of one key: hexadecimal, to be padded with zeros on the left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequencer: Option<String>,
}

/// What S3 sends once when a bucket's notifications are configured.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
#[schemars(title = "S3 test event")]
pub struct S3TestEvent {
    /// `Amazon S3`.
    pub service: String,
    /// `s3:TestEvent`.
    #[schemars(extend("const" = "s3:TestEvent"))]
    pub event: String,
    /// The bucket's name.
    pub bucket: String,
}

/// EventBridge's event of an object.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "S3 event from EventBridge")]
pub struct S3BridgeEvent {
    /// `aws.s3`.
    #[schemars(extend("const" = "aws.s3"))]
    pub source: String,
    /// `Object Created` or `Object Deleted`.
    #[serde(rename = "detail-type")]
    pub detail_type: String,
    /// When it happened, in ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// Where and what.
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
    /// Its key as it is, not encoded.
    pub key: String,
    /// Bytes; absent when it was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Its version, in a bucket that has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
    /// Orders the events of one key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequencer: Option<String>,
}

/// An object that appeared in a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ObjectCreated {
    /// The bucket's name.
    pub bucket: String,
    /// The object's key, decoded.
    pub key: String,
    /// Its version, in a bucket that has them.
    pub version: Option<String>,
    /// When the object was complete; absent where no event says so.
    pub at: Option<Timestamp>,
}

/// Reads the time of an event; one that cannot be read is absent, since the object counts without it.
fn event_time(text: Option<&str>) -> Option<Timestamp> {
    text?.parse().ok()
}

/// Why a message, or a record of it, is no event that we know.
#[derive(Debug, Error)]
pub enum S3MessageError {
    /// It is no JSON, or none of the three shapes.
    #[error("the message is no S3 notification, no s3:TestEvent and no S3 event from EventBridge")]
    Shape(#[source] serde_json::Error),
    /// A record lacks what it must have.
    #[error("a record of the notification is malformed")]
    Record(#[source] serde_json::Error),
    /// A notification of a version that we have not seen.
    #[error("the notification's version is {0}, not 2.x")]
    Version(String),
    /// The decoded key is no text.
    #[error("the object's key is not UTF-8 when decoded")]
    Key,
    /// An event that was not subscribed to.
    #[error("the event {0:?} is neither a creation nor a removal of an object")]
    Event(String),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Message {
    Notification {
        #[serde(rename = "Records")]
        records: Vec<serde_json::Value>,
    },
    Bridge(S3BridgeEvent),
    Test(S3TestEvent),
}

/// Reads the body of a queue's message: what was created, record by record. What needs nothing from us
/// (a test event, a removal) yields nothing; a record that cannot be read does not harm its neighbours.
pub fn parse(body: &str) -> Result<Vec<Result<ObjectCreated, S3MessageError>>, S3MessageError> {
    let message = serde_json::from_str(&unwrap_sns(body)).map_err(S3MessageError::Shape)?;
    Ok(match message {
        Message::Notification { records } => records
            .into_iter()
            .filter_map(|r| parse_record(r).transpose())
            .collect(),
        Message::Bridge(event) => parse_bridge(event).transpose().into_iter().collect(),
        Message::Test(test) if test.event == "s3:TestEvent" => Vec::new(),
        Message::Test(other) => return Err(S3MessageError::Event(other.event)),
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
    fn the_three_shapes_say_the_same() {
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
    fn event_tells_when_the_object_was_complete() {
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
    fn keys_are_decoded_where_they_are_encoded() {
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
    fn a_poisoned_record_does_not_harm_its_neighbours() {
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
    fn a_test_event_needs_nothing() {
        let body = json!({
            "Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "2014-10-13T15:57:02.089Z",
            "Bucket": "uploads", "RequestId": "r", "HostId": "h",
        });
        assert_eq!(parsed(body), []);
    }

    proptest! {
        #[test]
        fn reading_never_panics(body in "\\PC*", key in "\\PC*") {
            let _ = parse(&body);
            let _ = parse(&json!({"Records": [record("2.1", "ObjectCreated:Put", &key)]}).to_string());
        }
    }
}
