//! Compares two versions of the API's description (OpenAPI 3.1).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::breakage::{Audience, Breakage, Subject};
use crate::operation::{self, OperationChange};
use crate::schema::Unsupported;

const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// Keywords of a path that no operation inherits, and `parameters`, which all inherit.
const PATH_KEYWORDS: [&str; 3] = ["description", "parameters", "summary"];

/// An operation of a description.
pub struct Operation<'a> {
    /// The description.
    pub root: &'a Value,
    /// The members of the operation.
    pub members: &'a Map<String, Value>,
    /// The parameters of all operations of the path.
    pub path_parameters: &'a [Value],
}

impl Operation<'_> {
    fn id(&self, route: &str) -> String {
        let id = self.members.get("operationId").and_then(Value::as_str);
        id.unwrap_or(route).to_owned()
    }
}

/// Returns the changes that break clients of the API.
pub fn breakages(old: &Value, new: &Value) -> Result<Vec<Breakage>, Unsupported> {
    let (old, new) = (operations(old)?, operations(new)?);
    let mut found = Vec::new();
    for (route, before) in &old {
        let id = before.id(route);
        let changes = match new.get(route) {
            None => vec![OperationChange::of(
                Audience::Callers,
                "",
                "the operation is removed",
            )],
            Some(after) => {
                operation::changes(before, after).map_err(|error| Unsupported(format!("{route}: {error}")))?
            }
        };
        found.extend(changes.into_iter().map(|change| Breakage {
            subject: Subject::Operation {
                id: id.clone(),
                route: route.clone(),
                type_name: change.type_name,
            },
            audience: change.audience,
            place: change.place,
            text: change.text,
        }));
    }
    Ok(found)
}

/// Returns the number of operations of a description.
pub fn count(description: &Value) -> usize {
    operations(description).map_or(0, |operations| operations.len())
}

/// Returns the operations by their method and path.
fn operations(root: &Value) -> Result<BTreeMap<String, Operation<'_>>, Unsupported> {
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
            let operation = Operation {
                root,
                members,
                path_parameters: path_parameters.map_or(&[], Vec::as_slice),
            };
            operations.insert(format!("{} {path}", method.to_uppercase()), operation);
        }
    }
    Ok(operations)
}

/// Returns the error for a keyword of OpenAPI that the comparison does not know.
pub fn unknown(place: &str, keyword: &str) -> Unsupported {
    Unsupported(format!(
        "{place}: the comparison does not know the keyword `{keyword}`: add it to tools/compatibility, or describe the API without it"
    ))
}
