//! Validation of requests. Errors name the field.

use std::collections::BTreeMap;
use std::fmt::Display;

use axum::body::Bytes;
use serde::de::DeserializeOwned;

use crate::api_error::ApiError;
use crate::metadata::Limits;

/// Parses a request's body; an empty one is an empty object. Rejects unknown fields, which would have no effect.
pub fn body<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, ApiError> {
    let text: &[u8] = if bytes.is_empty() { b"{}" } else { bytes };
    let mut document = serde_json::Deserializer::from_slice(text);
    serde_path_to_error::deserialize(&mut document)
        .map_err(|error| invalid(&error.path().to_string(), error.inner()))
}

/// Returns a validation error that names the field.
pub fn invalid(field: &str, problem: impl Display) -> ApiError {
    let path = field.replace(['.', '['], "/").replace(']', "");
    ApiError::Validation(format!("/{path}: {problem}"))
}

/// Rejects pairs that exceed the service's limits of a field.
pub fn check_pairs(field: &str, pairs: &BTreeMap<String, String>, limits: &Limits) -> Result<(), ApiError> {
    match limits.problem(pairs) {
        Some((key, problem)) if key.is_empty() => Err(invalid(field, problem)),
        Some((key, problem)) => Err(invalid(&format!("{field}.{key}"), problem)),
        None => Ok(()),
    }
}
