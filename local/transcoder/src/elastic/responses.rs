//! Common formats of responses.

use std::collections::HashMap;

use axum::Json;
use serde_json::{Value, json};

use crate::page::{Page, PageRequest};

/// The number of items on a page.
const PAGE_SIZE: usize = 50;

/// Returns the response to a deletion or a cancellation.
pub fn success() -> Json<Value> {
    Json(json!({ "Success": "true" }))
}

/// Returns the response to a list operation: the requested page, under the list's name.
pub fn list_page<T>(
    name: &str,
    query: &HashMap<String, String>,
    page: impl FnOnce(PageRequest<'_>) -> Page<T>,
    show: impl Fn(&T) -> Value,
) -> Json<Value> {
    let Page { items, next } = page(PageRequest {
        ascending: query
            .get("Ascending")
            .is_some_and(|ascending| ascending == "true"),
        token: query.get("PageToken").map(String::as_str),
        size: PAGE_SIZE,
    });
    let shown: Vec<Value> = items.iter().map(show).collect();
    let mut response = json!({ name: shown });
    if let Some(next) = next {
        response["NextPageToken"] = json!(next);
    }
    Json(response)
}
