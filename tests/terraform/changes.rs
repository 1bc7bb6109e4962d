//! Differences between two plans of a stage.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Returns the managed resources of a plan by their addresses, without the prefix that all of them have.
fn resources(plan: &Value) -> BTreeMap<&str, &Value> {
    let changes = plan["resource_changes"].as_array().into_iter().flatten();
    changes
        .filter(|change| change["mode"] == "managed")
        .filter_map(|change| Some((short(change["address"].as_str()?), &change["change"])))
        .collect()
}

/// Removes the prefix of an address in the stage's only module.
pub fn short(address: &str) -> &str {
    address.strip_prefix("module.service.module.").unwrap_or(address)
}

/// Returns the addresses that a plan changes.
pub fn changed(plan: &Value) -> BTreeSet<&str> {
    let resources = resources(plan).into_iter();
    resources
        .filter(|(_, change)| change["actions"] != serde_json::json!(["no-op"]))
        .map(|(address, _)| address)
        .collect()
}

/// Returns each attribute that the second plan sets otherwise than the first, as `ADDRESS ATTRIBUTE`, with its new value.
/// A resource that only one of the plans has is `ADDRESS created` or `ADDRESS deleted`.
pub fn differences(first: &Value, second: &Value) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let (first, second) = (resources(first), resources(second));
    for (address, change) in &second {
        let is_deleted = |change: &Value| change["after"].is_null();
        match first.get(address) {
            None => _ = found.insert(format!("{address} created"), change["after"].to_string()),
            Some(base) if is_deleted(change) && !is_deleted(base) => {
                found.insert(format!("{address} deleted"), String::new());
            }
            Some(base) => compare(address, &planned(base), &planned(change), &mut found),
        }
    }
    for address in first.keys().filter(|address| !second.contains_key(*address)) {
        found.insert(format!("{address} deleted"), String::new());
    }
    found
}

/// Returns the planned attributes, with a text for each that only the apply determines.
fn planned(change: &Value) -> Value {
    fn merge(known: &Value, unknown: &Value) -> Value {
        match (known, unknown) {
            (_, Value::Bool(true)) => "(known after apply)".into(),
            (Value::Object(known), Value::Object(unknown)) => {
                let names: BTreeSet<&String> = known.keys().chain(unknown.keys()).collect();
                let value = |name: &String| {
                    (
                        name.clone(),
                        merge(&known_or_null(known.get(name)), &known_or_null(unknown.get(name))),
                    )
                };
                Value::Object(names.into_iter().map(value).collect())
            }
            (Value::Array(known), Value::Array(unknown)) if known.len() == unknown.len() => known
                .iter()
                .zip(unknown)
                .map(|(known, unknown)| merge(known, unknown))
                .collect(),
            (known, _) => known.clone(),
        }
    }
    fn known_or_null(value: Option<&Value>) -> Value {
        value.cloned().unwrap_or(Value::Null)
    }
    merge(&change["after"], &change["after_unknown"])
}

fn compare(path: &str, first: &Value, second: &Value, found: &mut BTreeMap<String, String>) {
    let separator = if path.contains(' ') { '.' } else { ' ' };
    match (first, second) {
        (Value::Object(first), Value::Object(second)) => {
            for name in first.keys().chain(second.keys()).collect::<BTreeSet<_>>() {
                let none = Value::Null;
                let values = (
                    first.get(name).unwrap_or(&none),
                    second.get(name).unwrap_or(&none),
                );
                compare(&format!("{path}{separator}{name}"), values.0, values.1, found);
            }
        }
        // Nested blocks of the same number; other lists are one value.
        (Value::Array(first), Value::Array(second))
            if first.len() == second.len() && first.iter().chain(second).all(Value::is_object) =>
        {
            for (index, (first, second)) in first.iter().zip(second).enumerate() {
                compare(&format!("{path}{separator}{index}"), first, second, found);
            }
        }
        _ if first == second => {}
        _ => {
            let text = second.as_str().map_or_else(|| second.to_string(), str::to_owned);
            found.insert(path.to_owned(), text);
        }
    }
}
