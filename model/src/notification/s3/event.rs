//! The types of S3's events. The field names and versions are those of "Event message structure" and "EventBridge event
//! message structure" in the Amazon S3 user guide. Only the fields that are read are listed, and AWS may add others.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::notification::field::{JsonInteger, NonEmptyString, text_field};

/// A notification of S3, version 2.x.
///
/// A notification is valid, but rejected, if a key is not UTF-8 when decoded. A record of a removed object is ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(expecting = "an object")]
#[schemars(title = "S3 notification")]
pub struct S3Notification {
    /// The records, usually one.
    #[serde(rename = "Records")]
    pub records: Vec<S3Record>,
}

/// A record of a notification: one event about one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct S3Record {
    /// The version, `{major}.{minor}`. The major version is 2; the minor version may increase.
    pub event_version: S3EventVersion,
    /// The event's name, such as `ObjectCreated:Post`. S3 leaves out `s3:`.
    pub event_name: S3EventName,
    /// When S3 finished the request, in ISO 8601. Text that is no such time counts as absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_time: Option<String>,
    /// The bucket and the object.
    pub s3: S3Entity,
}

text_field!(
    /// A version of S3's notifications.
    S3EventVersion, "pattern": r"^2\.[0-9]+$", "a version 2.x", |text| text
        .strip_prefix("2.")
        .is_some_and(|minor| !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit()))
);

text_field!(
    /// The name of an event: a creation or a removal of an object.
    S3EventName, "pattern": "^(s3:)?Object(Created|Removed):", "the name of a creation or a removal of an object",
    |text| ["ObjectCreated:", "ObjectRemoved:"].iter().any(|kind| without_prefix(text).starts_with(kind))
);

impl S3EventName {
    /// Returns whether the event is a removal.
    pub fn is_removal(&self) -> bool {
        without_prefix(self.as_str()).starts_with("ObjectRemoved:")
    }
}

/// Returns an event's name without `s3:`, which the names in a configuration have.
fn without_prefix(name: &str) -> &str {
    name.strip_prefix("s3:").unwrap_or(name)
}

/// The bucket and the object of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(expecting = "an object")]
pub struct S3Entity {
    /// The bucket.
    pub bucket: S3Bucket,
    /// The object.
    pub object: S3Object,
}

/// A bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(expecting = "an object")]
pub struct S3Bucket {
    /// The bucket's name.
    pub name: String,
}

/// An object of a notification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct S3Object {
    /// The key, form-encoded: `+` is a space, other characters are percent-encoded.
    pub key: NonEmptyString,
    /// The size in bytes; absent for a removed object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<JsonInteger>,
    /// The version id; absent in a bucket without versioning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<NonEmptyString>,
    /// A value that orders the events of one key: hexadecimal, padded with zeros on the left for a comparison.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequencer: Option<String>,
}

/// The event that S3 sends once when a bucket's notifications are configured. It is ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
#[schemars(title = "S3 test event")]
pub struct S3TestEvent {
    /// The service, `Amazon S3`.
    pub service: String,
    /// The event's name.
    pub event: S3TestEventName,
    /// The bucket's name.
    pub bucket: String,
}

/// The name of S3's test event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum S3TestEventName {
    /// The only name.
    #[serde(rename = "s3:TestEvent")]
    TestEvent,
}

/// An event about an object from EventBridge. The event of a deleted object is ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(expecting = "an object")]
#[schemars(title = "S3 event from EventBridge")]
pub struct S3BridgeEvent {
    /// The source.
    pub source: S3EventSource,
    /// The event's type.
    #[serde(rename = "detail-type")]
    pub detail_type: S3DetailType,
    /// The time of the event, in ISO 8601. Text that is no such time counts as absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// The bucket and the object.
    pub detail: S3BridgeDetail,
}

/// The source of S3's events in EventBridge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum S3EventSource {
    /// Amazon S3.
    #[serde(rename = "aws.s3")]
    S3,
}

/// The type of an event about an object from EventBridge. The rule of a stage must select these types only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum S3DetailType {
    /// An object was created.
    #[serde(rename = "Object Created")]
    ObjectCreated,
    /// An object was deleted.
    #[serde(rename = "Object Deleted")]
    ObjectDeleted,
}

/// The detail of an event from EventBridge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(expecting = "an object")]
pub struct S3BridgeDetail {
    /// The bucket.
    pub bucket: S3Bucket,
    /// The object.
    pub object: S3BridgeObject,
}

/// An object of an event from EventBridge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", expecting = "an object")]
pub struct S3BridgeObject {
    /// The key, not encoded.
    pub key: NonEmptyString,
    /// The size in bytes; absent for a removed object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<JsonInteger>,
    /// The version id; absent in a bucket without versioning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<NonEmptyString>,
    /// A value that orders the events of one key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequencer: Option<String>,
}
