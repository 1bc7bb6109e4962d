//! Property test of a body's parser: it accepts a body exactly if the published schema does.

use jsonschema::Validator;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use schema_strategies::{mutated, valid};
use serde_json::Value;

use crate::problem::Problem;

/// Panics if a parser and a document of `schemas/v1` disagree on a generated body.
#[track_caller]
pub fn check_agreement(name: &str, parse: impl Fn(&[u8]) -> Result<(), Problem>) {
    let path = format!("{}/../schemas/v1/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let document: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&document)
        .unwrap();
    let config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    for bodies in [valid(&document), mutated(&document)] {
        let check = |body: Value| check_body(&validator, &parse, &body);
        let outcome = TestRunner::new(config.clone()).run(&bodies, check);
        outcome.unwrap_or_else(|error| panic!("{error}"));
    }
}

fn check_body(
    validator: &Validator,
    parse: impl Fn(&[u8]) -> Result<(), Problem>,
    body: &Value,
) -> Result<(), TestCaseError> {
    let parsed = parse(body.to_string().as_bytes());
    let normalized = normalized(body);
    let valid = validator.validate(&normalized);
    if parsed.is_ok() == valid.is_ok() {
        return Ok(());
    }
    Err(TestCaseError::fail(format!(
        "the parser says {parsed:?}, the schema says {:?}",
        valid.map_err(|error| error.to_string())
    )))
}

/// Writes the texts as the API reads them: the schema describes them without spaces around them, a media type in lower case.
fn normalized(body: &Value) -> Value {
    let mut body = body.clone();
    for name in ["email", "content_type"] {
        if let Some(Value::String(text)) = body.get_mut(name) {
            *text = text.trim().to_owned();
            if name == "content_type" {
                *text = text.to_lowercase();
            }
        }
    }
    body
}
