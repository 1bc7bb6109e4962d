//! Members that AWS may add, and members without which a message is refused.

use serde_json::{Value, json};
use tests::messages::parser;
use tests::schema;

use crate::{payloads, value};

/// Adds a member to every object of a value, except to the texts of a job's metadata if the member is no text.
fn with_new_members(value: &mut Value, new: &Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                if new.is_string() || name != "userMetadata" {
                    with_new_members(member, new);
                }
            }
            members.insert("newMember".to_owned(), new.clone());
        }
        Value::Array(elements) => elements
            .iter_mut()
            .for_each(|element| with_new_members(element, new)),
        _ => {}
    }
}

#[test]
fn new_members_are_ignored() {
    for (document, name) in payloads() {
        let outcome = parser(document)(&value(name).to_string());
        for new in [
            json!("new"),
            json!(1),
            json!(null),
            json!({"nested": [1]}),
            json!([{}]),
        ] {
            let mut message = value(name);
            with_new_members(&mut message, &new);
            schema::check(&format!("{document}.json"), &message);
            assert_eq!(
                parser(document)(&message.to_string()),
                outcome,
                "{name} with {new}"
            );
        }
    }
}

/// A member that a schema requires: the pointer to its object, its name, and its path in an error.
struct Required {
    object: String,
    name: String,
    path: String,
}

/// Lists the members of a value that a schema requires.
fn list_required(
    document: &Value,
    schema: &Value,
    value: &Value,
    at: (&str, &str),
    found: &mut Vec<Required>,
) {
    let (pointer, path) = at;
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let target = document.pointer(reference.trim_start_matches('#')).unwrap();
        list_required(document, target, value, at, found);
    }
    for branch in schema
        .get("anyOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        list_required(document, branch, value, at, found);
    }
    if let (Some(items), Value::Array(elements)) = (schema.get("items"), value) {
        for (index, element) in elements.iter().enumerate() {
            let at = (&*format!("{pointer}/{index}"), &*format!("{path}[{index}]"));
            list_required(document, items, element, at, found);
        }
    }
    let inside = |name: &str| match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    for name in schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let name = name.as_str().unwrap();
        assert!(value.get(name).is_some(), "{path} has {name}");
        found.push(Required {
            object: pointer.to_owned(),
            name: name.to_owned(),
            path: inside(name),
        });
    }
    for (name, schema) in schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        if let Some(member) = value.get(name) {
            let at = (&*format!("{pointer}/{name}"), &*inside(name));
            list_required(document, schema, member, at, found);
        }
    }
}

#[test]
fn missing_member_is_named_by_its_path() {
    let mut removed = 0;
    for (document, name) in payloads() {
        let schema = schema::document(&format!("{document}.json"));
        let validator = schema::validator(&format!("{document}.json"));
        let mut required = Vec::new();
        list_required(&schema, &schema, &value(name), ("", ""), &mut required);
        assert!(!required.is_empty(), "{document} requires members");
        for Required {
            object,
            name: member,
            path,
        } in required
        {
            let mut message = value(name);
            let members = message
                .pointer_mut(&object)
                .and_then(Value::as_object_mut)
                .unwrap();
            members.remove(&member).unwrap();
            assert!(!validator.is_valid(&message), "{name} without {path}");
            let error = parser(document)(&message.to_string()).unwrap_err();
            // Without the member by which it is known, a message is of no shape.
            let is_unknown = object.is_empty() && error.contains(&format!("with {member}"));
            let is_missing = error.contains(&format!(": {path}: missing field"))
                || error.starts_with(&format!("{path}: missing field"));
            assert!(is_unknown || is_missing, "{name} without {path}: {error}");
            removed += 1;
        }
    }
    assert!(removed > 100, "{removed} members were removed");
}
