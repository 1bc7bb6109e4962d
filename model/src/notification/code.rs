//! The error codes of both engines.

use std::fmt;

use serde::Deserialize;

/// An error code: a number in the documentation's text and a string in some of its examples.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Code {
    Number(u32),
    Text(String),
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(formatter),
            Self::Text(text) => text.fmt(formatter),
        }
    }
}
