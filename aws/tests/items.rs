//! Generated items: the table reads every item that its published schema accepts, and refuses others without a panic.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use std::collections::HashMap;
use std::path::Path;

use aws::table::item::from_attributes;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use schema_strategies::{mutated, valid};
use serde_dynamo::AttributeValue;
use serde_json::{Value, json};

/// Returns the schema of an item, with a rule that it does not have: the id of a take is a UUID of version 7, in lower case.
/// Generators of types accept no pattern beside the format `uuid`.
fn schema() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/v1/response-item.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut schema: Value = serde_json::from_str(&text).unwrap();
    let take = "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$";
    for pointer in [
        "/$defs/Job/properties/Take",
        "/$defs/PendingUpload/properties/Take",
        "/$defs/Take/properties/Id",
    ] {
        let property = schema
            .pointer_mut(pointer)
            .unwrap_or_else(|| panic!("no {pointer}"));
        property["pattern"] = json!(take);
    }
    schema
}

/// Returns a value as DynamoDB stores it. DynamoDB writes a number without a fraction of zero.
fn stored(value: &Value) -> AttributeValue {
    match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(value) => AttributeValue::Bool(*value),
        Value::Number(number) => {
            let text = number.to_string();
            AttributeValue::N(text.strip_suffix(".0").unwrap_or(&text).to_owned())
        }
        Value::String(text) => AttributeValue::S(text.clone()),
        Value::Array(elements) => AttributeValue::L(elements.iter().map(stored).collect()),
        Value::Object(members) => AttributeValue::M(
            members
                .iter()
                .map(|(name, member)| (name.clone(), stored(member)))
                .collect(),
        ),
    }
}

/// Reads an item; `None` if the value is no object, which no item is.
fn read(value: &Value) -> Option<Result<model::Response, String>> {
    let members = value.as_object()?.iter();
    let attributes: HashMap<String, AttributeValue> = members
        .map(|(name, member)| (name.clone(), stored(member)))
        .collect();
    Some(from_attributes(attributes.into()).map_err(|error| format!("{error:?}")))
}

/// Runs a property with generated values.
fn run(values: &BoxedStrategy<Value>, property: impl Fn(Value) -> Result<(), TestCaseError>) {
    let config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    if let Err(error) = TestRunner::new(config).run(values, property) {
        panic!("{error}");
    }
}

#[test]
fn item_that_conforms_to_its_schema_is_read() {
    run(&valid(&schema()), |value| {
        let response = read(&value);
        prop_assert!(matches!(response, Some(Ok(_))), "{:?}", response);
        Ok(())
    });
}

#[test]
fn item_with_faults_causes_no_panic() {
    let refused = std::cell::Cell::new(0);
    run(&mutated(&schema()), |value| {
        if let Some(Err(_)) = read(&value) {
            refused.set(refused.get() + 1);
        }
        Ok(())
    });
    let cases = Config::default().cases;
    assert!(
        refused.get() > cases / 8,
        "only {} of {cases} items were refused",
        refused.get()
    );
}
