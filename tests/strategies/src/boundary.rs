//! Values just outside a schema.

use serde_json::{Map, Value, json};

use crate::flat::{Flat, alternatives, listed};

/// A fault of a value: the JSON pointer to a node, and the node's new value.
pub type Fault = (String, Value);

/// Returns a fault for each rule of a schema that a value keeps: a number or a length that exceeds its bound by one, a missing
/// required member, null, a string that does not match. A few of them are valid by another alternative.
pub fn faults(document: &Value, schema: &Value, value: &Value) -> Vec<Fault> {
    let mut found = Vec::new();
    collect(document, schema, value, "", &mut found);
    found
}

fn collect(document: &Value, schema: &Value, value: &Value, pointer: &str, found: &mut Vec<Fault>) {
    for flat in alternatives(document, schema) {
        let types = flat.get("type").map(listed).unwrap_or_default();
        if !types.is_empty() && !types.iter().any(|name| name == "null") {
            found.push((pointer.to_owned(), Value::Null));
        }
        let here = match value {
            Value::Number(_) => numbers(&flat, value),
            Value::String(text) => strings(&flat, text),
            Value::Array(elements) => arrays(&flat, elements),
            Value::Object(members) => objects(&flat, members),
            Value::Null | Value::Bool(_) => Vec::new(),
        };
        found.extend(here.into_iter().map(|fault| (pointer.to_owned(), fault)));
        for (name, schema, child) in children(&flat, value) {
            let name = name.replace('~', "~0").replace('/', "~1");
            collect(document, schema, child, &format!("{pointer}/{name}"), found);
        }
    }
}

/// Returns the elements and members of a value with their schemas.
fn children<'a>(schema: &'a Flat, value: &'a Value) -> Vec<(String, &'a Value, &'a Value)> {
    match value {
        Value::Array(elements) => {
            let items = schema.get("items").into_iter();
            let child = |items: &'a Value| {
                let numbered = elements.iter().enumerate();
                numbered.map(move |(index, element)| (index.to_string(), items, element))
            };
            items.flat_map(child).collect()
        }
        Value::Object(members) => {
            let other = schema
                .get("additionalProperties")
                .filter(|schema| schema.is_object());
            let child = |(name, member): (&String, &'a Value)| {
                let schema = schema
                    .get("properties")
                    .and_then(|properties| properties.get(name));
                Some((name.clone(), schema.or(other)?, member))
            };
            members.iter().filter_map(child).collect()
        }
        _ => Vec::new(),
    }
}

fn numbers(schema: &Flat, value: &Value) -> Vec<Value> {
    let beyond = |keyword: &str, step: i128| {
        let bound = schema.get(keyword)?;
        let integer = bound
            .as_i64()
            .map(i128::from)
            .or(bound.as_u64().map(i128::from))?
            + step;
        let small = i64::try_from(integer).map(Value::from);
        small
            .or_else(|_| u64::try_from(integer).map(Value::from))
            .ok()
            .or_else(|| Some(Value::from(integer as f64)))
    };
    let mut faults: Vec<Value> = [beyond("minimum", -1), beyond("maximum", 1)]
        .into_iter()
        .flatten()
        .collect();
    let with_fraction = value.as_f64().filter(|float| float.abs() < 1e9);
    faults.extend(with_fraction.map(|float| json!(float.trunc() + 0.5)));
    faults
}

fn strings(schema: &Flat, text: &str) -> Vec<Value> {
    let length = |keyword: &str| {
        let bound = schema.get(keyword).and_then(Value::as_u64)?;
        usize::try_from(bound).ok()
    };
    let mut faults = Vec::new();
    if let Some(min) = length("minLength").filter(|min| *min > 0) {
        faults.push(text.chars().take(min - 1).collect());
    }
    if let Some(max) = length("maxLength") {
        let last = text.chars().last().unwrap_or('x');
        let missing = (max + 1).saturating_sub(text.chars().count());
        faults.push(text.to_owned() + &String::from_iter(std::iter::repeat_n(last, missing)));
    }
    if ["pattern", "format", "enum"]
        .iter()
        .any(|keyword| schema.contains_key(*keyword))
    {
        let mut shorter = text.to_owned();
        shorter.pop();
        let upper = text.to_uppercase();
        faults.extend([
            shorter,
            upper,
            format!("{text}\n"),
            format!("\n{text}"),
            format!("{text}x"),
            format!(" {text}"),
        ]);
    }
    faults.into_iter().map(Value::String).collect()
}

fn arrays(schema: &Flat, elements: &[Value]) -> Vec<Value> {
    let length = |keyword: &str| {
        let bound = schema.get(keyword).and_then(Value::as_u64)?;
        usize::try_from(bound).ok()
    };
    let mut faults = Vec::new();
    if let Some(min) = length("minItems").filter(|min| (1..=elements.len()).contains(min)) {
        faults.push(elements[..min - 1].to_vec());
    }
    if let (Some(max), Some(last)) = (length("maxItems"), elements.last()) {
        let mut longer = elements.to_vec();
        longer.resize(max + 1, last.clone());
        faults.push(longer);
    }
    if let (Some(_), Some(first)) = (schema.get("uniqueItems"), elements.first()) {
        faults.push([elements, &[first.clone()]].concat());
    }
    faults.into_iter().map(Value::Array).collect()
}

fn objects(schema: &Flat, members: &Map<String, Value>) -> Vec<Value> {
    let required = schema.get("required").map(listed).unwrap_or_default();
    let without = |name: &Value| {
        let mut fewer = members.clone();
        fewer.remove(name.as_str()?).map(|_| Value::Object(fewer))
    };
    let mut faults: Vec<Value> = required.iter().filter_map(without).collect();
    if let Some(schema) = schema.get("additionalProperties") {
        let new = if schema.is_object() {
            Value::Null
        } else {
            json!("new")
        };
        let mut more = members.clone();
        more.insert("newMember".to_owned(), new);
        faults.push(Value::Object(more));
    }
    // The members in the order of their names, as a parser of tuples reads them.
    faults.push(Value::Array(members.values().cloned().collect()));
    faults
}
