//! The parts of the API's description (OpenAPI 3.1).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::schema::{Unsupported, resolve};

const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// Keywords of a path that no operation inherits, and `parameters`, which all inherit.
const PATH_KEYWORDS: [&str; 3] = ["description", "parameters", "summary"];

/// An operation of a description.
pub struct DescribedOperation<'a> {
    /// The description.
    pub root: &'a Value,
    /// The members of the operation.
    pub members: &'a Map<String, Value>,
    /// The parameters of all operations of the path.
    pub path_parameters: &'a [Value],
}

impl DescribedOperation<'_> {
    /// Returns the operation's id, or else its route.
    pub fn id(&self, route: &str) -> String {
        let id = self.members.get("operationId").and_then(Value::as_str);
        id.unwrap_or(route).to_owned()
    }
}

/// Returns the operations by their method and path.
pub fn operations(root: &Value) -> Result<BTreeMap<String, DescribedOperation<'_>>, Unsupported> {
    let mut operations = BTreeMap::new();
    for (path, item) in root.get("paths").and_then(Value::as_object).into_iter().flatten() {
        let path_parameters = item.get("parameters").and_then(Value::as_array);
        for (method, operation) in item.as_object().into_iter().flatten() {
            if PATH_KEYWORDS.contains(&method.as_str()) {
                continue;
            }
            let members = operation
                .as_object()
                .filter(|_| METHODS.contains(&method.as_str()));
            let members = members.ok_or_else(|| unknown(path, method))?;
            let operation = DescribedOperation {
                root,
                members,
                path_parameters: path_parameters.map_or(&[], Vec::as_slice),
            };
            operations.insert(format!("{} {path}", method.to_uppercase()), operation);
        }
    }
    Ok(operations)
}

/// Returns the members of an object, or those of the object to which it refers.
pub fn members<'a>(root: &'a Value, node: &'a Value) -> Result<&'a Map<String, Value>, Unsupported> {
    let target = match node.get("$ref") {
        Some(reference) => resolve(root, reference)?.1,
        None => node,
    };
    target
        .as_object()
        .ok_or_else(|| Unsupported(format!("{target} is not an object")))
}

/// Returns whether a keyword is true; absent is false.
pub fn is_true(members: &Map<String, Value>, keyword: &str) -> bool {
    members.get(keyword) == Some(&Value::Bool(true))
}

/// Fails for a keyword that the comparison does not know.
pub fn known(members: &Map<String, Value>, keywords: &[&str], place: &str) -> Result<(), Unsupported> {
    let other = members
        .keys()
        .find(|name| !keywords.contains(&name.as_str()) && !name.starts_with("x-"));
    other.map_or(Ok(()), |name| Err(unknown(place, name)))
}

/// Returns the error for a keyword of OpenAPI that the comparison does not know.
fn unknown(place: &str, keyword: &str) -> Unsupported {
    Unsupported(format!(
        "{place}: the comparison does not know the keyword `{keyword}`: add it to tools/compatibility, or describe the API without it"
    ))
}
