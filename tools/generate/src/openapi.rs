//! `schemas/openapi.json`: OpenAPI 3.1, generated from the operations of the API.

use std::collections::BTreeMap;

use api::operation::{Access, Examples, HandlerTypes, Operation, Schemas};
use api::problem::{MEDIA_TYPE, ProblemDocument, ProblemKind, TYPE_PREFIX};
use api::scope::Scope;
use api::upload_token;
use model::{Email, Project, Step, TakeId};
use schemars::generate::SchemaSettings;
use schemars::transform::Transform;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};
use strum::IntoEnumIterator;

use crate::settings::{NeverNull, Portable, add_titles, sent, taken};

/// The body of API Gateway's own errors.
#[derive(JsonSchema)]
#[schemars(title = "Gateway message")]
#[expect(dead_code, reason = "API Gateway writes it")]
pub struct GatewayMessage {
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
    add_titles(&mut components);
    add_discriminators(&mut components);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Video responses",
            "version": "1.0.0",
            "summary": "People answer questions on video; this service collects the answers.",
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "tags": tags(),
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

/// Returns the tags, which group the operations.
fn tags() -> Vec<Value> {
    let tags = api::TAGS.into_iter();
    tags.map(|(name, description)| json!({"name": name, "description": description}))
        .collect()
}

/// Adds a discriminator to each choice of types that have a constant property, such as `method`. JSON Schema has no such
/// keyword.
fn add_discriminators(components: &mut Map<String, Value>) {
    let constants = |reference: &Value| -> Option<Vec<(String, String)>> {
        let name = reference["$ref"].as_str()?.rsplit('/').next()?;
        let properties = components.get(name)?["properties"].as_object()?.iter();
        let constant =
            |(name, schema): (&String, &Value)| Some((name.clone(), schema["const"].as_str()?.to_owned()));
        Some(properties.filter_map(constant).collect())
    };
    let discriminator = |schema: &Value| {
        let variants = schema["oneOf"].as_array()?;
        let (property, _) = constants(variants.first()?)?.into_iter().next()?;
        let target = |variant: &Value| {
            let (_, value) = constants(variant)?
                .into_iter()
                .find(|(name, _)| *name == property)?;
            Some((value, variant["$ref"].clone()))
        };
        let mapping: Option<Map<String, Value>> = variants.iter().map(target).collect();
        Some(json!({"propertyName": property, "mapping": mapping?}))
    };
    let found: Vec<(String, Value)> = components
        .iter()
        .filter_map(|(name, schema)| Some((name.clone(), discriminator(schema)?)))
        .collect();
    for (name, discriminator) in found {
        components[&name]["discriminator"] = discriminator;
        let reference = json!({"$ref": format!("#/components/schemas/{name}")});
        components
            .values_mut()
            .for_each(|component| unwrap_reference(component, &reference));
    }
}

/// Replaces the `allOf` of a reference by the reference: generators take `allOf` of a type with a discriminator for
/// inheritance.
fn unwrap_reference(schema: &mut Value, reference: &Value) {
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for property in properties.into_iter().flat_map(Map::values_mut) {
        if property["allOf"] == json!([reference]) {
            *property = reference.clone();
        }
    }
}

fn describe(operation: &Operation, schemas: &mut Schemas) -> Value {
    let types = operation.types(schemas);
    let mut described = json!({
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "security": security(types.access),
        "parameters": parameters(operation, &types, schemas),
        "responses": responses(operation, &types, schemas),
    });
    if let Some(schema) = &types.body {
        described["requestBody"] = json!({
            "required": true,
            "content": {"application/json": {"schema": schema, "examples": examples(operation.body)}},
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
        let (mut schema, example) = path_parameter(name, schemas);
        Portable.transform(&mut schema);
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
        _ => (taken.subschema_for::<String>(), json!("video-response.json")),
    }
}

/// Returns the parameters of a query from the schema of its struct: a property for each.
fn query_parameters(query: &Schema) -> Vec<Value> {
    let required = query.get("required").and_then(Value::as_array);
    let properties = query.get("properties").and_then(Value::as_object);
    let parameter = |(name, schema): (&String, &Value)| {
        let mut schema = Schema::try_from(schema.clone()).unwrap_or_default();
        Portable.transform(&mut schema);
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
    for ((status, body), (description, named)) in types.replies.iter().zip(&operation.replies) {
        let mut response = json!({"description": description, "headers": headers});
        if let Some((media_type, schema)) = body {
            response["content"] = json!({*media_type: {"schema": schema, "examples": examples(*named)}});
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
        let examples = json!({"gateway": {"value": {"message": description}}});
        let content = &mut response["content"];
        if content.is_null() {
            *content = json!({"application/json": {"schema": message, "examples": examples}});
        } else {
            // Generated clients read the body by one schema, whatever its media type.
            let either = json!({"anyOf": [content[MEDIA_TYPE]["schema"], message]});
            content[MEDIA_TYPE]["schema"] = either.clone();
            content["application/json"] = json!({"schema": either, "examples": examples});
        }
    }
    let responses = responses
        .into_iter()
        .map(|(status, response)| (status.to_string(), response));
    Value::Object(responses.collect())
}

/// Returns the examples of a media type.
fn examples(named: Option<Examples>) -> Map<String, Value> {
    let named = named.into_iter().flat_map(|named| named());
    named
        .map(|(name, value)| (name.to_owned(), json!({"value": value})))
        .collect()
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

/// Returns an example of every kind of problem.
pub fn example_problems() -> impl Iterator<Item = Value> {
    ProblemKind::iter().map(example_problem)
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
    use super::*;

    #[test]
    fn examples_are_valid() {
        let document = document();
        let mut seen = 0;
        check_examples(&document, &document, &mut seen);
        assert!(seen > 50, "{seen} examples");
    }

    #[test]
    fn integers_have_bounds_instead_of_formats() {
        assert!(!document().to_string().contains("\"format\":\"uint"));
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
