//! The item of a response in the table.
//!
//! Attributes that the Chalice project had keep its names, so that its table can be adopted. An absent value has no
//! attribute: none is ever written as NULL.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_aux::serde_introspection::serde_introspect;
use serde_dynamo::AttributeValue;
use thiserror::Error;
use uuid::Uuid;

/// The table's key attributes: `{project}-{step}` and the respondent's email. The names are the Chalice project's.
pub(super) const HASH_KEY: &str = "ProjectStep";
pub(super) const RANGE_KEY: &str = "Mail";

use model::due::MAX_SHARD;
use model::identifier::{parse_project_step, project_step};
use model::{
    Deletion, Email, Failure, Invalid, Job, PendingUpload, Project, Rendition, Response, ResponseKey, Status,
    Step, Take, Timestamp,
};

/// The time to live of an item to which nothing was uploaded, in seconds: 30 days.
const EXPIRED_TTL: i64 = 30 * 24 * 3600;

/// The item of a response in the responses table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
#[schemars(title = "Response item")]
pub struct ResponseItem {
    /// Hash key: `{project}-{step}`.
    #[schemars(regex(pattern = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}-(0|[1-9][0-9]{0,3})$"))]
    pub project_step: String,
    /// Range key: the respondent's email.
    #[serde(rename = "Mail")]
    #[schemars(with = "Email")]
    pub email: String,
    /// The object key of the newest take in the uploads bucket.
    #[serde(rename = "video", default, skip_serializing_if = "Option::is_none")]
    pub video: Option<String>,
    /// The object keys of files that were put by hand, outside the response's own folder.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unmanaged_keys: BTreeSet<String>,
    /// The project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<Project>,
    /// The step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<Step>,
    /// The status of the response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Hash key of an index: `{project}#{status}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_status: Option<String>,
    /// Hash key of an index: `{project}-{step}#{status}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_step_status: Option<String>,
    /// The requested upload that has not arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_upload: Option<PendingUpload>,
    /// When the last of all issued uploads expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_upload_expiry: Option<Timestamp>,
    /// The newest take that arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub take: Option<Take>,
    /// The newest transcode job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<Job>,
    /// The renditions, by the name of their preset.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub renditions: BTreeMap<String, Rendition>,
    /// Why the newest take is not ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The progress of the deletion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion: Option<Deletion>,
    /// When the response was first requested or first arrived; never changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When the response last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// The number of writes of this item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// Identifies the last write: a writer whose call got no answer can tell that the write was its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "uuid"))]
    pub write_id: Option<Uuid>,
    /// Hash key of the index `Open`, while work is due: 0 to 7 for a pending upload, 8 to 15 for a job,
    /// 16 to 23 for a deletion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minimum" = 0, "maximum" = MAX_SHARD))]
    pub open_shard: Option<u8>,
    /// When that work is due; `reconcile` postpones it where it fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// When DynamoDB may remove the item, in seconds since the Unix epoch: only where nothing was uploaded in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
}

/// Why an item does not hold a response.
#[derive(Debug, Error)]
pub enum ItemError {
    /// Its key is malformed.
    #[error("an item's key is malformed: {0}")]
    Key(#[from] Invalid),
    /// An attribute has the wrong type.
    #[error("an item's attributes are malformed")]
    Attributes(#[from] serde_dynamo::Error),
}

impl From<&Response> for ResponseItem {
    fn from(response: &Response) -> Self {
        let due = response.due();
        let expired = response.status == Status::Expired && response.video.is_none();
        let status = response.status;
        Self {
            project_status: Some(project_status(&response.key.project, status)),
            project_step_status: Some(project_step_status(
                &response.key.project,
                response.key.step,
                status,
            )),
            project_step: response.key.project_step(),
            email: response.key.email.to_string(),
            video: response.video.clone(),
            unmanaged_keys: response.unmanaged_keys.clone(),
            project: Some(response.key.project.clone()),
            step: Some(response.key.step),
            status: Some(status),
            pending_upload: response.pending_upload.clone(),
            last_upload_expiry: response.last_upload_expiry,
            take: response.take.clone(),
            job: response.job.clone(),
            renditions: response.renditions.clone(),
            failure: response.failure.clone(),
            deletion: response.deletion.clone(),
            created_at: response.created_at,
            updated_at: response.updated_at,
            revision: Some(response.revision),
            write_id: None,
            open_shard: due.map(|due| due.shard(&response.key)),
            due_at: due.map(|due| due.at),
            expires_at: response
                .updated_at
                .filter(|_| expired)
                .map(|at| at.as_seconds() + EXPIRED_TTL),
        }
    }
}

/// The hash key of the index of a project's responses by status: `{project}#{status}`.
pub fn project_status(project: &Project, status: Status) -> String {
    format!("{project}#{}", status.as_str())
}

/// The hash key of the index of a step's responses by status: `{project}-{step}#{status}`.
pub fn project_step_status(project: &Project, step: Step, status: Status) -> String {
    format!("{}#{}", project_step(project, step), status.as_str())
}

impl TryFrom<ResponseItem> for Response {
    type Error = ItemError;

    fn try_from(item: ResponseItem) -> Result<Self, ItemError> {
        let (project, step) = parse_project_step(&item.project_step)?;
        // The Chalice project writes an item with a video when it issues the form.
        let without_status = if item.video.is_some() {
            Status::Uploaded
        } else {
            Status::AwaitingUpload
        };
        Ok(Self {
            key: ResponseKey {
                project,
                step,
                email: Email::stored(&item.email)?,
            },
            status: item.status.unwrap_or(without_status),
            pending_upload: item.pending_upload,
            last_upload_expiry: item.last_upload_expiry,
            video: item.video,
            unmanaged_keys: item.unmanaged_keys,
            take: item.take,
            job: item.job,
            renditions: item.renditions,
            failure: item.failure,
            deletion: item.deletion,
            created_at: item.created_at,
            updated_at: item.updated_at,
            revision: item.revision.unwrap_or(0),
        })
    }
}

/// Returns the names of the attributes that each write of a response sets or removes: all but the key and the write's
/// own identifier. Attributes of other programs are not included, so a write keeps them.
pub fn attributes() -> impl Iterator<Item = &'static str> {
    let fields = serde_introspect::<ResponseItem>().iter().copied();
    fields.filter(|name| ![HASH_KEY, RANGE_KEY, "WriteId"].contains(name))
}

/// Converts a response into DynamoDB's attributes.
pub fn to_attributes(response: &Response) -> Result<serde_dynamo::Item, ItemError> {
    Ok(serde_dynamo::to_item(ResponseItem::from(response))?)
}

/// Reads a response from DynamoDB's attributes. Attributes of other programs are ignored; NULL counts as absent, at every
/// depth.
pub fn from_attributes(attributes: serde_dynamo::Item) -> Result<Response, ItemError> {
    let attributes = without_nulls(attributes.into_inner());
    serde_dynamo::from_item::<_, ResponseItem>(attributes)?.try_into()
}

fn without_nulls(attributes: HashMap<String, AttributeValue>) -> HashMap<String, AttributeValue> {
    let entries = attributes.into_iter().filter_map(|(name, value)| match value {
        AttributeValue::Null(_) => None,
        AttributeValue::M(inner) => Some((name, AttributeValue::M(without_nulls(inner)))),
        value => Some((name, value)),
    });
    entries.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::examples;

    #[test]
    fn items() {
        for (name, response) in examples::responses() {
            insta::assert_json_snapshot!(format!("item_{name}"), ResponseItem::from(&response));
        }
    }

    #[test]
    fn response_is_read_back_from_its_attributes() {
        for (_, response) in examples::responses() {
            assert_eq!(
                from_attributes(to_attributes(&response).unwrap()).unwrap(),
                response
            );
        }
    }

    #[test]
    fn each_written_attribute_is_also_removed_when_absent() {
        let examples = examples::responses();
        let written = examples
            .iter()
            .flat_map(|(_, response)| to_attributes(response).unwrap().into_inner().into_keys())
            .filter(|name| ![HASH_KEY, RANGE_KEY].contains(&name.as_str()));
        let written: BTreeSet<String> = written.collect();
        assert_eq!(written, attributes().map(str::to_owned).collect());
    }

    #[test]
    fn no_attribute_is_null() {
        for (_, response) in examples::responses() {
            let attributes = to_attributes(&response).unwrap();
            assert!(
                !attributes
                    .values()
                    .any(|value| matches!(value, AttributeValue::Null(_)))
            );
        }
    }

    #[test]
    fn null_counts_as_absent() {
        let null = || AttributeValue::Null(true);
        for (_, response) in examples::responses() {
            let full = to_attributes(&response).unwrap().into_inner();
            for name in attributes() {
                let (mut nulled, mut absent) = (full.clone(), full.clone());
                nulled.insert(name.to_owned(), null());
                absent.remove(name);
                let read = |attributes: HashMap<String, AttributeValue>| from_attributes(attributes.into());
                assert_eq!(read(nulled).unwrap(), read(absent).unwrap(), "{name}");
            }
            let mut deep = full;
            for value in deep.values_mut() {
                if let AttributeValue::M(entries) = value {
                    entries.insert("OfAnotherProgram".to_owned(), null());
                }
            }
            assert_eq!(from_attributes(deep.into()).unwrap(), response);
        }
    }

    #[test]
    fn chalice_item_is_a_response() {
        let text = |text: &str| AttributeValue::S(text.into());
        let attributes: std::collections::HashMap<String, AttributeValue> = [
            ("ProjectStep".to_owned(), text("my-project-0")),
            ("Mail".to_owned(), text("Ann@Example.com")),
            ("video".to_owned(), text("my-project/0/27d8c4c2ad.webm")),
        ]
        .into();
        let response = from_attributes(attributes.into()).unwrap();
        assert_eq!(response.key.project.as_str(), "my-project");
        assert_eq!(
            response.key.email.as_str(),
            "Ann@Example.com",
            "capitals are part of the key"
        );
        assert_eq!((response.status, response.revision), (Status::Uploaded, 0));
        assert_eq!(response.created_at, None);
    }
}
