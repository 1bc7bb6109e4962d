//! Schemas without references and alternatives.

use serde_json::{Map, Value};

/// A schema without `$ref`, `allOf`, `anyOf`, `oneOf` and `const`, and without annotations. Schemas of its members may have
/// them.
pub type Flat = Map<String, Value>;

/// Keywords that do not restrict values.
const ANNOTATIONS: [&str; 14] = [
    "$comment",
    "$defs",
    "$id",
    "$schema",
    "contentEncoding",
    "contentMediaType",
    "default",
    "deprecated",
    "description",
    "examples",
    "readOnly",
    "title",
    "writeOnly",
    "discriminator",
];

/// Keywords of which a value must conform to all.
const ASSERTIONS: [&str; 17] = [
    "additionalProperties",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "pattern",
    "properties",
    "required",
    "type",
    "uniqueItems",
];

/// Returns the alternatives of a schema: a value conforms to the schema if it conforms to one of them.
pub fn alternatives(document: &Value, schema: &Value) -> Vec<Flat> {
    let schema = match schema {
        Value::Bool(true) => return vec![Flat::new()],
        Value::Object(schema) => schema,
        other => panic!("no value conforms to the schema {other}"),
    };
    let mut base = Flat::new();
    let mut groups: Vec<Vec<Flat>> = Vec::new();
    for (keyword, rule) in schema {
        match keyword.as_str() {
            "$ref" => groups.push(alternatives(document, target(document, rule))),
            "allOf" => groups.extend(list(rule).iter().map(|part| alternatives(document, part))),
            "anyOf" | "oneOf" => {
                let branches = list(rule).iter();
                groups.push(
                    branches
                        .flat_map(|branch| alternatives(document, branch))
                        .collect(),
                );
            }
            "const" => groups.push(vec![
                [("enum".to_owned(), Value::Array(vec![rule.clone()]))]
                    .into_iter()
                    .collect(),
            ]),
            name if ASSERTIONS.contains(&name) => {
                base.insert(keyword.clone(), rule.clone());
            }
            name if ANNOTATIONS.contains(&name) || name.starts_with("x-") => {}
            name => panic!("schema-strategies has no rule for the keyword {name}: add it"),
        }
    }
    groups.into_iter().fold(vec![base], |flats, group| {
        let pairs = flats
            .iter()
            .flat_map(|flat| group.iter().map(move |other| (flat, other)));
        pairs.filter_map(|(flat, other)| both(flat, other)).collect()
    })
}

/// Returns the definition that a reference names.
fn target<'a>(document: &'a Value, reference: &Value) -> &'a Value {
    let pointer = reference.as_str().and_then(|text| text.strip_prefix('#'));
    let target = pointer.and_then(|pointer| document.pointer(pointer));
    target.unwrap_or_else(|| panic!("the document has no {reference}"))
}

fn list(rule: &Value) -> &[Value] {
    rule.as_array().expect("a list of schemas")
}

/// Returns the schema of the values that conform to both; `None` if their types exclude each other.
fn both(one: &Flat, other: &Flat) -> Option<Flat> {
    let mut merged = one.clone();
    for (keyword, rule) in other {
        let rule = match merged.get(keyword) {
            None => rule.clone(),
            Some(same) if same == rule => rule.clone(),
            Some(first) => merge(keyword, first, rule)?,
        };
        merged.insert(keyword.clone(), rule);
    }
    Some(merged)
}

fn merge(keyword: &str, one: &Value, other: &Value) -> Option<Value> {
    let number = |value: &Value| value.as_f64().expect("a number");
    Some(match keyword {
        "properties" => {
            let mut merged = one.as_object().expect("properties").clone();
            for (name, schema) in other.as_object().expect("properties") {
                let both = merged
                    .get(name)
                    .map(|first| serde_json::json!({"allOf": [first, schema]}));
                merged.insert(name.clone(), both.unwrap_or_else(|| schema.clone()));
            }
            Value::Object(merged)
        }
        "required" => Value::Array([list(one), list(other)].concat()),
        "type" | "enum" => {
            let allowed = listed(other);
            let common: Vec<Value> = listed(one)
                .into_iter()
                .filter(|value| allowed.contains(value))
                .collect();
            if common.is_empty() {
                return None;
            }
            Value::Array(common)
        }
        "minimum" | "minLength" | "minItems" if number(one) >= number(other) => one.clone(),
        "maximum" | "maxLength" | "maxItems" if number(one) <= number(other) => one.clone(),
        "minimum" | "minLength" | "minItems" | "maximum" | "maxLength" | "maxItems" => other.clone(),
        "additionalProperties" if *one == Value::Bool(true) => other.clone(),
        "additionalProperties" if *other == Value::Bool(true) => one.clone(),
        _ => panic!("schema-strategies cannot merge {keyword}: {one} and {other}"),
    })
}

/// Returns a list as a list, and one value as a list of it.
pub fn listed(rule: &Value) -> Vec<Value> {
    rule.as_array().cloned().unwrap_or_else(|| vec![rule.clone()])
}
