//! Values that a schema accepts.

use proptest::prelude::*;
use proptest::strategy::Union;
use serde_json::{Map, Value, json};

use crate::flat::{Flat, alternatives, listed};
use crate::json::any_json;
use crate::number::{integers, numbers};
use crate::text::{odd_text, strings};

/// Generates the values of a schema in a document.
pub fn values(document: &Value, schema: &Value) -> BoxedStrategy<Value> {
    let alternatives = alternatives(document, schema);
    let strategies = alternatives.iter().map(|flat| of_flat(document, flat));
    Union::new(strategies).boxed()
}

fn of_flat(document: &Value, schema: &Flat) -> BoxedStrategy<Value> {
    if let Some(allowed) = schema.get("enum") {
        return proptest::sample::select(listed(allowed)).boxed();
    }
    let types = schema.get("type").map(listed);
    let types = types.unwrap_or_else(|| match schema.is_empty() {
        true => vec![json!("any")],
        false => panic!("schema-strategies needs the type of {schema:?}"),
    });
    let strategies = types.iter().map(|name| {
        let name = name.as_str().expect("the name of a type");
        // A value is more often useful than its absence.
        (
            if name == "null" { 1 } else { 4 },
            of_type(document, schema, name),
        )
    });
    Union::new_weighted(strategies.collect()).boxed()
}

fn of_type(document: &Value, schema: &Flat, name: &str) -> BoxedStrategy<Value> {
    match name {
        "any" => any_json(),
        "null" => Just(Value::Null).boxed(),
        "boolean" => any::<bool>().prop_map(Value::Bool).boxed(),
        "integer" => integers(schema),
        "number" => numbers(schema),
        "string" => strings(schema).prop_map(Value::String).boxed(),
        "array" => arrays(document, schema),
        "object" => objects(document, schema),
        other => panic!("schema-strategies has no rule for the type {other}"),
    }
}

fn arrays(document: &Value, schema: &Flat) -> BoxedStrategy<Value> {
    let length = |keyword: &str| {
        let bound = schema.get(keyword).and_then(Value::as_u64);
        bound.map(|bound| usize::try_from(bound).expect("a length"))
    };
    let items = schema
        .get("items")
        .map_or_else(any_json, |items| values(document, items));
    let min = length("minItems").unwrap_or(0);
    let max = length("maxItems").unwrap_or(usize::MAX).min(min + 3);
    let is_unique = schema.get("uniqueItems") == Some(&Value::Bool(true));
    proptest::collection::vec(items, min..=max)
        .prop_map(move |mut items| {
            if is_unique {
                let mut seen: Vec<Value> = Vec::new();
                items.retain(|item| {
                    let is_new = !seen.iter().any(|known| are_equal(known, item));
                    seen.push(item.clone());
                    is_new
                });
            }
            items
        })
        .prop_filter("too few different items", move |items| items.len() >= min)
        .prop_map(Value::Array)
        .boxed()
}

/// Returns whether two values are equal for `uniqueItems`: 1 equals 1.0.
fn are_equal(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

fn objects(document: &Value, schema: &Flat) -> BoxedStrategy<Value> {
    let empty = Map::new();
    let properties = schema
        .get("properties")
        .and_then(Value::as_object)
        .unwrap_or(&empty);
    let required = schema.get("required").map(listed).unwrap_or_default();
    let is_required = |name: &str| required.iter().any(|required| required == name);
    let unlisted = required
        .iter()
        .filter_map(Value::as_str)
        .find(|name| !properties.contains_key(*name));
    if let Some(name) = unlisted {
        panic!("schema-strategies needs the schema of the required member {name}");
    }
    let members: Vec<BoxedStrategy<Option<(String, Value)>>> = properties
        .iter()
        .map(|(name, schema)| {
            let (is_required, name) = (is_required(name), name.clone());
            let member = values(document, schema).prop_map(move |value| (name.clone(), value));
            if is_required {
                member.prop_map(Some).boxed()
            } else {
                proptest::option::weighted(0.6, member).boxed()
            }
        })
        .collect();
    let extra = match schema.get("additionalProperties") {
        None | Some(Value::Bool(true)) => Some(any_json()),
        Some(Value::Bool(false)) => None,
        Some(schema) => Some(values(document, schema)),
    };
    let listed: Vec<String> = properties.keys().cloned().collect();
    let extras = extra.map_or(Just(Vec::new()).boxed(), |value| {
        let some = proptest::collection::vec((odd_text(), value), 1..=3);
        prop_oneof![Just(Vec::new()), some].boxed()
    });
    (members, extras)
        .prop_map(move |(members, extras)| {
            let extras = extras.into_iter().filter(|(name, _)| !listed.contains(name));
            let members = members.into_iter().flatten();
            Value::Object(extras.chain(members).collect())
        })
        .boxed()
}
