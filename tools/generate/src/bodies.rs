//! The documents of the API's requests and replies, from its operations.

use api::operation::{Examples, Schemas};
use api::problem::ProblemDocument;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::document::{Document, DocumentDirection};
use crate::example_values::ExampleValues;
use crate::openapi::{GatewayMessage, example_problems};
use crate::settings::{add_titles, sent, taken, words};

/// The types in bodies that have a document of their own, beside those of the bodies.
const PARTS_OF_BODIES: [&str; 2] = ["UploadInstructions", "ChaliceVideo"];

/// A schema of a body, and examples of the body.
type Body = (Schema, Vec<Value>);

/// Returns the documents of the API's requests and replies.
pub fn documents() -> Vec<Document> {
    let mut schemas = Schemas {
        taken: SchemaGenerator::new(taken()),
        sent: SchemaGenerator::new(sent()),
    };
    let (mut requests, mut replies): (Vec<Body>, Vec<Body>) = Default::default();
    let values = |examples: Examples| examples().into_iter().map(|(_, value)| value).collect();
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
    let mut documents = documents_of(
        &requests,
        schemas.taken.take_definitions(true),
        DocumentDirection::Taken,
    );
    documents.extend(documents_of(
        &replies,
        schemas.sent.take_definitions(true),
        DocumentDirection::Sent,
    ));
    documents
}

/// Returns the documents of the bodies whose type has a name, and of some of their parts.
fn documents_of(
    bodies: &[Body],
    mut definitions: Map<String, Value>,
    direction: DocumentDirection,
) -> Vec<Document> {
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
