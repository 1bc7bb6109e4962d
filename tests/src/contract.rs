//! Checks every answer of the API against its published description. The test panics if the operation, status, media
//! type or body is not described.

use serde_json::{Value, json};

use crate::http::Answer;
use crate::stack::repository;

/// Each described GET also has a HEAD with the same headers and no body.
const HEAD: &str = "HEAD";

/// Returns the published description, `schemas/openapi.json`.
#[track_caller]
pub fn document() -> Value {
    let text = std::fs::read_to_string(repository().join("schemas/openapi.json"));
    serde_json::from_str(&text.expect("schemas/openapi.json exists: `make schemas` writes it")).expect("JSON")
}

/// Panics unless the description contains this answer. The gateway itself answers requests for undescribed paths.
#[track_caller]
pub fn check(method: &str, path: &str, answer: &Answer) {
    let document = document();
    let what = format!("{method} {path}: {}", answer.status);
    let Some(item) = path_item(&document, path) else {
        return;
    };
    let described = if method == HEAD {
        "get"
    } else {
        &method.to_lowercase()
    };
    let Some(operation) = item.get(described) else {
        assert_eq!(
            answer.status, 404,
            "{what}: an undescribed path must have no route"
        );
        return;
    };
    let described = &operation["responses"][answer.status.to_string()];
    assert!(
        described.is_object(),
        "{what} is not described: {}",
        answer.text()
    );
    if method == HEAD {
        assert_eq!(answer.body, b"", "{what} must have no body");
        return;
    }
    let Some(content) = described.get("content") else {
        assert_eq!(answer.text(), "", "{what} must have no body");
        return;
    };
    let media_type = answer.header("content-type").unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default();
    let described = &content[essence];
    assert!(
        described.is_object(),
        "{what}: {media_type:?} is not described: {}",
        answer.text()
    );
    let schema = json!({"components": document["components"], "allOf": [described["schema"]]});
    let validator = jsonschema::options().should_validate_formats(true).build(&schema);
    let validator = validator.unwrap_or_else(|error| panic!("{what}: {error}"));
    let body = answer.json();
    let errors: Vec<String> = validator
        .iter_errors(&body)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{what}: {errors:#?}: {body:#}");
    // The description allows null, which counts as absent; the API never sends it.
    assert!(!has_null(&body), "{what} contains null: {body:#}");
    let by_function = essence == "application/problem+json" || answer.status < 400;
    assert_eq!(
        answer.header("x-request-id").is_some(),
        by_function,
        "{what}: the answer must contain the request's id"
    );
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(members) => members.values().any(has_null),
        _ => false,
    }
}

/// Returns the description of a path that occurs in a request.
fn path_item<'a>(document: &'a Value, path: &str) -> Option<&'a Value> {
    let path = path.split('?').next().unwrap_or_default();
    let segments: Vec<&str> = path.split('/').collect();
    let fits = |template: &str| {
        let template: Vec<&str> = template.split('/').collect();
        let fits =
            |(wanted, has): (&&str, &&str)| wanted.starts_with('{') && !has.is_empty() || wanted == has;
        template.len() == segments.len() && template.iter().zip(&segments).all(fits)
    };
    let paths = document["paths"].as_object().expect("paths");
    paths
        .iter()
        .find(|(template, _)| fits(template))
        .map(|(_, item)| item)
}
