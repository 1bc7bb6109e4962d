//! The published JSON Schemas, made from the types.

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

use crate::item::Item;
use crate::notification::s3::{S3BridgeEvent, S3Notification, S3TestEvent};
use crate::representation::Representation;

/// Where the documents say that they are: a name, not a place to fetch from.
const BASE: &str = "urn:video-responses:schemas:v1:";

/// The file names of version 1 below `schemas/v1/`, with their contents.
pub fn documents() -> Vec<(&'static str, Value)> {
    vec![
        ("response-item.json", document::<Item>("response-item", sent())),
        ("response.json", document::<Representation>("response", sent())),
        (
            "s3-notification.json",
            document::<S3Notification>("s3-notification", taken()),
        ),
        (
            "s3-test-event.json",
            document::<S3TestEvent>("s3-test-event", taken()),
        ),
        (
            "s3-eventbridge.json",
            document::<S3BridgeEvent>("s3-eventbridge", taken()),
        ),
    ]
}

/// What we write: it stays open to new fields, and what is absent is not there, so nothing is null.
pub fn sent() -> SchemaSettings {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .with_transform(NeverNull)
}

/// What we read. AWS adds fields to what it sends, so that stays open too; requests say themselves that they do not.
pub fn taken() -> SchemaSettings {
    SchemaSettings::draft2020_12().for_deserialize()
}

/// Takes `null` out of what a value may be: an `Option` that is skipped when it is `None` is never written.
#[derive(Clone, Debug)]
struct NeverNull;

impl Transform for NeverNull {
    fn transform(&mut self, schema: &mut Schema) {
        if let Some(Value::Array(types)) = schema.get_mut("type") {
            types.retain(|kind| kind != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                schema.insert("type".to_owned(), only);
            }
        }
        if let Some(Value::Array(any)) = schema.get_mut("anyOf") {
            any.retain(|kind| *kind != json!({"type": "null"}));
            if let [only] = any.as_slice()
                && let Some(members) = only.as_object().cloned()
            {
                schema.remove("anyOf");
                for (name, member) in members {
                    schema.insert(name, member);
                }
            }
        }
        transform_subschemas(self, schema);
    }
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
