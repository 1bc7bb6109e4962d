//! Shapes of values and the constraints of each value by itself.

use std::collections::BTreeMap;

use regex::Regex;
use serde::Deserialize;
use serde_json::Value;

/// The shape of a value. It refers to other shapes by name.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Shape {
    /// An object with known members.
    Structure {
        /// The shapes of the members that are served.
        members: BTreeMap<String, String>,
        /// The required members.
        required: Vec<String>,
    },
    /// An array.
    List {
        /// The shape of each item.
        member: String,
        /// Bounds of the number of items.
        #[serde(flatten)]
        size: Range,
    },
    /// An object with keys that the client chooses.
    Map {
        /// The shape of each key.
        key: String,
        /// The shape of each value.
        value: String,
        /// Bounds of the number of pairs.
        #[serde(flatten)]
        size: Range,
    },
    /// Text.
    String(TextShape),
    /// A whole number.
    Integer(Range),
    /// A number.
    Double {},
}

/// The constraints of a text.
#[derive(Debug, Deserialize)]
pub struct TextShape {
    /// Bounds of the length in characters.
    #[serde(flatten)]
    length: Range,
    #[serde(rename = "enum")]
    values: Option<Vec<String>>,
    pattern: Option<Pattern>,
}

/// Bounds of a number, a length or a count, both included.
#[derive(Debug, Deserialize)]
pub struct Range {
    min: Option<i64>,
    max: Option<i64>,
}

/// A regular expression and the model's text of it.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Pattern {
    text: String,
    expression: Regex,
}

impl TryFrom<String> for Pattern {
    type Error = regex::Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        // The service's `\d` and `\w` match ASCII only.
        let ascii = text.replace(r"\d", "[0-9]").replace(r"\w", "[0-9A-Za-z_]");
        let expression = Regex::new(&ascii)?;
        Ok(Self { text, expression })
    }
}

impl Shape {
    /// Returns the constraints that a value breaks, without those of the values within it.
    pub fn constraints(&self, value: &Value) -> Vec<String> {
        match (self, value) {
            (Self::Structure { .. }, Value::Object(_)) => Vec::new(),
            (Self::List { size, .. }, Value::Array(items)) => size.broken("length", count(items.len())),
            (Self::Map { size, .. }, Value::Object(pairs)) => size.broken("length", count(pairs.len())),
            (Self::String(text), Value::String(value)) => text.broken(value),
            (Self::Integer(range), Value::Number(number)) if !number.is_f64() => {
                range.broken("value", number.as_i64().unwrap_or(i64::MAX))
            }
            (Self::Double {}, Value::Number(_)) => Vec::new(),
            _ => vec![format!("Member must be {}", self.kind())],
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Structure { .. } => "a structure",
            Self::List { .. } => "a list",
            Self::Map { .. } => "a map",
            Self::String(_) => "a string",
            Self::Integer(_) => "a whole number",
            Self::Double {} => "a number",
        }
    }
}

impl TextShape {
    fn broken(&self, value: &str) -> Vec<String> {
        let mut broken = self.length.broken("length", count(value.chars().count()));
        if let Some(values) = self
            .values
            .as_ref()
            .filter(|values| !values.iter().any(|known| known == value))
        {
            broken.push(format!(
                "Member must satisfy enum value set: [{}]",
                values.join(", ")
            ));
        }
        if let Some(pattern) = self
            .pattern
            .as_ref()
            .filter(|pattern| !pattern.expression.is_match(value))
        {
            broken.push(format!(
                "Member must satisfy regular expression pattern: {}",
                pattern.text
            ));
        }
        broken
    }
}

impl Range {
    fn broken(&self, of: &str, number: i64) -> Vec<String> {
        let least = self.min.filter(|least| number < *least);
        let most = self.max.filter(|most| number > *most);
        let least = least.map(|least| format!("Member must have {of} greater than or equal to {least}"));
        let most = most.map(|most| format!("Member must have {of} less than or equal to {most}"));
        least.into_iter().chain(most).collect()
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
