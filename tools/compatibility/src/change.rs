//! A change of a schema, and whom it breaks.

use crate::place::Place;

/// Who writes the values of a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// We write them, clients read them.
    Sent,
    /// Clients or AWS write them, we read them.
    Taken,
}

/// A change that breaks clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaChange {
    /// What changed.
    pub place: Place,
    /// How it changed, in English: the rest of a sentence that begins with the place.
    pub text: String,
}

impl SchemaChange {
    /// Returns a change at a place.
    pub fn at(place: &Place, text: &str) -> Self {
        Self {
            place: place.clone(),
            text: text.to_owned(),
        }
    }
}
