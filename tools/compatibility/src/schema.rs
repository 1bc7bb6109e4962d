//! A schema as a list of alternatives, without references and combinators.

use serde_json::{Map, Value, json};

/// A part of a schema that the comparison does not understand.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unsupported(pub String);

/// Keywords that restrict a value and that [`crate::compare`] compares.
const ASSERTIONS: [&str; 18] = [
    "additionalProperties",
    "const",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "pattern",
    "properties",
    "required",
    "type",
    "uniqueItems",
];

/// Keywords that [`alternatives`] resolves.
const COMBINATORS: [&str; 4] = ["$ref", "allOf", "anyOf", "oneOf"];

/// Keywords that restrict nothing. `default` is compared where we take a value.
const ANNOTATIONS: [&str; 12] = [
    "$comment",
    "$defs",
    "$id",
    "$schema",
    "default",
    "deprecated",
    "description",
    "discriminator",
    "example",
    "examples",
    "readOnly",
    "title",
];

/// Formats that validators check. Others would be annotations that some validators refuse.
const FORMATS: [&str; 4] = ["date-time", "email", "uri", "uuid"];

/// Formats of numbers. They are hints for generators of types: bounds say which numbers are valid.
const NUMBER_FORMATS: [&str; 12] = [
    "double", "float", "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32",
    "uint64",
];

/// The depth at which a reference counts as endless.
const MAX_DEPTH: usize = 64;

/// The schema of any value.
pub static ANY: Value = Value::Bool(true);

/// One schema of a document.
#[derive(Clone, Copy, Debug)]
pub struct Schema<'a> {
    /// The document, in which references are resolved.
    pub root: &'a Value,
    /// The schema.
    pub node: &'a Value,
}

/// One of the forms that a value may have: keywords that restrict it, all of which apply.
#[derive(Clone, Debug, Default)]
pub struct Alternative {
    /// The name of the type in the document, if it has one.
    pub name: Option<String>,
    /// The keywords, except combinators and annotations. `type` is a string.
    pub keywords: Map<String, Value>,
}

impl Alternative {
    /// Returns the value of a keyword.
    pub fn get(&self, keyword: &str) -> Option<&Value> {
        self.keywords.get(keyword)
    }

    /// Returns the JSON type of the values; `None` if they have any type.
    pub fn kind(&self) -> Option<&str> {
        self.get("type").and_then(Value::as_str)
    }

    /// Returns a property's schema.
    pub fn property(&self, name: &str) -> Option<&Value> {
        self.get("properties")?.get(name)
    }

    /// Returns the names of the properties.
    pub fn properties(&self) -> impl Iterator<Item = &String> {
        let properties = self.get("properties").and_then(Value::as_object);
        properties.into_iter().flat_map(Map::keys)
    }

    /// Returns whether a property is always present.
    pub fn requires(&self, name: &str) -> bool {
        self.required().any(|required| required == name)
    }

    /// Returns the names of the properties that are always present.
    pub fn required(&self) -> impl Iterator<Item = &str> {
        let required = self.get("required").and_then(Value::as_array);
        required.into_iter().flatten().filter_map(Value::as_str)
    }

    /// Returns all values, if they are few: those of an enum, a constant, a Boolean or null.
    pub fn values(&self) -> Option<Vec<Value>> {
        if let Some(constant) = self.get("const") {
            return Some(vec![constant.clone()]);
        }
        if let Some(values) = self.get("enum").and_then(Value::as_array) {
            return Some(values.clone());
        }
        match self.kind() {
            Some("boolean") => Some(vec![json!(false), json!(true)]),
            Some("null") => Some(vec![Value::Null]),
            _ => None,
        }
    }

    /// Returns whether no value has both forms, as far as types, enums and required tags show it.
    pub fn excludes(&self, other: &Self) -> bool {
        let numeric = |kind: &str| matches!(kind, "integer" | "number");
        if let (Some(one), Some(two)) = (self.kind(), other.kind())
            && one != two
            && !(numeric(one) && numeric(two))
        {
            return true;
        }
        if let (Some(one), Some(two)) = (self.values(), other.values()) {
            return one.iter().all(|value| !two.contains(value));
        }
        let tags = self.required().filter(|name| other.requires(name));
        tags.filter_map(|name| Some((tag(self, name)?, tag(other, name)?)))
            .any(|(one, two)| one != two)
    }
}

/// Returns the only value of a property.
fn tag<'a>(alternative: &'a Alternative, name: &str) -> Option<&'a Value> {
    let property = alternative.property(name)?;
    let only = |values: &'a Value| match values.as_array().map(Vec::as_slice) {
        Some([only]) => Some(only),
        _ => None,
    };
    property
        .get("const")
        .or_else(|| property.get("enum").and_then(only))
}

/// Returns the forms that a value of the schema may have. A value has one of them.
///
/// Fails for a keyword that the comparison does not know.
pub fn alternatives(schema: Schema<'_>) -> Result<Vec<Alternative>, Unsupported> {
    let mut alternatives = Vec::new();
    for alternative in expand(schema, 0)? {
        let Some(Value::Array(kinds)) = alternative.get("type").cloned() else {
            alternatives.push(alternative);
            continue;
        };
        for kind in kinds {
            let mut one = alternative.clone();
            one.keywords.insert("type".to_owned(), kind);
            alternatives.push(one);
        }
    }
    Ok(alternatives)
}

fn expand(schema: Schema<'_>, depth: usize) -> Result<Vec<Alternative>, Unsupported> {
    let members = match schema.node {
        Value::Bool(false) => return Ok(Vec::new()),
        Value::Bool(true) => return Ok(vec![Alternative::default()]),
        Value::Object(members) => members,
        other => return Err(Unsupported(format!("{other} is not a schema"))),
    };
    if depth > MAX_DEPTH {
        return Err(Unsupported("a reference leads back to itself".to_owned()));
    }
    check_vocabulary(members)?;
    let keywords = members
        .iter()
        .filter(|(name, _)| ASSERTIONS.contains(&name.as_str()))
        .filter(|(name, value)| *name != "format" || FORMATS.iter().any(|format| value == format));
    let mut found = vec![Alternative {
        name: None,
        keywords: keywords
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    }];
    let inner = |node| expand(Schema { node, ..schema }, depth + 1);
    if let Some(reference) = members.get("$ref") {
        let (name, node) = resolve(schema.root, reference)?;
        found = product(&found, &inner(node)?)?;
        for alternative in &mut found {
            alternative.name.get_or_insert_with(|| name.clone());
        }
    }
    for node in branches(members, "allOf") {
        found = product(&found, &inner(node)?)?;
    }
    for combinator in ["anyOf", "oneOf"] {
        if !members.contains_key(combinator) {
            continue;
        }
        let mut union = Vec::new();
        for node in branches(members, combinator) {
            let branch = inner(node)?;
            if combinator == "oneOf" {
                check_exclusive(&union, &branch)?;
            }
            union.extend(branch);
        }
        found = product(&found, &union)?;
    }
    Ok(found)
}

fn check_vocabulary(members: &Map<String, Value>) -> Result<(), Unsupported> {
    for (name, value) in members {
        let known = ASSERTIONS.iter().chain(&COMBINATORS).chain(&ANNOTATIONS);
        if !known.into_iter().any(|known| known == name) && !name.starts_with("x-") {
            return Err(Unsupported(format!(
                "the comparison does not know the keyword `{name}`: add it to tools/compatibility, or describe the type without it"
            )));
        }
        let known = FORMATS.iter().chain(&NUMBER_FORMATS);
        if name == "format" && !known.into_iter().any(|known| value == known) {
            return Err(Unsupported(format!(
                "the comparison does not know the format {value}: add it to tools/compatibility, or describe the type without it"
            )));
        }
    }
    Ok(())
}

fn branches<'a>(members: &'a Map<String, Value>, combinator: &str) -> impl Iterator<Item = &'a Value> {
    let branches = members.get(combinator).and_then(Value::as_array);
    branches.into_iter().flatten()
}

/// Fails if a value could have two forms of a `oneOf`, which would make it invalid.
fn check_exclusive(union: &[Alternative], branch: &[Alternative]) -> Result<(), Unsupported> {
    let overlap = union
        .iter()
        .any(|one| branch.iter().any(|two| !one.excludes(two)));
    if overlap {
        return Err(Unsupported(
            "two branches of a `oneOf` differ in neither their type nor a required constant: use `anyOf`"
                .to_owned(),
        ));
    }
    Ok(())
}

/// Returns the name and the target of a reference within the document.
pub fn resolve<'a>(root: &'a Value, reference: &Value) -> Result<(String, &'a Value), Unsupported> {
    let text = reference.as_str().unwrap_or_default();
    let target = text.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
    let target = target
        .ok_or_else(|| Unsupported(format!("the reference {reference} leads nowhere in its document")))?;
    let name = text.rsplit('/').next().unwrap_or_default();
    Ok((name.to_owned(), target))
}

/// Returns the forms that have both a form of the first and a form of the second list.
fn product(first: &[Alternative], second: &[Alternative]) -> Result<Vec<Alternative>, Unsupported> {
    let mut both = Vec::new();
    for one in first {
        for two in second {
            both.extend(intersection(one, two)?);
        }
    }
    Ok(both)
}

/// Returns the form of the values that have both forms; `None` if there are none.
fn intersection(one: &Alternative, two: &Alternative) -> Result<Option<Alternative>, Unsupported> {
    if is_closed(one) && has_more_properties(two, one) || is_closed(two) && has_more_properties(one, two) {
        return Err(Unsupported(
            "a type with `additionalProperties` is combined with other properties".to_owned(),
        ));
    }
    let mut merged = one.clone();
    merged.name = two.name.clone().or(merged.name);
    for (keyword, value) in &two.keywords {
        let both = match one.get(keyword) {
            None => value.clone(),
            Some(same) if same == value => continue,
            Some(other) => match keyword.as_str() {
                "type" => match common_types(other, value) {
                    Some(types) => types,
                    None => return Ok(None),
                },
                "properties" => common_properties(other, value),
                "required" => joined(other, value),
                _ => {
                    return Err(Unsupported(format!(
                        "`{keyword}` has two values in combined types: {other} and {value}"
                    )));
                }
            },
        };
        merged.keywords.insert(keyword.clone(), both);
    }
    Ok(Some(merged))
}

fn is_closed(alternative: &Alternative) -> bool {
    !matches!(
        alternative.get("additionalProperties"),
        None | Some(Value::Bool(true))
    )
}

fn has_more_properties(alternative: &Alternative, than: &Alternative) -> bool {
    alternative.properties().any(|name| than.property(name).is_none())
}

fn common_types(one: &Value, two: &Value) -> Option<Value> {
    let list = |types: &Value| match types {
        Value::Array(types) => types.clone(),
        one => vec![one.clone()],
    };
    let (one, two) = (list(one), list(two));
    let mut common: Vec<Value> = one.into_iter().filter(|kind| two.contains(kind)).collect();
    match common.len() {
        0 => None,
        1 => common.pop(),
        _ => Some(Value::Array(common)),
    }
}

fn common_properties(one: &Value, two: &Value) -> Value {
    let mut all = one.as_object().cloned().unwrap_or_default();
    for (name, schema) in two.as_object().into_iter().flatten() {
        let both = match all.get(name) {
            Some(other) if other != schema => json!({"allOf": [other, schema]}),
            _ => schema.clone(),
        };
        all.insert(name.clone(), both);
    }
    Value::Object(all)
}

fn joined(one: &Value, two: &Value) -> Value {
    let mut all = one.as_array().cloned().unwrap_or_default();
    let more = two.as_array().into_iter().flatten();
    all.extend(
        more.filter(|name| one.as_array().is_none_or(|one| !one.contains(name)))
            .cloned(),
    );
    Value::Array(all)
}
