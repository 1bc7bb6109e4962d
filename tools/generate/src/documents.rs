//! The published JSON Schemas: which types have a document, and its schema with examples.

use std::error::Error;
use std::fs;
use std::path::Path;

use api::operation::Schemas;
use api::problem::ProblemDocument;
use aws::table::item::ResponseItem;
use model::examples;
use model::notification::elastic_transcoder::ElasticTranscoderNotification;
use model::notification::media_convert::MediaConvertEvent;
use model::notification::message::SnsNotification;
use model::notification::s3::{S3BridgeEvent, S3Notification, S3TestEvent};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::dynamodb;
use crate::example_values::{ExampleValues, Found};
use crate::openapi::{GatewayMessage, example_problems};
use crate::settings::{add_titles, sent, taken, words};

/// The prefix of a document's `$id`.
const BASE: &str = "urn:video-responses:schemas:v1:";

/// The types in bodies that have a document of their own, beside those of the bodies.
const PARTS_OF_BODIES: [&str; 2] = ["UploadInstructions", "ChaliceVideo"];

/// Who writes the documents that a schema describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// This system.
    Sent,
    /// A client or AWS.
    Taken,
}

impl Direction {
    /// Returns its name in the index.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Taken => "taken",
        }
    }
}

/// A published schema.
pub struct Document {
    /// Its name, in kebab case.
    pub name: String,
    /// Who writes what it describes.
    pub direction: Direction,
    /// The schema with `$id` and examples.
    pub schema: Value,
}

impl Document {
    /// A document of a schema whose definitions are in `$defs`, with examples of it and of its definitions.
    fn new(name: &str, direction: Direction, mut schema: Value, examples: &[Value], found: &Found) -> Self {
        if let Some(Value::Object(definitions)) = schema.get_mut("$defs") {
            for (name, definition) in definitions {
                if let Some(values) = found.get(name) {
                    definition["examples"] = values.clone().into();
                }
            }
        }
        schema["examples"] = examples.into();
        schema["$id"] = format!("{BASE}{name}").into();
        schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
        schema["$comment"] = json!("Generated from the types by `make schemas`.");
        Self {
            name: name.to_owned(),
            direction,
            schema,
        }
    }

    /// A document of a type.
    fn of<T: JsonSchema>(name: &str, direction: Direction, examples: &[Value]) -> Self {
        let generator = SchemaGenerator::new(settings(direction));
        let schema = generator.into_root_schema_for::<T>().to_value();
        Self::with_found_examples(name, direction, schema, examples)
    }

    /// A document whose definitions have the examples that occur in those of the document.
    fn with_found_examples(name: &str, direction: Direction, mut schema: Value, examples: &[Value]) -> Self {
        if let Some(Value::Object(definitions)) = schema.get_mut("$defs") {
            add_titles(definitions);
        }
        let mut values = ExampleValues::new(schema.get("$defs"));
        for example in examples {
            values.collect(&schema, example);
        }
        Self::new(name, direction, schema, examples, &values.found)
    }
}

fn settings(direction: Direction) -> SchemaSettings {
    match direction {
        Direction::Sent => sent(),
        Direction::Taken => taken(),
    }
}

/// Returns the documents of version 1, by name.
pub fn documents() -> Result<Vec<Document>, Box<dyn Error>> {
    let items: Result<Vec<Value>, _> = examples::responses()
        .iter()
        .map(|(_, response)| serde_json::to_value(ResponseItem::from(response)))
        .collect();
    let item = Document::of::<ResponseItem>("response-item", Direction::Sent, &items?);
    let (stored, stored_items) = dynamodb::convert(&item.schema);
    let mut documents = api_documents();
    documents.push(Document::with_found_examples(
        "dynamodb-item",
        Direction::Sent,
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
    Ok(Document::of::<T>(name, Direction::Taken, &examples?))
}

/// A schema of a body, and examples of the body.
type Body = (Schema, Vec<Value>);

/// Returns the documents of the API's requests and replies.
fn api_documents() -> Vec<Document> {
    let mut schemas = Schemas {
        taken: SchemaGenerator::new(taken()),
        sent: SchemaGenerator::new(sent()),
    };
    let (mut requests, mut replies): (Vec<Body>, Vec<Body>) = Default::default();
    let values =
        |examples: api::operation::Examples| examples().into_iter().map(|(_, value)| value).collect();
    for operation in api::operations() {
        let types = operation.types(&mut schemas);
        requests.extend(types.body.zip(operation.body.map(values)));
        for ((_, body), (_, examples)) in types.replies.into_iter().zip(&operation.replies) {
            replies.extend(body.map(|(_, schema)| schema).zip(examples.map(values)));
        }
    }
    let problem = schemas.sent.subschema_for::<ProblemDocument<'_>>();
    replies.push((problem, example_problems().collect()));
    let message = schemas.sent.subschema_for::<GatewayMessage>();
    replies.push((message, vec![json!({"message": "Unauthorized"})]));
    let mut documents = documents_of(&requests, schemas.taken.take_definitions(true), Direction::Taken);
    documents.extend(documents_of(
        &replies,
        schemas.sent.take_definitions(true),
        Direction::Sent,
    ));
    documents
}

/// Returns the documents of the bodies whose type has a name, and of some of their parts.
fn documents_of(bodies: &[Body], mut definitions: Map<String, Value>, direction: Direction) -> Vec<Document> {
    add_titles(&mut definitions);
    let all = Value::Object(definitions.clone());
    let mut values = ExampleValues::new(Some(&all));
    for (schema, examples) in bodies {
        for example in examples {
            values.collect(schema.as_value(), example);
        }
    }
    let name_of = |(schema, _): &Body| Some(schema.get("$ref")?.as_str()?.rsplit('/').next()?.to_owned());
    let mut names: Vec<String> = bodies.iter().filter_map(name_of).collect();
    names.extend(
        PARTS_OF_BODIES
            .map(str::to_owned)
            .into_iter()
            .filter(|name| definitions.contains_key(name)),
    );
    names.sort();
    names.dedup();
    let document = |name: &String| {
        let mut schema = definitions[name].clone();
        let mut reachable = Map::new();
        add_reachable(&schema, &definitions, &mut reachable);
        if !reachable.is_empty() {
            schema["$defs"] = reachable.into();
        }
        let mut examples: Vec<Value> = Vec::new();
        for (_, own) in bodies.iter().filter(|body| name_of(body).as_ref() == Some(name)) {
            for example in own {
                if !examples.contains(example) {
                    examples.push(example.clone());
                }
            }
        }
        if examples.is_empty() {
            examples.extend(values.found.get(name).cloned().unwrap_or_default());
        }
        Document::new(
            &words(name).join("-").to_lowercase(),
            direction,
            schema,
            &examples,
            &values.found,
        )
    };
    names.iter().map(document).collect()
}

/// Adds the definitions that a schema refers to, directly or not.
fn add_reachable(schema: &Value, definitions: &Map<String, Value>, reachable: &mut Map<String, Value>) {
    match schema {
        Value::Object(members) => {
            let name = members
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|path| path.strip_prefix("#/$defs/"));
            if let Some(name) = name
                && let Some(definition) = definitions.get(name)
                && !reachable.contains_key(name)
            {
                reachable.insert(name.to_owned(), definition.clone());
                add_reachable(definition, definitions, reachable);
            }
            members
                .values()
                .for_each(|member| add_reachable(member, definitions, reachable));
        }
        Value::Array(members) => members
            .iter()
            .for_each(|member| add_reachable(member, definitions, reachable)),
        _ => {}
    }
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
