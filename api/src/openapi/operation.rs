//! The description of an operation.

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::Value;

use crate::problem::Kind;

/// The clients that may call an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// All clients.
    Open,
    /// Clients with a token of this scope.
    Scope(&'static str),
    /// As [`Access::Scope`]; in an open project, all clients.
    OpenOrScope(&'static str),
    /// Clients with the token of this upload.
    UploadToken,
}

/// A type's schema, as a reference into the components.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Value;

pub fn schema_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().to_value()
}

/// A parameter of a query.
pub struct QueryParameter {
    pub name: &'static str,
    pub description: &'static str,
    pub required: bool,
    pub schema: SchemaOf,
}

/// What an operation answers when all is well.
pub struct Success {
    pub status: u16,
    pub description: &'static str,
    /// Media type, schema and example; nothing is sent without.
    pub content: Option<(&'static str, SchemaOf, Value)>,
}

/// One method of one path.
pub struct Operation {
    pub method: &'static str,
    pub path: &'static str,
    pub id: &'static str,
    pub summary: &'static str,
    pub access: Access,
    pub query: Vec<QueryParameter>,
    /// Schema and example of the body.
    pub body: Option<(SchemaOf, Value)>,
    pub success: Success,
    /// What it answers instead when the outcome is not known yet.
    pub pending: Option<Success>,
    pub problems: Vec<Kind>,
}
