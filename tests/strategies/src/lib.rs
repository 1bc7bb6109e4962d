//! Generates JSON from a JSON Schema, for property tests: a validator and a parser must agree on every value.
//!
//! [`valid`] generates what a schema accepts, in its full variety. [`mutated`] generates values with one to three faults,
//! most of which a schema refuses. [`any_json`] generates values of no schema.
//!
//! The keywords are those of the published schemas, in the vocabulary of 2020-12. Another keyword is a panic that names it,
//! so that no rule of a schema is left untested. References are followed within the document, and must not be recursive.

mod boundary;
mod flat;
mod json;
mod mutation;
mod number;
mod text;
mod valid;

use proptest::prelude::*;
use proptest::sample::Index;
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

/// Generates values with one to three faults: another type, null, a missing member, an unlisted member, another name, a nested
/// value. Half of them break one rule of the schema by the smallest step, such as a number or a length one above its bound. A
/// few are valid all the same.
///
/// # Panics
///
/// As [`valid`].
pub fn mutated(schema: &Value) -> BoxedStrategy<Value> {
    let anywhere = proptest::collection::vec(mutation::mutations(schema), 1..=3);
    let anywhere = (valid(schema), anywhere)
        .prop_map(|(value, mutations)| mutations.iter().fold(value, mutation::apply));
    let document = schema.clone();
    let at_a_bound = (valid(schema), any::<Index>()).prop_map(move |(mut value, index)| {
        let faults = boundary::faults(&document, &document, &value);
        if !faults.is_empty() {
            let (pointer, fault) = index.get(&faults);
            if let Some(node) = value.pointer_mut(pointer) {
                *node = fault.clone();
            }
        }
        value
    });
    prop_oneof![anywhere, at_a_bound].boxed()
}
