//! The constraints that a request breaks, in each service's wording.

use serde_json::Value;

/// A constraint that a value of a request breaks.
#[derive(Debug, Clone, PartialEq)]
pub struct ShapeProblem {
    path: Vec<PathStep>,
    value: Value,
    constraint: String,
}

/// A step into a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathStep {
    /// A member of a structure.
    Member(String),
    /// An item of a list, from 0.
    Item(usize),
    /// A key of a map.
    Key(String),
    /// The value of a key of a map.
    Value(String),
}

impl ShapeProblem {
    /// Returns a problem of a present or absent value.
    pub fn at(path: &[PathStep], value: Option<&Value>, constraint: impl Into<String>) -> Self {
        Self {
            path: path.to_vec(),
            value: value.cloned().unwrap_or_default(),
            constraint: constraint.into(),
        }
    }

    /// Returns MediaConvert's wording: the path and the problem.
    pub fn media_convert(&self) -> String {
        let steps: String = self.path.iter().map(|step| format!("/{}", step.name())).collect();
        let path = if steps.is_empty() { "/" } else { &steps };
        format!("{path}: {}", self.constraint)
    }

    /// Returns Elastic Transcoder's wording: `Value 'x' at 'outputs.1.member.key' failed to satisfy constraint: …`.
    pub fn elastic_transcoder(&self) -> String {
        let value = match &self.value {
            Value::Null => "null".to_owned(),
            Value::String(text) => format!("'{text}'"),
            value => format!("'{value}'"),
        };
        let steps: Vec<String> = self.path.iter().map(PathStep::in_words).collect();
        let path = steps.join(".");
        format!(
            "Value {value} at '{path}' failed to satisfy constraint: {}",
            self.constraint
        )
    }
}

impl PathStep {
    fn name(&self) -> String {
        match self {
            Self::Member(name) | Self::Key(name) | Self::Value(name) => name.clone(),
            Self::Item(index) => index.to_string(),
        }
    }

    /// Members start with a small letter, items are counted from 1.
    fn in_words(&self) -> String {
        match self {
            Self::Member(name) => {
                let mut letters = name.chars();
                let first = letters.next().map(|letter| letter.to_ascii_lowercase());
                first.into_iter().chain(letters).collect()
            }
            Self::Item(index) => format!("{}.member", index + 1),
            Self::Key(name) => format!("{name}.key"),
            Self::Value(name) => format!("{name}.value"),
        }
    }
}
