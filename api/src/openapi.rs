//! The API's description: OpenAPI 3.1, made from the types that the routes read and write, by `make schemas`.
//!
//! What no type can tell stands here: which operation answers what, and to whom.

use std::collections::BTreeMap;

use model::schema;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::grant;
use crate::problem::{self, Kind};

mod examples;
mod operation;
mod operations;

use operation::{Access, Operation, schema_of};

/// What the gateway says of itself.
#[derive(JsonSchema)]
#[schemars(title = "Message", rename = "Message")]
#[expect(dead_code, reason = "the gateway writes it, and nobody here reads it")]
struct GatewayMessage {
    /// In words.
    message: String,
}

/// The document.
pub fn document() -> Value {
    let components = |settings: schemars::generate::SchemaSettings| {
        let settings = settings.with(|settings| settings.definitions_path = "/components/schemas".into());
        SchemaGenerator::new(settings)
    };
    let (mut sent, mut taken) = (components(schema::sent()), components(schema::taken()));
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for operation in operations::all() {
        let item = paths.entry(operation.path).or_default();
        item.insert(
            operation.method.to_owned(),
            describe(&operation, &mut sent, &mut taken),
        );
    }
    let mut schemas = taken.take_definitions(true);
    schemas.append(&mut sent.take_definitions(true));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Video responses",
            "version": "1.0.0",
            "summary": "People answer a question on video; this collects the answers.",
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "owner": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "A token of the stage's issuer, with the scope responses/read or responses/write.",
                },
                "upload": {
                    "type": "apiKey",
                    "in": "header",
                    "name": grant::HEADER,
                    "description": "The token that came with the upload; it opens that upload and nothing else.",
                },
            },
        },
    })
}

const DESCRIPTION: &str = "Every error of the API is a problem document (RFC 9457) whose type has a page in docs/problems. \
     What the gateway itself answers is a message: 401 without a good token, 403 without the scope, 404 where no route \
     has the path, 429 for too many requests. Every GET has its HEAD. Every answer of the API has the header \
     x-request-id. Nothing is cached but this document and the schemas.";

fn describe(operation: &Operation, sent: &mut SchemaGenerator, taken: &mut SchemaGenerator) -> Value {
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "security": security(operation.access),
        "parameters": parameters(operation, taken),
        "responses": answers(operation, sent),
    });
    if let Some((schema, example)) = &operation.body {
        described["requestBody"] = json!({
            "required": true,
            "content": {"application/json": {"schema": schema(taken), "example": example}},
        });
    }
    described
}

fn security(access: Access) -> Value {
    match access {
        Access::Open => json!([]),
        Access::Scope(scope) => json!([{"owner": [scope]}]),
        Access::OpenOrScope(scope) => json!([{}, {"owner": [scope]}]),
        Access::UploadToken => json!([{"upload": []}]),
    }
}

fn parameters(operation: &Operation, taken: &mut SchemaGenerator) -> Value {
    let names = operation.path.split(['{', '}']).skip(1).step_by(2);
    let in_path = names.map(|name| {
        let (schema, example) = operations::path_parameter(name);
        json!({"name": name, "in": "path", "required": true, "schema": schema(taken), "example": example})
    });
    let mut all: Vec<Value> = in_path.collect();
    all.extend(operation.query.iter().map(|parameter| {
        json!({
            "name": parameter.name,
            "in": "query",
            "required": parameter.required,
            "description": parameter.description,
            "schema": (parameter.schema)(taken),
        })
    }));
    all.into()
}

fn answers(operation: &Operation, sent: &mut SchemaGenerator) -> Value {
    let request_id = json!({
        "x-request-id": {"description": "By which the log knows the request.", "schema": {"type": "string"}},
    });
    let mut answers = BTreeMap::new();
    for success in std::iter::once(&operation.success).chain(&operation.pending) {
        let mut answer = json!({"description": success.description, "headers": request_id});
        if let Some((media_type, schema, example)) = &success.content {
            answer["content"] = json!({*media_type: {"schema": schema(sent), "example": example}});
        }
        answers.insert(success.status, answer);
    }
    let mut by_status: BTreeMap<u16, Vec<Kind>> = BTreeMap::new();
    for kind in &operation.problems {
        by_status.entry(kind.status().as_u16()).or_default().push(*kind);
    }
    for (status, kinds) in by_status {
        answers.insert(status, problem_answer(&kinds, &request_id, sent));
    }
    for (status, description) in gateway_answers(operation) {
        let answer = answers
            .entry(status)
            .or_insert_with(|| json!({"description": description}));
        let message = schema_of::<GatewayMessage>(sent);
        answer["content"]["application/json"] =
            json!({"schema": message, "example": {"message": description}});
    }
    let answers = answers
        .into_iter()
        .map(|(status, answer)| (status.to_string(), answer));
    Value::Object(answers.collect())
}

fn problem_answer(kinds: &[Kind], headers: &Value, sent: &mut SchemaGenerator) -> Value {
    let examples: Map<String, Value> = kinds
        .iter()
        .map(|kind| (kind.name().to_owned(), json!({"value": examples::problem(*kind)})))
        .collect();
    let titles: Vec<&str> = kinds.iter().map(|kind| kind.title()).collect();
    let mut headers = headers.clone();
    if kinds.contains(&Kind::Unavailable) {
        headers["retry-after"] =
            json!({"description": "After how many seconds to try again.", "schema": {"type": "string"}});
    }
    let schema = schema_of::<problem::Document<'_>>(sent);
    json!({
        "description": titles.join("; "),
        "headers": headers,
        "content": {problem::MEDIA_TYPE: {"schema": schema, "examples": examples}},
    })
}

/// What the gateway answers before the function is asked.
fn gateway_answers(operation: &Operation) -> Vec<(u16, &'static str)> {
    let mut answers = vec![(429, "Too Many Requests")];
    if matches!(operation.access, Access::Scope(_) | Access::OpenOrScope(_)) {
        answers.extend([(401, "Unauthorized"), (403, "Forbidden")]);
    }
    if operation.path.contains('{') {
        answers.push((404, "Not Found"));
    }
    answers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_what_its_schema_says() {
        let document = document();
        let mut seen = 0;
        check_examples(&document, &document, &mut seen);
        assert!(seen > 50, "{seen} examples");
    }

    /// Looks for media types with a schema and examples, wherever they are.
    fn check_examples(document: &Value, node: &Value, seen: &mut u32) {
        if let (Some(schema), Value::Object(node)) = (node.get("schema"), node) {
            let one = node.get("example").into_iter();
            let several = node
                .get("examples")
                .and_then(Value::as_object)
                .into_iter()
                .flatten();
            for example in one.chain(several.map(|(_, example)| &example["value"])) {
                *seen += 1;
                let whole = json!({"components": document["components"], "allOf": [schema]});
                let validator = jsonschema::options()
                    .should_validate_formats(true)
                    .build(&whole)
                    .unwrap();
                if let Err(error) = validator.validate(example) {
                    panic!("{}: {error}: {example:#}", error.instance_path());
                }
            }
        }
        match node {
            Value::Object(members) => members
                .values()
                .for_each(|node| check_examples(document, node, seen)),
            Value::Array(members) => members
                .iter()
                .for_each(|node| check_examples(document, node, seen)),
            _ => {}
        }
    }

    #[test]
    fn every_kind_of_problem_has_its_page() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/problems");
        for kind in Kind::ALL {
            let page = folder.join(format!("{}.md", kind.name()));
            let text = std::fs::read_to_string(&page)
                .unwrap_or_else(|error| panic!("{}: {error}: every kind has a page", page.display()));
            for said in [kind.name(), kind.title(), kind.status().as_str()] {
                assert!(text.contains(said), "{} says {said:?}", page.display());
            }
        }
    }
}
