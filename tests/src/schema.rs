//! The published schemas, as a program that relies on them uses them.

use std::fs;

use jsonschema::Validator;
use serde_json::Value;

use crate::stack::repository;

/// Returns a document of `schemas/v1`.
#[track_caller]
pub fn document(name: &str) -> Value {
    let path = repository().join("schemas/v1").join(name);
    let text = fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; run `make schemas`", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the validator of a document of `schemas/v1`, which checks formats too.
#[track_caller]
pub fn validator(name: &str) -> Validator {
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&document(name));
    validator.unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Panics unless a value conforms to a document of `schemas/v1`, including formats.
#[track_caller]
pub fn check(name: &str, value: &Value) {
    let errors: Vec<String> = validator(name)
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(
        errors.is_empty(),
        "does not conform to {name}: {errors:#?}: {value:#}"
    );
}
