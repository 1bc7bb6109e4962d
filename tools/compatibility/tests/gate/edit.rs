//! Edits of a JSON document.

use serde::Deserialize;
use serde_json::Value;

/// An edit at a JSON pointer: sets the value there, or removes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    at: String,
    value: Option<Value>,
}

impl Edit {
    /// Sets a value. The value around it must exist.
    pub fn set(at: &str, value: Value) -> Self {
        Self {
            at: at.to_owned(),
            value: Some(value),
        }
    }

    /// Removes an existing value.
    pub fn remove(at: &str) -> Self {
        Self {
            at: at.to_owned(),
            value: None,
        }
    }
}

/// Returns the edited document.
pub fn applied(document: &Value, edits: &[Edit]) -> Value {
    let mut edited = document.clone();
    for edit in edits {
        let (parent, name) = edit.at.rsplit_once('/').unwrap();
        let name = name.replace("~1", "/").replace("~0", "~");
        let parent = edited
            .pointer_mut(parent)
            .unwrap_or_else(|| panic!("{} does not exist", edit.at));
        match (parent, &edit.value) {
            (Value::Object(members), Some(value)) => {
                members.insert(name, value.clone());
            }
            (Value::Object(members), None) => {
                assert!(members.remove(&name).is_some(), "{} does not exist", edit.at)
            }
            (Value::Array(items), Some(value)) => items[name.parse::<usize>().unwrap()] = value.clone(),
            (Value::Array(items), None) => drop(items.remove(name.parse().unwrap())),
            (other, _) => panic!("{} is inside {other}", edit.at),
        }
    }
    edited
}
