//! Types of single fields of AWS's messages. Each is read only if it conforms to its schema.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer, Serialize};

/// Defines a string with a rule, which its schema states too.
macro_rules! text_field {
    ($(#[$documentation:meta])* $name:ident, $keyword:literal: $rule:expr, $expected:literal, $accepts:expr) => {
        $(#[$documentation])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
        #[schemars(inline, extend($keyword = $rule))]
        pub struct $name(String);

        impl $name {
            /// Returns the text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let accepts: fn(&str) -> bool = $accepts;
                $crate::notification::field::text(deserializer, accepts, $expected).map(Self)
            }
        }

        impl From<$name> for String {
            fn from(field: $name) -> Self {
                field.0
            }
        }
    };
}
pub(super) use text_field;

/// Reads a string that a rule accepts. `expected` describes the rule.
pub(super) fn text<'de, D: Deserializer<'de>>(
    deserializer: D,
    accepts: fn(&str) -> bool,
    expected: &str,
) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if accepts(&text) {
        Ok(text)
    } else {
        Err(D::Error::invalid_value(Unexpected::Str(&text), &expected))
    }
}

text_field!(
    /// A string that is not empty.
    NonEmptyString, "minLength": 1, "a string that is not empty", |text| !text.is_empty()
);

/// An integer from 0 to 2^53 - 1: the largest that every JSON parser reads exactly (RFC 7493, section 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct JsonInteger(u64);

impl JsonInteger {
    /// The largest value.
    pub const MAX: u64 = (1 << 53) - 1;

    /// Returns the integer.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for JsonInteger {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let integer = u64::deserialize(deserializer)?;
        if integer <= Self::MAX {
            Ok(Self(integer))
        } else {
            let expected = "an integer from 0 to 9007199254740991";
            Err(D::Error::invalid_value(Unexpected::Unsigned(integer), &expected))
        }
    }
}

impl JsonSchema for JsonInteger {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "JsonInteger".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "minimum": 0, "maximum": Self::MAX})
    }
}

/// An engine's error code. The engines document it as a number, and show a string in some examples.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected an integer from 0 to 4294967295 or a string")]
pub enum ErrorCode {
    /// A number, as documented.
    Number(#[schemars(range(min = 0, max = 4_294_967_295_u32))] u32),
    /// Text, as in some examples.
    Text(String),
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(formatter),
            Self::Text(text) => text.fmt(formatter),
        }
    }
}
