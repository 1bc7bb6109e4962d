//! The values that the examples of a schema have for its definitions.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// The maximum number of examples of a definition.
const MAX_EXAMPLES: usize = 3;

/// Collects example values of definitions.
pub struct ExampleValues {
    definitions: Map<String, Value>,
    /// What was collected.
    pub found: Found,
}

/// Values by the name of their definition.
pub type Found = BTreeMap<String, Vec<Value>>;

impl ExampleValues {
    /// No values yet of the definitions in `$defs`.
    pub fn new(definitions: Option<&Value>) -> Self {
        Self {
            definitions: definitions
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default(),
            found: BTreeMap::new(),
        }
    }

    /// Collects the values in an instance of a schema.
    pub fn collect(&mut self, schema: &Value, instance: &Value) {
        if let Some(name) = schema["$ref"]
            .as_str()
            .and_then(|path| path.strip_prefix("#/$defs/"))
        {
            let values = self.found.entry(name.to_owned()).or_default();
            if values.len() < MAX_EXAMPLES && !values.contains(instance) {
                values.push(instance.clone());
            }
            let definition = self.definitions.get(name).cloned().unwrap_or_default();
            self.collect(&definition, instance);
        }
        for choice in ["allOf", "anyOf", "oneOf"] {
            let branches = schema[choice].as_array().into_iter().flatten();
            let branches: Vec<&Value> = branches.filter(|branch| branch["type"] != "null").collect();
            for branch in &branches {
                if !instance.is_null() && (branches.len() == 1 || self.is_valid(branch, instance)) {
                    self.collect(branch, instance);
                }
            }
        }
        for item in instance.as_array().into_iter().flatten() {
            self.collect(&schema["items"], item);
        }
        for (name, member) in instance.as_object().into_iter().flatten() {
            let property = schema["properties"].get(name);
            self.collect(property.unwrap_or(&schema["additionalProperties"]), member);
        }
    }

    fn is_valid(&self, schema: &Value, instance: &Value) -> bool {
        jsonschema::is_valid(&json!({"$defs": self.definitions, "allOf": [schema]}), instance)
    }
}
