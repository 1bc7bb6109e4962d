//! The forms that responses have in common.

use std::collections::HashMap;

use axum::Json;
use serde_json::{Value, json};

use crate::page::{Page, PageRequest};

/// The number of items on a page where the query does not say.
const DEFAULT_PAGE_SIZE: usize = 20;

/// The response to a list operation: the page that the query asks for, under the list's name.
pub fn list_page<T>(
    name: &str,
    query: &HashMap<String, String>,
    page: impl FnOnce(PageRequest<'_>) -> Page<T>,
    show: impl Fn(&T) -> Value,
) -> Json<Value> {
    let size = query.get("maxResults").and_then(|size| size.parse().ok());
    let Page { items, next } = page(PageRequest {
        ascending: query.get("order").is_some_and(|order| order == "ASCENDING"),
        token: query.get("nextToken").map(String::as_str),
        size: size.unwrap_or(DEFAULT_PAGE_SIZE),
    });
    let shown: Vec<Value> = items.iter().map(show).collect();
    let mut response = json!({ name: shown });
    if let Some(next) = next {
        response["nextToken"] = json!(next);
    }
    Json(response)
}

/// Returns a time as the API shows it, in seconds since 1970.
pub fn seconds(millis: u64) -> u64 {
    millis / 1000
}
