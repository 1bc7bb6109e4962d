//! The error of a value of another shape.

use std::fmt;

use serde::de::{Error, Expected, Unexpected};

/// Why a value does not have the shape of a type: `Records[0].s3.object.key: missing field`.
///
/// It names members that the type knows. Another member's name is shown only if it has the characters of a field's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeError {
    /// From the innermost step to the outermost.
    path: Vec<ShapeStep>,
    fault: String,
}

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum ShapeStep {
    Member(String),
    Index(usize),
}

impl ShapeError {
    /// Returns the error of a fault in the value itself.
    pub(super) fn new(fault: String) -> Self {
        Self {
            path: Vec::new(),
            fault,
        }
    }

    /// Returns the path of the fault, such as `Records[0].s3`; empty for the value itself.
    pub fn path(&self) -> String {
        let mut path = String::new();
        for step in self.path.iter().rev() {
            match step {
                ShapeStep::Member(name) if path.is_empty() => path.push_str(shown(name)),
                ShapeStep::Member(name) => path.extend([".", shown(name)]),
                ShapeStep::Index(index) => path.push_str(&format!("[{index}]")),
            }
        }
        path
    }

    /// Returns the error of the same fault, seen from the object that has the value under this name.
    pub fn in_member(mut self, name: &str) -> Self {
        self.path.push(ShapeStep::Member(name.to_owned()));
        self
    }

    /// Returns the error of the same fault, seen from the array that has the value at this index.
    pub fn in_element(mut self, index: usize) -> Self {
        self.path.push(ShapeStep::Index(index));
        self
    }
}

impl fmt::Display for ShapeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = if self.path.is_empty() { "" } else { ": " };
        write!(formatter, "{}{separator}{}", self.path(), self.fault)
    }
}

impl std::error::Error for ShapeError {}

impl Error for ShapeError {
    /// The rule of a type, such as [`Invalid`](crate::Invalid). It must quote no value.
    fn custom<T: fmt::Display>(rule: T) -> Self {
        Self::new(rule.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Bool(_) => "a boolean",
            Unexpected::Unsigned(_) | Unexpected::Signed(_) => "an integer",
            Unexpected::Float(_) => "a number with a fraction",
            Unexpected::Str(_) => "a string",
            Unexpected::Unit => "null",
            Unexpected::Seq => "an array",
            Unexpected::Map => "an object",
            _ => "another type",
        };
        Self::new(format!("expected {}, found {found}", described(expected)))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("expected {}", described(expected)))
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self::new(format!("expected {}", described(expected)))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        let names: Vec<String> = expected.iter().map(|name| format!("{name:?}")).collect();
        Self::new(format!("expected {}", names.join(" or ")))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format!("unknown field, known are {}", expected.join(", "))).in_member(field)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new("missing field".to_owned()).in_member(field)
    }
}

/// Returns what a type expects. The standard library's integers are described by their ranges.
fn described(expected: &dyn Expected) -> String {
    match expected.to_string().as_str() {
        "u32" => format!("an integer from 0 to {}", u32::MAX),
        "u64" => format!("an integer from 0 to {}", u64::MAX),
        "f64" => "a number".to_owned(),
        "a map" => "an object".to_owned(),
        "a sequence" => "an array".to_owned(),
        other => other.to_owned(),
    }
}

/// Returns a member's name, or `*` for a name that may be personal data: a field's name has letters, digits, `-` and `_`.
pub fn shown(name: &str) -> &str {
    let of_field = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if (1..=40).contains(&name.len()) && name.bytes().all(of_field) {
        name
    } else {
        "*"
    }
}
