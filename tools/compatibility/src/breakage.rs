//! A change that breaks clients, with the document in which it is.

use std::fmt;

use crate::change::{Direction, SchemaChange};

/// The clients that a change breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Audience {
    /// They read values that we send.
    Readers,
    /// They write values that we take.
    Writers,
    /// They call an operation, or are generated from the API's description.
    Callers,
}

impl From<Direction> for Audience {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Sent => Self::Readers,
            Direction::Taken => Self::Writers,
        }
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Readers => "readers of what we send",
            Self::Writers => "writers of what we take",
            Self::Callers => "callers of the operation",
        })
    }
}

/// What a changelog names to allow a change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BrokenItem {
    /// A document of the index, by its name.
    Document {
        /// The name in the index, such as `response`.
        name: String,
    },
    /// An operation of the API.
    Operation {
        /// The operation's id, such as `listStep`.
        id: String,
        /// The method and the path.
        route: String,
        /// The type of the description that changed, if the change is inside a named type.
        type_name: Option<String>,
    },
}

impl BrokenItem {
    /// Returns the names of which a changelog may use any.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Document { name } => vec![name],
            Self::Operation { id, route, type_name } => [id, route]
                .into_iter()
                .chain(type_name)
                .map(String::as_str)
                .collect(),
        }
    }
}

/// A change that breaks clients.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Breakage {
    /// The document or operation.
    pub subject: BrokenItem,
    /// Who breaks.
    pub audience: Audience,
    /// What changed, such as `upload.size` or `response 200`; empty for the whole document or operation.
    pub place: String,
    /// How it changed: the rest of a sentence that begins with the place.
    pub text: String,
}

impl Breakage {
    /// Returns a breaking change of a schema in a document.
    pub fn of_document(name: &str, direction: Direction, change: SchemaChange) -> Self {
        Self {
            subject: BrokenItem::Document {
                name: name.to_owned(),
            },
            audience: direction.into(),
            place: change.place.path,
            text: change.text,
        }
    }
}

/// A change that breaks clients of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationChange {
    /// Who breaks.
    pub audience: Audience,
    /// The named type in which the change is.
    pub type_name: Option<String>,
    /// What changed; in a named type, from the type's root.
    pub place: String,
    /// How it changed.
    pub text: String,
}

impl OperationChange {
    /// Returns a change outside the named types.
    pub fn of(audience: Audience, place: &str, text: &str) -> Self {
        Self {
            audience,
            type_name: None,
            place: place.to_owned(),
            text: text.to_owned(),
        }
    }
}
