//! Values generated from the published schemas: the validator accepts each valid one, and refuses many of those with faults.

use std::fs;
use std::path::Path;

use jsonschema::Validator;
use proptest::strategy::{BoxedStrategy, Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use schema_strategies::{mutated, valid};
use serde_json::{Value, json};

fn validator(schema: &Value) -> Validator {
    jsonschema::options()
        .should_validate_formats(true)
        .build(schema)
        .unwrap()
}

fn generated(values: &BoxedStrategy<Value>, count: usize) -> Vec<Value> {
    let mut runner = TestRunner::deterministic();
    std::iter::repeat_with(|| values.new_tree(&mut runner).unwrap().current())
        .take(count)
        .collect()
}

/// Returns the published documents with their names.
fn documents() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/v1");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files
        .filter(|path| !path.ends_with("index.json"))
        .map(|path| {
            let document = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            (path.display().to_string(), document)
        })
        .collect()
}

#[test]
fn generated_values_conform_to_the_published_schemas() {
    let documents = documents();
    assert!(documents.len() > 5, "{} documents", documents.len());
    for (name, document) in documents {
        let validator = validator(&document);
        for value in generated(&valid(&document), 200) {
            if let Err(error) = validator.validate(&value) {
                panic!("{name}{}: {error}: {value:#}", error.instance_path());
            }
        }
        let faulty = generated(&mutated(&document), 200);
        let refused = faulty.iter().filter(|value| !validator.is_valid(value)).count();
        assert!(refused > 60, "{name}: {refused} of 200 faults are refused");
    }
}

/// Checks that for each property of the values there is a generated one.
#[track_caller]
fn check_variety(schema: &Value, properties: &[fn(&Value) -> bool]) {
    let validator = validator(schema);
    let values = generated(&valid(schema), 1000);
    for value in &values {
        assert!(validator.is_valid(value), "{value} does not conform to {schema}");
    }
    for (index, property) in properties.iter().enumerate() {
        assert!(
            values.iter().any(property),
            "no value has property {index} of {schema}"
        );
    }
}

#[test]
fn members_are_present_absent_null_and_new() {
    let open = json!({
        "type": "object", "required": ["a"],
        "properties": {"a": {"type": "string"}, "b": {"type": ["integer", "null"]}},
    });
    check_variety(
        &open,
        &[
            |value| value.get("b").is_none(),
            |value| value["b"].is_null() && value.get("b").is_some(),
            |value| value["b"].is_number(),
            |value| value.as_object().unwrap().len() > 2,
        ],
    );
    let mut closed = open;
    closed["additionalProperties"] = json!(false);
    check_variety(&closed, &[]);
}

#[test]
fn every_alternative_is_generated() {
    let schema = json!({
        "$defs": {"B": {"type": "object", "required": ["x"], "properties": {"kind": {"const": "b"}, "x": {"type": "boolean"}}}},
        "type": "object", "required": ["kind"], "properties": {"kind": {"enum": ["a", "b"]}},
        "oneOf": [{"properties": {"kind": {"const": "a"}}}, {"$ref": "#/$defs/B", "description": "b"}],
    });
    check_variety(
        &schema,
        &[
            |value| value["kind"] == "a",
            |value| value["kind"] == "b" && value["x"].is_boolean(),
        ],
    );
}

#[test]
fn bounds_are_generated() {
    let integers = json!({"type": "integer", "minimum": 3, "maximum": 9_007_199_254_740_991_u64});
    check_variety(
        &integers,
        &[
            |value| *value == json!(3),
            |value| *value == json!(9_007_199_254_740_991_u64),
            |value| value.as_u64().is_none(),
            |value| value.as_u64().is_some_and(|integer| (4..100).contains(&integer)),
        ],
    );
    let texts = json!({"type": "string", "minLength": 2, "maxLength": 254});
    check_variety(
        &texts,
        &[
            |value| value.as_str().unwrap().chars().count() == 2,
            |value| value.as_str().unwrap().chars().count() == 254,
            |value| !value.as_str().unwrap().is_ascii(),
            |value| value.as_str().unwrap().contains(char::is_control),
        ],
    );
    let lists = json!({"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 2, "uniqueItems": true});
    check_variety(
        &lists,
        &[
            |value| value.as_array().unwrap().len() == 1,
            |value| value.as_array().unwrap().len() == 2,
        ],
    );
}

#[test]
fn patterns_are_matched_with_and_without_anchors() {
    check_variety(
        &json!({"type": "string", "pattern": "^(s3:)?Object(Created|Removed):"}),
        &[
            |value| value.as_str().unwrap().starts_with("s3:"),
            |value| value.as_str().unwrap().ends_with(':'),
            |value| !value.as_str().unwrap().ends_with(':'),
        ],
    );
    check_variety(&json!({"type": "string", "pattern": "^[a-z]{3}$"}), &[]);
}

#[test]
#[should_panic(expected = "no rule for the keyword propertyNames")]
fn unknown_keyword_is_named() {
    drop(valid(
        &json!({"type": "object", "propertyNames": {"maxLength": 3}}),
    ));
}

#[test]
#[should_panic(expected = "no rule for the format hostname")]
fn unknown_format_is_named() {
    drop(valid(&json!({"type": "string", "format": "hostname"})));
}
