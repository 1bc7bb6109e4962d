//! Common formats of responses.

use std::collections::HashMap;

use axum::Json;
use serde_json::{Value, json};

use crate::page::{Page, PageRequest};

/// The default number of items on a page.
const DEFAULT_PAGE_SIZE: usize = 20;

/// Returns the response to a list operation: the requested page, under the list's name.
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

/// Returns a time in the API's format, in seconds since 1970.
pub fn seconds(millis: u64) -> u64 {
    millis / 1000
}
