//! A published schema with its examples.

use api::SCHEMA_ID_PREFIX;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Value, json};

use crate::example_values::{ExampleValues, Found};
use crate::settings::{add_titles, sent, taken};

/// Who writes the documents that a schema describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentDirection {
    /// This system.
    Sent,
    /// A client or AWS.
    Taken,
}

impl DocumentDirection {
    /// Returns its name in the index.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Taken => "taken",
        }
    }
}

/// A published schema.
pub struct Document {
    /// Its name, in kebab case.
    pub name: String,
    /// Who writes what it describes.
    pub direction: DocumentDirection,
    /// The schema with `$id` and examples.
    pub schema: Value,
}

impl Document {
    /// A document of a schema whose definitions are in `$defs`, with examples of it and of its definitions.
    pub fn new(
        name: &str,
        direction: DocumentDirection,
        mut schema: Value,
        examples: &[Value],
        found: &Found,
    ) -> Self {
        if let Some(Value::Object(definitions)) = schema.get_mut("$defs") {
            for (name, definition) in definitions {
                if let Some(values) = found.get(name) {
                    definition["examples"] = values.clone().into();
                }
            }
        }
        schema["examples"] = examples.into();
        schema["$id"] = format!("{SCHEMA_ID_PREFIX}{name}").into();
        schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
        schema["$comment"] = json!("Generated from the types by `make schemas`.");
        Self {
            name: name.to_owned(),
            direction,
            schema,
        }
    }

    /// A document of a type.
    pub fn of<T: JsonSchema>(name: &str, direction: DocumentDirection, examples: &[Value]) -> Self {
        let generator = SchemaGenerator::new(settings(direction));
        let schema = generator.into_root_schema_for::<T>().to_value();
        Self::with_found_examples(name, direction, schema, examples)
    }

    /// A document whose definitions have the examples that occur in those of the document.
    pub fn with_found_examples(
        name: &str,
        direction: DocumentDirection,
        mut schema: Value,
        examples: &[Value],
    ) -> Self {
        if let Some(Value::Object(definitions)) = schema.get_mut("$defs") {
            add_titles(definitions);
        }
        let mut values = ExampleValues::new(schema.get("$defs"));
        for example in examples {
            values.collect(&schema, example);
        }
        Self::new(name, direction, schema, examples, &values.found)
    }
}

fn settings(direction: DocumentDirection) -> SchemaSettings {
    match direction {
        DocumentDirection::Sent => sent(),
        DocumentDirection::Taken => taken(),
    }
}
