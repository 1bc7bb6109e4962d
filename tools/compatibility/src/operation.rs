//! Compares two versions of an operation.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::breakage::{Audience, OperationChange};
use crate::change::{Direction, SchemaChange};
use crate::compare::breaking_changes;
use crate::description::{DescribedOperation, is_true, known, members};
use crate::schema::{ANY, Schema, Unsupported};
use crate::security;

/// Keywords of an operation that are compared, or restrict nothing.
const KEYWORDS: [&str; 10] = [
    "deprecated",
    "description",
    "externalDocs",
    "operationId",
    "parameters",
    "requestBody",
    "responses",
    "security",
    "summary",
    "tags",
];

/// How a parameter is written in a request. Any change breaks writers.
const SERIALIZATION: [&str; 3] = ["allowReserved", "explode", "style"];

type Changes = Result<Vec<OperationChange>, Unsupported>;

/// Returns the changes that break clients of the operation.
pub fn changes(old: &DescribedOperation<'_>, new: &DescribedOperation<'_>) -> Changes {
    for operation in [old, new] {
        known(operation.members, &KEYWORDS, "operation")?;
    }
    let mut changes = Vec::new();
    let id = |operation: &DescribedOperation<'_>| {
        operation.members.get("operationId").cloned().unwrap_or_default()
    };
    if id(old) != id(new) {
        let text = format!(
            "was {} and is {} now: generated clients rename its function",
            id(old),
            id(new)
        );
        changes.push(OperationChange::of(Audience::Callers, "operationId", &text));
    }
    changes.extend(security::changes(old, new));
    changes.extend(parameter_changes(old, new)?);
    changes.extend(body_changes(old, new)?);
    changes.extend(response_changes(old, new)?);
    Ok(changes)
}

fn parameter_changes(old: &DescribedOperation<'_>, new: &DescribedOperation<'_>) -> Changes {
    let (before, after) = (parameters(old)?, parameters(new)?);
    let mut changes = Vec::new();
    let mut report =
        |place: &str, text: &str| changes.push(OperationChange::of(Audience::Writers, place, text));
    for (place, parameter) in &after {
        let required = is_true(parameter, "required");
        match before.get(place) {
            None if required => report(place, "is new and required"),
            Some(earlier) if required && !is_true(earlier, "required") => report(place, "is required now"),
            _ => {}
        }
    }
    for (place, parameter) in &before {
        let Some(later) = after.get(place) else {
            report(place, "is removed");
            continue;
        };
        for keyword in SERIALIZATION
            .iter()
            .filter(|keyword| parameter.get(**keyword) != later.get(**keyword))
        {
            report(place, &format!("has another `{keyword}`"));
        }
    }
    for (place, parameter) in &before {
        if let Some(later) = after.get(place) {
            changes.extend(schema_changes(
                Direction::Taken,
                place,
                (old.root, parameter),
                (new.root, later),
            )?);
        }
    }
    Ok(changes)
}

/// Returns the parameters of an operation, by a name such as `query parameter limit`.
fn parameters<'a>(
    operation: &DescribedOperation<'a>,
) -> Result<BTreeMap<String, &'a Map<String, Value>>, Unsupported> {
    let own = operation.members.get("parameters").and_then(Value::as_array);
    let mut parameters = BTreeMap::new();
    for parameter in operation.path_parameters.iter().chain(own.into_iter().flatten()) {
        let members = members(operation.root, parameter)?;
        let text = |keyword: &str| members.get(keyword).and_then(Value::as_str).unwrap_or_default();
        let place = format!("{} parameter {}", text("in"), text("name"));
        let content = [
            "deprecated",
            "description",
            "example",
            "examples",
            "in",
            "name",
            "required",
            "schema",
        ];
        known(members, &[&content[..], &SERIALIZATION[..]].concat(), &place)?;
        parameters.insert(place, members);
    }
    Ok(parameters)
}

fn body_changes(old: &DescribedOperation<'_>, new: &DescribedOperation<'_>) -> Changes {
    let body = |operation: &DescribedOperation<'_>| operation.members.get("requestBody").cloned();
    let place = "request body";
    let report = |text: &str| Ok(vec![OperationChange::of(Audience::Writers, place, text)]);
    match (body(old), body(new)) {
        (None, None) => Ok(Vec::new()),
        (Some(_), None) => report("is removed"),
        (None, Some(new_body)) => match is_true(members(new.root, &new_body)?, "required") {
            true => report("is new and required"),
            false => Ok(Vec::new()),
        },
        (Some(old_body), Some(new_body)) => {
            let (before, after) = (members(old.root, &old_body)?, members(new.root, &new_body)?);
            for side in [before, after] {
                known(side, &["content", "description", "required"], place)?;
            }
            let mut changes = Vec::new();
            if is_true(after, "required") && !is_true(before, "required") {
                changes.extend(report("is required now")?);
            }
            changes.extend(content_changes(
                Direction::Taken,
                place,
                (old.root, before),
                (new.root, after),
            )?);
            Ok(changes)
        }
    }
}

fn response_changes(old: &DescribedOperation<'_>, new: &DescribedOperation<'_>) -> Changes {
    let after = responses(new)?;
    let mut changes = Vec::new();
    for (status, response) in responses(old)? {
        let place = format!("response {status}");
        let Some(later) = after.get(&status) else {
            changes.push(OperationChange::of(Audience::Readers, &place, "is removed"));
            continue;
        };
        let (before, later) = ((old.root, response), (new.root, *later));
        changes.extend(header_changes(&place, before, later)?);
        if status.starts_with('2') {
            changes.extend(new_media_types(&place, response, later.1));
        }
        changes.extend(content_changes(Direction::Sent, &place, before, later)?);
    }
    Ok(changes)
}

fn responses<'a>(
    operation: &DescribedOperation<'a>,
) -> Result<BTreeMap<String, &'a Map<String, Value>>, Unsupported> {
    let all = operation.members.get("responses").and_then(Value::as_object);
    let mut responses = BTreeMap::new();
    for (status, response) in all.into_iter().flatten() {
        let response = members(operation.root, response)?;
        known(response, &["content", "description", "headers"], status)?;
        responses.insert(status.clone(), response);
    }
    Ok(responses)
}

/// A part of a description, with the description in which its references are resolved.
type Part<'a> = (&'a Value, &'a Map<String, Value>);

fn header_changes(place: &str, old: Part<'_>, new: Part<'_>) -> Changes {
    let (before, after) = (headers(old)?, headers(new)?);
    let mut changes = Vec::new();
    for (name, header) in before {
        let place = format!("{place}, header {name}");
        let mut report = |text: &str| changes.push(OperationChange::of(Audience::Readers, &place, text));
        let Some(later) = after.get(&name) else {
            report("is removed");
            continue;
        };
        if is_true(header, "required") && !is_true(later, "required") {
            report("was always present and may be missing now");
        }
        changes.extend(schema_changes(
            Direction::Sent,
            &place,
            (old.0, header),
            (new.0, later),
        )?);
    }
    Ok(changes)
}

/// Returns the headers of a response, by their names in lower case.
fn headers<'a>((root, response): Part<'a>) -> Result<BTreeMap<String, &'a Map<String, Value>>, Unsupported> {
    let all = response.get("headers").and_then(Value::as_object);
    let mut headers = BTreeMap::new();
    for (name, header) in all.into_iter().flatten() {
        let header = members(root, header)?;
        known(
            header,
            &[
                "deprecated",
                "description",
                "example",
                "examples",
                "required",
                "schema",
            ],
            name,
        )?;
        headers.insert(name.to_lowercase(), header);
    }
    Ok(headers)
}

/// Reports media types that a successful response may have now, in place of those that readers know.
fn new_media_types(place: &str, old: &Map<String, Value>, new: &Map<String, Value>) -> Vec<OperationChange> {
    let before = content(old);
    let added = content(new)
        .into_keys()
        .filter(|media_type| !before.is_empty() && !before.contains_key(media_type));
    added
        .map(|media_type| OperationChange::of(Audience::Readers, place, &format!("may be {media_type} now")))
        .collect()
}

fn content_changes(direction: Direction, place: &str, old: Part<'_>, new: Part<'_>) -> Changes {
    let after = content(new.1);
    let mut changes = Vec::new();
    for (media_type, body) in content(old.1) {
        let Some(later) = after.get(media_type.as_str()) else {
            let text = format!("is not {media_type} any more");
            changes.push(OperationChange::of(direction.into(), place, &text));
            continue;
        };
        let known_keywords = ["example", "examples", "schema"];
        let (before, later) = (members(old.0, body)?, members(new.0, later)?);
        for side in [before, later] {
            known(side, &known_keywords, place)?;
        }
        changes.extend(schema_changes(direction, place, (old.0, before), (new.0, later))?);
    }
    Ok(changes)
}

fn content(part: &Map<String, Value>) -> BTreeMap<String, &Value> {
    let content = part.get("content").and_then(Value::as_object);
    content
        .into_iter()
        .flatten()
        .map(|(media_type, body)| (media_type.to_lowercase(), body))
        .collect()
}

/// Compares the `schema` of two parts.
fn schema_changes(direction: Direction, place: &str, old: Part<'_>, new: Part<'_>) -> Changes {
    let found = breaking_changes(direction, schema_of(old), schema_of(new));
    let found = found.map_err(|error| Unsupported(format!("{place}: {error}")))?;
    let change = |change: SchemaChange| {
        let in_type = change.place.type_name.is_some();
        let path = if in_type {
            &change.place.path_in_type
        } else {
            &change.place.path
        };
        let place = match (in_type, path.as_str()) {
            (true, path) => path.to_owned(),
            (false, "") => place.to_owned(),
            (false, path) => format!("{place}, {path}"),
        };
        OperationChange {
            audience: direction.into(),
            type_name: change.place.type_name,
            place,
            text: change.text,
        }
    };
    Ok(found.into_iter().map(change).collect())
}

fn schema_of((root, members): Part<'_>) -> Schema<'_> {
    Schema {
        root,
        node: members.get("schema").unwrap_or(&ANY),
    }
}
