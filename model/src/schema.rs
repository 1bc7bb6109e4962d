//! The published JSON Schemas, made from the types.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Value, json};

use crate::item::Item;
use crate::notification::s3::{S3BridgeEvent, S3Notification, S3TestEvent};
use crate::representation::Representation;

/// Where the documents say that they are: a name, not a place to fetch from.
const BASE: &str = "urn:video-responses:schemas:v1:";

/// The file names of version 1 below `schemas/v1/`, with their contents.
pub fn documents() -> Vec<(&'static str, Value)> {
    vec![
        ("response-item.json", sent::<Item>("response-item")),
        ("response.json", sent::<Representation>("response")),
        ("s3-notification.json", taken::<S3Notification>("s3-notification")),
        ("s3-test-event.json", taken::<S3TestEvent>("s3-test-event")),
        ("s3-eventbridge.json", taken::<S3BridgeEvent>("s3-eventbridge")),
    ]
}

/// What we write: it stays open to new fields.
fn sent<T: JsonSchema>(name: &str) -> Value {
    document::<T>(name, SchemaSettings::draft2020_12().for_serialize())
}

/// What we read: AWS adds fields to it, so it stays open too.
fn taken<T: JsonSchema>(name: &str) -> Value {
    document::<T>(name, SchemaSettings::draft2020_12().for_deserialize())
}

fn document<T: JsonSchema>(name: &str, settings: SchemaSettings) -> Value {
    let mut schema = SchemaGenerator::new(settings).into_root_schema_for::<T>();
    schema.insert("$id".to_owned(), format!("{BASE}{name}").into());
    schema.insert(
        "$comment".to_owned(),
        json!("Generated from the crate `model` by `make schemas`."),
    );
    schema.to_value()
}

/// Responses in every state, for documents and tests.
#[cfg(test)]
pub(crate) mod examples;

#[cfg(test)]
mod tests {
    use super::*;

    fn validator(name: &str) -> jsonschema::Validator {
        let (_, schema) = documents().into_iter().find(|(file, _)| *file == name).unwrap();
        jsonschema::options()
            .should_validate_formats(true)
            .build(&schema)
            .unwrap()
    }

    #[test]
    fn what_is_written_is_valid() {
        let (item, response) = (validator("response-item.json"), validator("response.json"));
        for (name, example) in examples::responses() {
            let written = serde_json::to_value(Item::from(&example)).unwrap();
            item.validate(&written)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            let shown = serde_json::to_value(Representation::new(&example, None)).unwrap();
            response
                .validate(&shown)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }

    #[test]
    fn what_is_wrong_is_not_valid() {
        let (_, example) = examples::responses().remove(0);
        let written = serde_json::to_value(Item::from(&example)).unwrap();
        for (field, wrong) in [
            ("Status", json!("done")),
            ("Step", json!(10_000)),
            ("CreatedAt", json!("2024-01-01")),
            ("Project", json!("-")),
        ] {
            let mut broken = written.clone();
            broken[field] = wrong;
            assert!(!validator("response-item.json").is_valid(&broken), "{field}");
        }
    }

    #[test]
    fn representations_look_like_this() {
        for (name, example) in examples::responses() {
            insta::assert_json_snapshot!(
                format!("representation_{name}"),
                Representation::new(&example, None)
            );
        }
    }
}
