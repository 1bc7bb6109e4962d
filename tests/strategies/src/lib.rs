//! Generates JSON from a JSON Schema, for property tests: a validator and a parser must agree on every value.
//!
//! [`valid`] generates what a schema accepts, in its full variety. [`mutated`] generates values with one to three faults,
//! most of which a schema refuses. [`any_json`] generates values of no schema.
//!
//! The keywords are those of the published schemas, in the vocabulary of 2020-12. Another keyword is a panic that names it,
//! so that no rule of a schema is left untested. References are followed within the document, and must not be recursive.

mod flat;
mod json;
mod mutation;
mod number;
mod text;
mod valid;

use proptest::strategy::{BoxedStrategy, Strategy};
use serde_json::Value;

pub use json::any_json;

/// Generates values that a schema accepts: every alternative, optional members present, absent and null, members that the
/// schema does not list where it is open, numbers and lengths at their bounds, and strings of unusual characters.
///
/// # Panics
///
/// Panics if the schema has a keyword or a format that this crate does not know.
pub fn valid(schema: &Value) -> BoxedStrategy<Value> {
    valid::values(schema, schema)
}

/// Generates values with one to three faults: another type, null, a missing member, a number or a length out of range, an
/// unlisted member, another name, a nested value. A few of them are valid all the same.
///
/// # Panics
///
/// As [`valid`].
pub fn mutated(schema: &Value) -> BoxedStrategy<Value> {
    let mutations = proptest::collection::vec(mutation::mutations(schema), 1..=3);
    (valid(schema), mutations)
        .prop_map(|(value, mutations)| mutations.iter().fold(value, mutation::apply))
        .boxed()
}
