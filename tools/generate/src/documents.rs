//! The published JSON Schemas, and their index.

use std::error::Error;
use std::fs;
use std::path::Path;

use aws::table::item::ResponseItem;
use model::examples;
use model::notification::elastic_transcoder::ElasticTranscoderNotification;
use model::notification::media_convert::MediaConvertEvent;
use model::notification::message::SnsNotification;
use model::notification::s3::{S3BridgeEvent, S3Notification, S3TestEvent};
use schemars::JsonSchema;
use serde_json::{Value, json};

use crate::document::{Document, DocumentDirection};
use crate::{bodies, dynamodb};

/// Returns the documents of version 1, by name.
pub fn documents() -> Result<Vec<Document>, Box<dyn Error>> {
    let items: Result<Vec<Value>, _> = examples::responses()
        .iter()
        .map(|(_, response)| serde_json::to_value(ResponseItem::from(response)))
        .collect();
    let item = Document::of::<ResponseItem>("response-item", DocumentDirection::Sent, &items?);
    let (stored, stored_items) = dynamodb::convert(&item.schema);
    let mut documents = bodies::documents();
    documents.push(Document::with_found_examples(
        "dynamodb-item",
        DocumentDirection::Sent,
        stored,
        &stored_items,
    ));
    documents.push(item);
    documents.extend([
        recorded::<S3Notification>("s3-notification", &["s3-2.1-post", "s3-2.5-removed"])?,
        recorded::<S3TestEvent>("s3-test-event", &["s3-test-event"])?,
        recorded::<S3BridgeEvent>(
            "s3-eventbridge",
            &["s3-eventbridge-created", "s3-eventbridge-deleted"],
        )?,
        recorded::<SnsNotification>("sns-notification", &["sns-all-fields", "sns-s3-2.1-post"])?,
        recorded::<ElasticTranscoderNotification>(
            "elastic-transcoder-notification",
            &[
                "elastic-transcoder-completed",
                "elastic-transcoder-error",
                "elastic-transcoder-error-minimal",
            ],
        )?,
        recorded::<MediaConvertEvent>(
            "media-convert-event",
            &[
                "media-convert-complete",
                "media-convert-error",
                "media-convert-status-update",
            ],
        )?,
    ]);
    documents.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(documents)
}

/// Returns the document of a payload from AWS. Its examples are recorded payloads of `tests/payloads`.
fn recorded<T: JsonSchema>(name: &str, payloads: &[&str]) -> Result<Document, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/payloads");
    let read = |payload: &&str| -> Result<Value, Box<dyn Error>> {
        let path = folder.join(format!("{payload}.json"));
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(serde_json::from_str(&text)?)
    };
    let examples: Result<Vec<Value>, _> = payloads.iter().map(read).collect();
    Ok(Document::of::<T>(name, DocumentDirection::Taken, &examples?))
}

/// Returns the index of the documents.
pub fn index(documents: &[Document]) -> Value {
    let entry = |document: &Document| {
        json!({
            "name": document.name,
            "file": format!("v1/{}.json", document.name),
            "id": document.schema["$id"],
            "title": document.schema["title"],
            "direction": document.direction.as_str(),
        })
    };
    json!({"documents": documents.iter().map(entry).collect::<Vec<_>>()})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn validator(schema: &Value) -> jsonschema::Validator {
        let options = jsonschema::options().should_validate_formats(true);
        options.build(schema).unwrap()
    }

    fn schema<'a>(documents: &'a [Document], name: &str) -> &'a Value {
        let found = documents.iter().find(|document| document.name == name);
        &found.unwrap().schema
    }

    /// Returns the document's types: pointer and schema.
    fn types(schema: &Value) -> impl Iterator<Item = (String, Value)> {
        let definitions = schema["$defs"].as_object().into_iter().flatten();
        let definition = |(name, definition): (&String, &Value)| {
            let mut whole = definition.clone();
            whole["$defs"] = schema["$defs"].clone();
            (format!("#/$defs/{name}"), whole)
        };
        std::iter::once(("#".to_owned(), schema.clone()))
            .chain(definitions.map(definition).collect::<Vec<_>>())
    }

    #[test]
    fn every_type_has_valid_examples_of_each_variant() {
        for document in documents().unwrap() {
            for (pointer, schema) in types(&document.schema) {
                let what = format!("{}{pointer}", document.name);
                jsonschema::draft202012::meta::validate(&schema)
                    .unwrap_or_else(|error| panic!("{what}: {error}"));
                let examples = schema["examples"].as_array();
                let examples = examples.unwrap_or_else(|| panic!("{what} has no examples"));
                let variants = schema["oneOf"].as_array().map_or(1, Vec::len);
                assert!(
                    examples.len() >= variants,
                    "{what} has {} examples",
                    examples.len()
                );
                for example in examples {
                    let valid = validator(&schema).validate(example);
                    valid.unwrap_or_else(|error| panic!("{what}: {error}: {example:#}"));
                }
            }
        }
    }

    /// Tools of other languages name types by titles, and know these formats.
    #[test]
    fn documents_are_portable() {
        for document in documents().unwrap() {
            for (pointer, schema) in types(&document.schema) {
                let what = format!("{}{pointer}", document.name);
                for keyword in ["title", "description"] {
                    assert!(schema[keyword].is_string(), "{what} has no {keyword}");
                }
            }
            let text = document.schema.to_string();
            let formats = text
                .split("\"format\":\"")
                .skip(1)
                .filter_map(|rest| rest.split('"').next());
            for format in formats {
                let known = ["date-time", "uuid", "uri"];
                assert!(known.contains(&format), "{}: the format {format}", document.name);
            }
        }
    }

    #[test]
    fn wrong_values_are_invalid() {
        let documents = documents().unwrap();
        for (name, field, wrong) in [
            ("response-item", "Status", json!("done")),
            ("response-item", "Step", json!(10_000)),
            ("response-item", "CreatedAt", json!("2024-01-01")),
            ("response-item", "Project", json!("-")),
            ("response-item", "OpenShard", json!(24)),
            ("dynamodb-item", "Status", json!({"S": "done"})),
            ("dynamodb-item", "Step", json!({"N": "one"})),
            ("dynamodb-item", "Step", json!(1)),
            ("dynamodb-item", "CreatedAt", json!({"S": "2024-01-01"})),
            ("upload-instructions", "method", json!("put")),
            ("upload-request", "size", json!(0)),
            ("upload-request", "content_type", json!("text/plain")),
            ("upload-request", "method", json!("put")),
            ("upload-request", "name", json!("unknown")),
        ] {
            let schema = schema(&documents, name);
            let mut broken = schema["examples"][0].clone();
            broken[field] = wrong;
            assert!(!validator(schema).is_valid(&broken), "{name}: {field}");
        }
    }

    #[test]
    fn null_counts_as_absent_and_times_have_any_decimals() {
        let documents = documents().unwrap();
        for (name, field, value) in [
            ("response-item", "WriteId", json!(null)),
            ("dynamodb-item", "WriteId", json!({"NULL": true})),
            ("dynamodb-item", "Take", json!({"NULL": true})),
            ("video-response", "playback", json!(null)),
            ("video-response", "created_at", json!("2026-01-01T00:00:00Z")),
            (
                "video-response",
                "created_at",
                json!("2026-01-01T00:00:00.123456+00:00"),
            ),
            ("video-response", "added_later", json!(1)),
            ("upload-request", "method", json!(null)),
        ] {
            let schema = schema(&documents, name);
            let mut changed = schema["examples"][0].clone();
            changed[field] = value;
            let valid = validator(schema).validate(&changed);
            valid.unwrap_or_else(|error| panic!("{name}: {field}: {error}"));
        }
    }
}
