//! `schemas/openapi.json`: OpenAPI 3.1, generated from the operations of the API.

use std::collections::BTreeMap;

use api::operation::{Access, HandlerTypes, Operation, Schemas};
use api::problem::{MEDIA_TYPE, ProblemDocument, ProblemKind, TYPE_PREFIX};
use api::scope::Scope;
use api::upload_token;
use model::{Email, Project, Step, TakeId};
use schemars::generate::SchemaSettings;
use schemars::transform::Transform;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::schemas::{NeverNull, sent, taken};

/// The body of API Gateway's own errors.
#[derive(JsonSchema)]
#[schemars(title = "Message", rename = "Message")]
#[expect(dead_code, reason = "API Gateway writes it")]
struct GatewayMessage {
    /// The error, in English.
    message: String,
}

const DESCRIPTION: &str = "Every error of the API is a problem document (RFC 9457) whose type has a page in \
     docs/problems. Errors of API Gateway itself are a message: 401 without a valid token, 403 without the scope, 404 where \
     no route has the path, 429 for too many requests. Each GET also replies to HEAD. Each response of the API has the \
     header x-request-id. Clients may cache only this document and the schemas.";

/// Returns the document.
pub fn document() -> Value {
    let generator = |settings: SchemaSettings| {
        let settings = settings.with(|settings| settings.definitions_path = "/components/schemas".into());
        SchemaGenerator::new(settings)
    };
    let mut schemas = Schemas {
        taken: generator(taken()),
        sent: generator(sent()),
    };
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for operation in api::operations() {
        let described = describe(&operation, &mut schemas);
        let item = paths.entry(operation.path).or_default();
        item.insert(operation.method.to_owned(), described);
    }
    let mut components = schemas.taken.take_definitions(true);
    components.append(&mut schemas.sent.take_definitions(true));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Video responses",
            "version": "1.0.0",
            "summary": "People answer questions on video; this service collects the answers.",
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "owner": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "A token of the stage's issuer with the scope responses/read or responses/write.",
                },
                "upload": {
                    "type": "apiKey",
                    "in": "header",
                    "name": upload_token::HEADER,
                    "description": "The token of the upload. It is valid for this upload only.",
                },
            },
        },
    })
}

fn describe(operation: &Operation, schemas: &mut Schemas) -> Value {
    let types = operation.types(schemas);
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "security": security(types.access),
        "parameters": parameters(operation, &types, schemas),
        "responses": responses(operation, &types, schemas),
    });
    if let Some(schema) = &types.body {
        let example = operation.body.map(|example| example());
        described["requestBody"] = json!({
            "required": true,
            "content": {"application/json": {"schema": schema, "example": example}},
        });
    }
    described
}

fn security(access: Access) -> Value {
    let owner = |scope: Scope| json!({"owner": [scope.as_str()]});
    match access {
        Access::Open => json!([]),
        Access::Scope(scope) => json!([owner(scope)]),
        Access::OpenOrScope(scope) => json!([{}, owner(scope)]),
        Access::UploadToken => json!([{"upload": []}]),
    }
}

fn parameters(operation: &Operation, types: &HandlerTypes, schemas: &mut Schemas) -> Vec<Value> {
    let names = operation.path.split(['{', '}']).skip(1).step_by(2);
    let in_path = names.map(|name| {
        let (schema, example) = path_parameter(name, schemas);
        json!({"name": name, "in": "path", "required": true, "schema": schema, "example": example})
    });
    let mut all: Vec<Value> = in_path.collect();
    all.extend(types.query.as_ref().into_iter().flat_map(query_parameters));
    all
}

/// Returns the schema and an example of a parameter in a path.
fn path_parameter(name: &str, schemas: &mut Schemas) -> (Schema, Value) {
    let taken = &mut schemas.taken;
    match name {
        "project" => (taken.subschema_for::<Project>(), json!("demo")),
        "step" => (taken.subschema_for::<Step>(), json!(0)),
        "email" => (taken.subschema_for::<Email>(), json!("ann@example.com")),
        "take" => (
            taken.subschema_for::<TakeId>(),
            json!("019b76da-a800-7000-8000-000000000000"),
        ),
        _ => (taken.subschema_for::<String>(), json!("response.json")),
    }
}

/// Returns the parameters of a query from the schema of its struct: a property for each.
fn query_parameters(query: &Schema) -> Vec<Value> {
    let required = query.get("required").and_then(Value::as_array);
    let properties = query.get("properties").and_then(Value::as_object);
    let parameter = |(name, schema): (&String, &Value)| {
        let mut schema = Schema::try_from(schema.clone()).unwrap_or_default();
        NeverNull.transform(&mut schema);
        json!({
            "name": name,
            "in": "query",
            "required": required.is_some_and(|required| required.contains(&json!(name))),
            "description": schema.remove("description"),
            "schema": schema,
        })
    };
    properties.into_iter().flatten().map(parameter).collect()
}

fn responses(operation: &Operation, types: &HandlerTypes, schemas: &mut Schemas) -> Value {
    let headers = json!({
        "x-request-id": {"description": "Identifies the request in the log.", "schema": {"type": "string"}},
    });
    let mut responses = BTreeMap::new();
    for ((status, body), (description, example)) in types.replies.iter().zip(&operation.replies) {
        let mut response = json!({"description": description, "headers": headers});
        if let Some((media_type, schema)) = body {
            let example = example.map(|example| example());
            response["content"] = json!({*media_type: {"schema": schema, "example": example}});
        }
        responses.insert(status.as_u16(), response);
    }
    let mut by_status: BTreeMap<u16, Vec<ProblemKind>> = BTreeMap::new();
    for kind in types.problems.iter().chain(operation.problems) {
        let kinds = by_status.entry(kind.status().as_u16()).or_default();
        if !kinds.contains(kind) {
            kinds.push(*kind);
        }
    }
    for (status, kinds) in by_status {
        responses.insert(status, problem_response(&kinds, &headers, schemas));
    }
    for (status, description) in gateway_errors(operation, types.access) {
        let response = responses
            .entry(status)
            .or_insert_with(|| json!({"description": description}));
        let message = schemas.sent.subschema_for::<GatewayMessage>();
        response["content"]["application/json"] =
            json!({"schema": message, "example": {"message": description}});
    }
    let responses = responses
        .into_iter()
        .map(|(status, response)| (status.to_string(), response));
    Value::Object(responses.collect())
}

fn problem_response(kinds: &[ProblemKind], headers: &Value, schemas: &mut Schemas) -> Value {
    let examples: Map<String, Value> = kinds
        .iter()
        .map(|kind| (kind.name().to_owned(), json!({"value": example_problem(*kind)})))
        .collect();
    let titles: Vec<&str> = kinds.iter().map(|kind| kind.title()).collect();
    let mut headers = headers.clone();
    if kinds.contains(&ProblemKind::Unavailable) {
        headers["retry-after"] =
            json!({"description": "When to repeat the request, in seconds.", "schema": {"type": "string"}});
    }
    let schema = schemas.sent.subschema_for::<ProblemDocument<'_>>();
    json!({
        "description": titles.join("; "),
        "headers": headers,
        "content": {MEDIA_TYPE: {"schema": schema, "examples": examples}},
    })
}

fn example_problem(kind: ProblemKind) -> Value {
    json!({
        "type": format!("{TYPE_PREFIX}{}", kind.name()),
        "title": kind.title(),
        "status": kind.status().as_u16(),
        "detail": format!("see docs/problems/{}.md", kind.name()),
        "request_id": "Kd9zMh3yDoEEMkw=",
    })
}

/// Returns the errors with which API Gateway replies before it calls the function.
fn gateway_errors(operation: &Operation, access: Access) -> Vec<(u16, &'static str)> {
    let mut errors = vec![(429, "Too Many Requests")];
    if matches!(access, Access::Scope(_) | Access::OpenOrScope(_)) {
        errors.extend([(401, "Unauthorized"), (403, "Forbidden")]);
    }
    if operation.path.contains('{') {
        errors.push((404, "Not Found"));
    }
    errors
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator;

    use super::*;

    #[test]
    fn examples_are_valid() {
        let document = document();
        let mut seen = 0;
        check_examples(&document, &document, &mut seen);
        assert!(seen > 50, "{seen} examples");
    }

    #[test]
    fn every_reply_has_its_text() {
        let mut schemas = Schemas {
            taken: SchemaGenerator::default(),
            sent: SchemaGenerator::default(),
        };
        for operation in api::operations() {
            let types = operation.types(&mut schemas);
            assert_eq!(types.replies.len(), operation.replies.len(), "{}", operation.id);
            assert_eq!(types.body.is_some(), operation.body.is_some(), "{}", operation.id);
        }
    }

    /// Validates the examples of all media types in a node.
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
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/problems");
        for kind in ProblemKind::iter() {
            let page = folder.join(format!("{}.md", kind.name()));
            let text = std::fs::read_to_string(&page)
                .unwrap_or_else(|error| panic!("{}: {error}: write the page of this kind", page.display()));
            for text_part in [kind.name(), kind.title(), kind.status().as_str()] {
                assert!(
                    text.contains(text_part),
                    "{} contains {text_part:?}",
                    page.display()
                );
            }
        }
    }
}
