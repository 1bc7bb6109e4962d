//! The error codes in both engines' notifications.

use std::fmt;

use serde::Deserialize;

/// An engine's error code. The engines document it as a number, and show a string in some examples.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum ErrorCode {
    Number(u32),
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
