//! The verdicts agree with a validator: values prove them.

use compatibility::change::Direction;
use compatibility::schema::Schema;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

use crate::examples::{Hints, values};
use crate::schemas::{cases, verdict};

/// Returns values that are valid as they are written and invalid as they are read.
fn counterexamples(direction: Direction, old: &Value, new: &Value) -> Vec<Value> {
    let (written, read) = match direction {
        Direction::Sent => (new, old),
        Direction::Taken => (old, new),
    };
    let validator = |schema| {
        let options = jsonschema::options().should_validate_formats(true);
        options.build(schema).unwrap()
    };
    let (is_written, is_read) = (validator(written), validator(read));
    let schema = Schema {
        root: written,
        node: written,
    };
    let values = values(schema, &Hints::of(&[old, new]));
    values
        .into_iter()
        .filter(|value| is_written.is_valid(value) && !is_read.is_valid(value))
        .collect()
}

#[test]
fn values_prove_each_verdict() {
    for case in cases() {
        for (direction, expected) in [(Direction::Sent, &case.sent), (Direction::Taken, &case.taken)] {
            let found = counterexamples(direction, &case.old, &case.new);
            let breaks = !expected.is_empty() && case.rule != Some(direction);
            assert_eq!(
                !found.is_empty(),
                breaks,
                "{}, {direction:?}: {found:?}",
                case.change
            );
        }
    }
}

/// Returns a configuration with a fixed seed. `PROPTEST_CASES` sets the number of cases, `PROPTEST_RNG_SEED` the seed.
fn config() -> ProptestConfig {
    let defaults = ProptestConfig::default();
    ProptestConfig {
        rng_seed: match defaults.rng_seed {
            RngSeed::Random => RngSeed::Fixed(1),
            fixed => fixed,
        },
        failure_persistence: None,
        ..defaults
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn change_without_a_verdict_has_no_counterexample(
        (old, place, replacement) in (schema(), any::<Index>(), schema()),
    ) {
        let places: Vec<String> = places(&old, "");
        let mut new = old.clone();
        *new.pointer_mut(place.get(&places).as_str()).unwrap() = replacement;
        for direction in [Direction::Sent, Direction::Taken] {
            if verdict(direction, &old, &new).is_empty() {
                let found = counterexamples(direction, &old, &new);
                prop_assert!(found.is_empty(), "{direction:?}: {old} to {new} breaks {found:?}");
            }
        }
    }
}

/// Returns the pointers of a schema and of the schemas in it.
fn places(schema: &Value, at: &str) -> Vec<String> {
    let mut found = vec![at.to_owned()];
    for keyword in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get(keyword).filter(|inner| inner.is_object()) {
            found.extend(places(inner, &format!("{at}/{keyword}")));
        }
    }
    for (name, inner) in schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        found.extend(places(inner, &format!("{at}/properties/{name}")));
    }
    for (index, inner) in schema
        .get("anyOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .enumerate()
    {
        found.extend(places(inner, &format!("{at}/anyOf/{index}")));
    }
    found
}

fn schema() -> impl Strategy<Value = Value> {
    let limit = || prop::option::of(0..4i64);
    let strings = (
        limit(),
        limit(),
        prop::option::of(prop::sample::select(vec!["^a", "^[a-z]+$"])),
    );
    let numbers = (
        prop::sample::select(vec!["integer", "number"]),
        limit(),
        limit(),
        limit(),
    );
    let leaf = prop_oneof![
        Just(json!({})),
        Just(json!({"type": "boolean"})),
        Just(json!({"type": ["string", "null"]})),
        Just(json!({"type": "string", "format": "uuid"})),
        prop::sample::subsequence(vec![json!("a"), json!("b"), json!(1), json!(null)], 1..4)
            .prop_map(|values| json!({"enum": values})),
        strings.prop_map(|(least, most, pattern)| {
            present(
                json!({"type": "string"}),
                &[
                    ("minLength", json!(least)),
                    ("maxLength", json!(most)),
                    ("pattern", json!(pattern)),
                ],
            )
        }),
        numbers.prop_map(|(kind, least, most, above)| {
            let limits = [
                ("minimum", json!(least)),
                ("maximum", json!(most)),
                ("exclusiveMinimum", json!(above)),
            ];
            present(json!({"type": kind}), &limits)
        }),
    ];
    leaf.prop_recursive(3, 12, 3, move |inner| {
        let other = prop_oneof![
            Just(json!(null)),
            Just(json!(false)),
            Just(json!(true)),
            inner.clone()
        ];
        let properties =
            prop::collection::btree_map(prop::sample::select(vec!["a", "b", "c"]), inner.clone(), 0..3);
        let required = prop::sample::subsequence(vec!["a", "b"], 0..3);
        prop_oneof![
            (properties, required, other).prop_map(|(properties, required, other)| {
                let members = [
                    ("properties", json!(properties)),
                    ("required", json!(required)),
                    ("additionalProperties", other),
                ];
                present(json!({"type": "object"}), &members)
            }),
            (inner.clone(), limit(), limit(), any::<bool>()).prop_map(|(items, least, most, unique)| {
                let members = [
                    ("items", items),
                    ("minItems", json!(least)),
                    ("maxItems", json!(most)),
                    ("uniqueItems", json!(unique)),
                ];
                present(json!({"type": "array"}), &members)
            }),
            prop::collection::vec(inner, 1..3).prop_map(|forms| json!({"anyOf": forms})),
        ]
    })
}

/// Adds members that are not null.
fn present(mut schema: Value, members: &[(&str, Value)]) -> Value {
    for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
        schema[*name] = value.clone();
    }
    schema
}
