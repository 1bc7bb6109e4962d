//! How schemas are generated: the settings of schemars, and what is changed in its output.
//!
//! Validators and generators of other languages know few formats, want enumerations as `enum`, and read an integer's range
//! from its bounds. An optional value is absent where this system writes it; `null` counts as absent, because many
//! generators write it.

use model::notification::JsonInteger;
use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use serde_json::{Map, Value, json};

/// The settings for what we send: open to new fields.
pub fn sent() -> SchemaSettings {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .with_transform(Portable)
        .with_transform(OptionalNull)
}

/// The settings for what we take. AWS adds fields to what it sends, so schemas are open; types of requests are closed.
pub fn taken() -> SchemaSettings {
    SchemaSettings::draft2020_12()
        .for_deserialize()
        .with_transform(Portable)
}

/// Changes schemas to what the tools of other languages understand.
#[derive(Clone, Debug)]
pub struct Portable;

impl Transform for Portable {
    fn transform(&mut self, schema: &mut Schema) {
        replace_integer_format(schema);
        replace_constants(schema);
        join_lines(schema);
        wrap_reference(schema);
        if schema.get("default") == Some(&Value::Null) {
            schema.remove("default");
        }
        transform_subschemas(self, schema);
    }
}

/// Allows `null` for every property that is not required.
#[derive(Clone, Debug)]
struct OptionalNull;

impl Transform for OptionalNull {
    fn transform(&mut self, schema: &mut Schema) {
        let required = schema.get("required").cloned().unwrap_or_default();
        let is_required = |name: &String| required.as_array().is_some_and(|all| all.contains(&json!(name)));
        if let Some(Value::Object(properties)) = schema.get_mut("properties") {
            for (_, property) in properties.iter_mut().filter(|(name, _)| !is_required(name)) {
                if let Some(Value::String(kind)) = property.get("type") {
                    property["type"] = json!([kind, "null"]);
                }
            }
        }
        transform_subschemas(self, schema);
    }
}

/// Replaces the formats of Rust's integers by their bounds.
fn replace_integer_format(schema: &mut Schema) {
    let bounds = match schema.get("format").and_then(Value::as_str) {
        Some("uint8") => json!([0, u8::MAX]),
        Some("uint16") => json!([0, u16::MAX]),
        Some("uint32") => json!([0, u32::MAX]),
        Some("int32") => json!([i32::MIN, i32::MAX]),
        Some("uint" | "uint64") => json!([0, JsonInteger::MAX]),
        Some("int" | "int64") => json!([-JsonInteger::MAX.cast_signed(), JsonInteger::MAX]),
        Some("float" | "double") => json!([null, null]),
        _ => return,
    };
    schema.remove("format");
    for (name, bound) in ["minimum", "maximum"].into_iter().zip([&bounds[0], &bounds[1]]) {
        if !bound.is_null() && schema.get(name).is_none() {
            schema.insert(name.to_owned(), bound.clone());
        }
    }
}

/// Replaces a choice of constants by an `enum`. The description lists their meanings.
fn replace_constants(schema: &mut Schema) {
    let Some(choices) = schema.get("oneOf").and_then(Value::as_array) else {
        return;
    };
    let constants: Vec<Value> = choices
        .iter()
        .filter_map(|choice| choice.get("const"))
        .cloned()
        .collect();
    if constants.len() != choices.len() || !constants.iter().all(Value::is_string) {
        return;
    }
    let meaning = |choice: &Value| {
        Some(format!(
            "- `{}`: {}",
            choice["const"].as_str()?,
            choice["description"].as_str()?
        ))
    };
    let meanings: Vec<String> = choices.iter().filter_map(meaning).collect();
    let description = schema
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let description = format!("{description}\n\n{}", meanings.join("\n"));
    schema.remove("oneOf");
    schema.insert("type".to_owned(), json!("string"));
    schema.insert("enum".to_owned(), Value::Array(constants));
    schema.insert("description".to_owned(), json!(description.trim()));
}

/// Joins the lines of a description that belong to one paragraph.
fn join_lines(schema: &mut Schema) {
    let Some(description) = schema.get("description").and_then(Value::as_str) else {
        return;
    };
    let mut joined = String::new();
    for line in description.lines() {
        let separator = if joined.is_empty() {
            ""
        } else if line.is_empty() || line.starts_with("- ") || joined.ends_with('\n') {
            "\n"
        } else {
            " "
        };
        joined.push_str(separator);
        joined.push_str(line);
    }
    schema.insert("description".to_owned(), json!(joined));
}

/// Puts a reference that has a description into `allOf`: beside other keywords, some generators ignore the type's name.
fn wrap_reference(schema: &mut Schema) {
    if schema.get("description").is_some()
        && let Some(reference) = schema.remove("$ref")
    {
        schema.insert("allOf".to_owned(), json!([{"$ref": reference}]));
    }
}

/// Gives each definition without a title one that has the words of its name: generators name types by the title.
pub fn add_titles(definitions: &mut Map<String, Value>) {
    for (name, definition) in definitions {
        if let Some(members) = definition.as_object_mut() {
            let title = words(name).join(" ");
            members.entry("title").or_insert_with(|| json!(title));
        }
    }
}

/// Returns the words of a type's name: the first in title case, the others in lower case.
pub fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for letter in name.chars() {
        match words.last_mut() {
            Some(word) if !letter.is_ascii_uppercase() => word.push(letter),
            Some(_) => words.push(letter.to_ascii_lowercase().to_string()),
            None => words.push(letter.to_string()),
        }
    }
    words
}

/// Removes `null` from the types of a value.
#[derive(Clone, Debug)]
pub struct NeverNull;

impl Transform for NeverNull {
    fn transform(&mut self, schema: &mut Schema) {
        if let Some(Value::Array(types)) = schema.get_mut("type") {
            types.retain(|kind| kind != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                schema.insert("type".to_owned(), only);
            }
        }
        if let Some(Value::Array(any)) = schema.get_mut("anyOf") {
            any.retain(|kind| *kind != json!({"type": "null"}));
            if let [only] = any.as_slice()
                && let Some(members) = only.as_object().cloned()
            {
                schema.remove("anyOf");
                for (name, member) in members {
                    schema.insert(name, member);
                }
            }
        }
        transform_subschemas(self, schema);
    }
}
