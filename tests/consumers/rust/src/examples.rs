//! Reads every example of the documents as its generated type and writes it back.

use std::error::Error;
use std::path::Path;

use chrono::DateTime;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::json;

/// Reads a value as a type and writes it again.
type RoundTrip = fn(&Value) -> Result<Value, serde_json::Error>;

mod documents {
    use super::{RoundTrip, round_trip};

    include!(concat!(env!("OUT_DIR"), "/documents.rs"));
}

fn round_trip<T: DeserializeOwned + Serialize>(example: &Value) -> Result<Value, serde_json::Error> {
    serde_json::to_value(T::deserialize(example)?)
}

/// Checks the examples of every type. Reports each type that fails, and returns whether all are well.
pub fn check(schemas: &Path) -> bool {
    let mut is_well = true;
    for (file, pointer, is_taken, round_trip) in documents::TYPES {
        let document = json::read(&schemas.join(file));
        if let Err(reason) = check_type(&document, pointer, is_taken, round_trip) {
            eprintln!("{file}#{pointer}: {reason}");
            is_well = false;
        }
    }
    is_well
}

/// Checks the examples of one type. Documents that the system takes from AWS have more fields than the schema describes.
fn check_type(
    document: &Value,
    pointer: &str,
    is_taken: bool,
    round_trip: RoundTrip,
) -> Result<(), Box<dyn Error>> {
    let schema = match pointer {
        "" => document.clone(),
        _ => serde_json::json!({"$defs": document["$defs"], "$ref": format!("#{pointer}")}),
    };
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)?;
    let definition = document.pointer(pointer).ok_or("no such type")?;
    let examples = definition["examples"].as_array().ok_or("no examples")?;
    for example in examples {
        let written = round_trip(example).map_err(|error| format!("{error}: {example}"))?;
        for value in [example, &written] {
            validator
                .validate(value)
                .map_err(|error| format!("{error}: {value}"))?;
        }
        if !is_kept(example, &written, !is_taken) {
            return Err(format!("{example} became {written}").into());
        }
    }
    Ok(())
}

/// Returns whether a written document has the content of its example. An instant may be written in another way. Unless
/// the content must be kept exactly, fields that the schema does not describe may be missing, and defaults may be added.
fn is_kept(example: &Value, written: &Value, exactly: bool) -> bool {
    match (example, written) {
        (Value::Object(example), Value::Object(written)) => {
            let is_same = |(name, value)| match example.get(name) {
                Some(kept) => is_kept(kept, value, exactly),
                None => !exactly,
            };
            (!exactly || example.len() == written.len()) && written.iter().all(is_same)
        }
        (Value::Array(example), Value::Array(written)) => {
            let mut pairs = example.iter().zip(written);
            example.len() == written.len()
                && pairs.all(|(example, written)| is_kept(example, written, exactly))
        }
        (Value::String(example), Value::String(written)) if example != written => {
            let instant = |text| DateTime::parse_from_rfc3339(text).ok();
            instant(example).is_some() && instant(example) == instant(written)
        }
        // 10 may be written as 10.0.
        (Value::Number(example), Value::Number(written)) => example.as_f64() == written.as_f64(),
        _ => example == written,
    }
}
