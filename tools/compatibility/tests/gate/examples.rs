//! Values of a schema, near its limits.

use compatibility::schema::{ANY, Alternative, Schema, alternatives};
use serde_json::{Map, Value, json};

/// The depth at which a type that contains itself ends.
const MAX_DEPTH: usize = 5;

/// The most values of one schema inside another.
const MAX_VALUES: usize = 60;

/// Numbers and property names that appear in either version of a schema.
#[derive(Default)]
pub struct Hints {
    numbers: Vec<Value>,
    names: Vec<String>,
}

impl Hints {
    /// Collects the hints of schemas.
    pub fn of(schemas: &[&Value]) -> Self {
        let mut hints = Self::default();
        schemas.iter().for_each(|schema| hints.collect(schema));
        hints
    }

    fn collect(&mut self, node: &Value) {
        match node {
            Value::Number(number) => {
                let around = |number: i64| [number - 1, number, number + 1].map(Value::from);
                self.numbers
                    .extend(number.as_i64().map(around).into_iter().flatten());
            }
            Value::Object(members) => {
                let properties = members.get("properties").and_then(Value::as_object);
                self.names
                    .extend(properties.into_iter().flat_map(Map::keys).cloned());
                let required = members.get("required").and_then(Value::as_array);
                let required = required.into_iter().flatten().filter_map(Value::as_str);
                self.names.extend(required.map(str::to_owned));
                members.values().for_each(|node| self.collect(node));
            }
            Value::Array(items) => items.iter().for_each(|node| self.collect(node)),
            _ => {}
        }
    }
}

/// Returns values of a schema, and some that are not. Objects have only properties that the schema names.
pub fn values(schema: Schema<'_>, hints: &Hints) -> Vec<Value> {
    of_schema(schema, hints, 0)
}

fn of_schema(schema: Schema<'_>, hints: &Hints, depth: usize) -> Vec<Value> {
    if depth > MAX_DEPTH {
        return Vec::new();
    }
    let forms = alternatives(schema).unwrap();
    let share = if depth == 0 {
        usize::MAX
    } else {
        MAX_VALUES / forms.len().max(1)
    };
    let mut values = Vec::new();
    for form in forms {
        values.extend(of_form(&form, schema.root, hints, depth).into_iter().take(share));
    }
    values
}

fn of_form(form: &Alternative, root: &Value, hints: &Hints, depth: usize) -> Vec<Value> {
    if let Some(values) = form.values() {
        return values;
    }
    match form.kind() {
        Some("string") => strings(),
        Some("integer") => integers(hints),
        Some("number") => [json!(0.5), json!(-0.5)]
            .into_iter()
            .chain(integers(hints))
            .collect(),
        Some("array") => arrays(form, root, hints, depth),
        Some("object") => objects(form, root, hints, depth),
        _ => [json!(null), json!(true), json!([]), json!({})]
            .into_iter()
            .chain(strings())
            .chain(integers(hints))
            .collect(),
    }
}

fn strings() -> Vec<Value> {
    let texts = [
        "",
        "a",
        "b",
        "x",
        "y",
        "7",
        "aa",
        "aaa",
        "aaaa",
        "2026-01-01T00:00:00Z",
        "ann@example.com",
        "urn:a:b",
        "video/mp4",
        "video/ogg",
        "019b76da-a800-7000-8000-000000000000",
    ];
    texts.map(Value::from).to_vec()
}

fn integers(hints: &Hints) -> Vec<Value> {
    [json!(0), json!(1), json!(-1)]
        .into_iter()
        .chain(hints.numbers.iter().cloned())
        .collect()
}

fn arrays(form: &Alternative, root: &Value, hints: &Hints, depth: usize) -> Vec<Value> {
    let node = form.get("items").unwrap_or(&ANY);
    let items = of_schema(Schema { root, node }, hints, depth + 1);
    let mut arrays = vec![json!([])];
    if let Some(first) = items.first() {
        arrays.extend((1..5).map(|count| json!(vec![first; count])));
    }
    arrays.extend(
        (2..5)
            .filter_map(|count| items.get(..count))
            .map(|items| json!(items)),
    );
    arrays.extend(items.iter().map(|item| json!([item])));
    arrays
}

/// Returns objects with all properties, with the required ones only, and with each value of each property.
fn objects(form: &Alternative, root: &Value, hints: &Hints, depth: usize) -> Vec<Value> {
    let others = form
        .get("additionalProperties")
        .filter(|other| *other != &Value::Bool(false));
    let mut names: Vec<&str> = form.properties().map(String::as_str).collect();
    if form.get("additionalProperties") != Some(&Value::Bool(false)) {
        names.extend(form.required().filter(|name| form.property(name).is_none()));
    }
    if others.is_some() {
        names.extend(
            hints
                .names
                .iter()
                .map(String::as_str)
                .filter(|name| form.property(name).is_none()),
        );
        names.push("k");
    }
    let of_property = |name: &str| {
        let node = form.property(name).or(others).unwrap_or(&ANY);
        of_schema(Schema { root, node }, hints, depth + 1)
    };
    let choices: Vec<(&str, Vec<Value>)> = names.iter().map(|name| (*name, of_property(name))).collect();
    let first = |needed: bool| {
        let choices = choices.iter().filter(|(name, _)| !needed || form.requires(name));
        choices
            .filter_map(|(name, values)| Some(((*name).to_owned(), values.first()?.clone())))
            .collect::<Map<String, Value>>()
    };
    let (all, least) = (first(false), first(true));
    let mut objects = vec![json!(all), json!(least)];
    for (name, values) in &choices {
        for value in values {
            for object in [&all, &least] {
                let mut object = object.clone();
                object.insert((*name).to_owned(), value.clone());
                objects.push(Value::Object(object));
            }
        }
    }
    objects
}
