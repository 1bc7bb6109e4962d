//! The published JSON Schemas, generated from the types.

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

use api::views::VideoResponse;
use aws::table::item::ResponseItem;
use model::notification::elastic_transcoder::ElasticTranscoderNotification;
use model::notification::media_convert::MediaConvertEvent;
use model::notification::message::SnsNotification;
use model::notification::s3::{S3BridgeEvent, S3Notification, S3TestEvent};

/// The prefix of a document's `$id`, which is a name and not a URL.
const BASE: &str = "urn:video-responses:schemas:v1:";

/// Returns the schemas of version 1, by their file names in `schemas/v1`.
pub fn documents() -> Vec<(&'static str, Value)> {
    vec![
        (
            "response-item.json",
            document::<ResponseItem>("response-item", sent()),
        ),
        ("response.json", document::<VideoResponse>("response", sent())),
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
        (
            "sns-notification.json",
            document::<SnsNotification>("sns-notification", taken()),
        ),
        (
            "elastic-transcoder-notification.json",
            document::<ElasticTranscoderNotification>("elastic-transcoder-notification", taken()),
        ),
        (
            "media-convert-event.json",
            document::<MediaConvertEvent>("media-convert-event", taken()),
        ),
    ]
}

/// The settings for what we send: open to new fields, and never null, since an absent value has no field.
pub fn sent() -> SchemaSettings {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .with_transform(NeverNull)
}

/// The settings for what we take. AWS adds fields to what it sends, so schemas are open; types of requests are closed.
pub fn taken() -> SchemaSettings {
    SchemaSettings::draft2020_12().for_deserialize()
}

/// Removes `null` from the types of a value: an `Option` that is skipped when it is `None` is never null.
#[derive(Clone, Debug)]
pub struct NeverNull;

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
        json!("Generated from the types by `make schemas`."),
    );
    schema.to_value()
}

#[cfg(test)]
mod tests {
    use model::examples;

    use super::*;

    fn validator(name: &str) -> jsonschema::Validator {
        let (_, schema) = documents().into_iter().find(|(file, _)| *file == name).unwrap();
        jsonschema::options()
            .should_validate_formats(true)
            .build(&schema)
            .unwrap()
    }

    #[test]
    fn items_and_views_are_valid() {
        let (item, response) = (validator("response-item.json"), validator("response.json"));
        for (name, example) in examples::responses() {
            let written = serde_json::to_value(ResponseItem::from(&example)).unwrap();
            item.validate(&written)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            let view = serde_json::to_value(VideoResponse::new(&example, None)).unwrap();
            response
                .validate(&view)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }

    #[test]
    fn wrong_values_are_invalid() {
        let (_, example) = examples::responses().remove(0);
        let written = serde_json::to_value(ResponseItem::from(&example)).unwrap();
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
}
