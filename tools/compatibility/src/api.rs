//! Compares two versions of the API's description (OpenAPI 3.1).

use serde_json::Value;

use crate::breakage::{Audience, Breakage, BrokenItem, OperationChange};
use crate::description::operations;
use crate::operation;
use crate::schema::Unsupported;

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
            subject: BrokenItem::Operation {
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
