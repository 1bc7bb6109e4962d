//! Numbers.

use proptest::prelude::*;
use serde_json::{Number, Value};

use crate::flat::Flat;

/// The largest integer whose predecessors are all exact as a floating-point number.
const MAX_EXACT: i128 = 1 << 53;

/// Generates the integers of a schema. Some are written with a fraction of zero, which JSON Schema counts as integers.
pub fn integers(schema: &Flat) -> BoxedStrategy<Value> {
    let bound = |keyword: &str| schema.get(keyword).map(integer);
    let lowest = [bound("minimum"), bound("exclusiveMinimum").map(|bound| bound + 1)];
    let highest = [bound("maximum"), bound("exclusiveMaximum").map(|bound| bound - 1)];
    let low = lowest.into_iter().flatten().max().unwrap_or(i64::MIN.into());
    let high = highest.into_iter().flatten().min().unwrap_or(u64::MAX.into());
    let edges = [
        low,
        low + 1,
        high - 1,
        high,
        -1,
        0,
        1,
        4_294_967_295,
        MAX_EXACT - 1,
    ];
    let edges: Vec<i128> = edges
        .into_iter()
        .filter(|edge| (low..=high).contains(edge))
        .collect();
    let small = low.max(0).min(high);
    let integer = prop_oneof![
        proptest::sample::select(edges),
        small..=high.min(small + 1000),
        low..=high,
    ];
    (integer, proptest::bool::weighted(0.2))
        .prop_map(|(integer, as_float)| {
            if as_float && integer.abs() < MAX_EXACT {
                Value::from(integer as f64)
            } else {
                i64::try_from(integer).map_or_else(|_| Value::from(integer as u64), Value::from)
            }
        })
        .boxed()
}

/// Returns a bound of an integer.
fn integer(bound: &Value) -> i128 {
    let signed = bound.as_i64().map(i128::from);
    let unsigned = bound.as_u64().map(i128::from);
    signed
        .or(unsigned)
        .unwrap_or_else(|| panic!("{bound} is no integer"))
}

/// Generates the numbers of a schema, with and without a fraction.
pub fn numbers(schema: &Flat) -> BoxedStrategy<Value> {
    let bound = |keyword: &str| schema.get(keyword).and_then(Value::as_f64);
    let low = bound("minimum").unwrap_or(f64::MIN);
    let high = bound("maximum").unwrap_or(f64::MAX);
    let edges = [low, high, 0.0, -0.0, 0.5, 1.0, -1.5, 1e9, f64::MIN_POSITIVE];
    let edges: Vec<f64> = edges
        .into_iter()
        .filter(|edge| (low..=high).contains(edge))
        .collect();
    let number = prop_oneof![
        proptest::sample::select(edges),
        any::<f64>().prop_map(move |float| if (low..=high).contains(&float) {
            float
        } else {
            low.max(0.0).min(high)
        }),
    ];
    number
        .prop_map(|float| {
            if float.fract() == 0.0 && float.abs() < MAX_EXACT as f64 {
                Value::from(float as i64)
            } else {
                Number::from_f64(float).map_or(Value::from(0), Value::Number)
            }
        })
        .boxed()
}
