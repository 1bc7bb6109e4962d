//! Whether single values are valid.

use serde_json::{Map, Value};

use crate::schema::{Schema, Unsupported};

/// Returns the values that a schema refuses.
pub fn refused(values: &[Value], schema: Schema<'_>) -> Result<Vec<Value>, Unsupported> {
    let Value::Object(members) = schema.node else {
        let refuses = schema.node == &Value::Bool(false);
        return Ok(if refuses { values.to_vec() } else { Vec::new() });
    };
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&with_definitions(members, schema.root))
        .map_err(|error| Unsupported(error.to_string()))?;
    Ok(values
        .iter()
        .filter(|value| !validator.is_valid(value))
        .cloned()
        .collect())
}

/// Returns a schema as a document that has the types to which its references lead.
fn with_definitions(members: &Map<String, Value>, root: &Value) -> Value {
    let mut document = members.clone();
    document.remove("$id");
    for definitions in ["$defs", "components"] {
        if let Some(types) = root.get(definitions) {
            document.insert(definitions.to_owned(), types.clone());
        }
    }
    Value::Object(document)
}
