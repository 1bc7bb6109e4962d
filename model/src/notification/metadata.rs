//! The metadata of a job in both engines' notifications.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// The metadata of a job: names with texts, as in the request that created the job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserMetadata(BTreeMap<String, String>);

impl UserMetadata {
    /// Returns the texts by their names.
    pub fn entries(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

/// The schema describes the entries of this system's jobs. It does not require them: a job of another program has a valid
/// notification too, which is rejected.
impl JsonSchema for UserMetadata {
    fn schema_name() -> Cow<'static, str> {
        "UserMetadata".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let text = |description: &str| json_schema!({"type": "string", "description": description});
        json_schema!({
            "description": "The job's metadata. A job of this system has `response`, `take`, `attempt`, and either `input` or \
                `input-0`. A job of another program has a valid notification, which is rejected.",
            "type": "object",
            "properties": {
                "response": text("The response, `{project}/{step}/{hash of the email}`."),
                "take": text("The id of the take, a UUID of version 7."),
                "attempt": text("The number of the attempt, in decimal digits."),
                "version": text("The version id of the source; absent in a bucket without versioning."),
                "input": text("The object key of the source in the uploads bucket."),
                "input-0": text(
                    "If the key is no valid metadata: the key in base64url without padding, at most 256 characters of it. \
                    `input-1` to `input-9` have the following characters.",
                ),
            },
            "additionalProperties": {"type": "string"},
        })
    }
}
