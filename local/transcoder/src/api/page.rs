//! Lists in pages.

use std::collections::HashMap;

use super::error::ApiError;
use super::validation::{Checks, id};

/// How many items a page has.
const PAGE: usize = 50;

/// A page and the token of the next one.
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

/// The page that the query asks for, of items that come oldest first. A token is the identifier that the page begins
/// with, so items that come or go meanwhile neither repeat nor hide others.
pub fn page<T>(
    mut items: Vec<T>,
    id_of: impl Fn(&T) -> &str,
    query: &HashMap<String, String>,
) -> Result<Page<T>, ApiError> {
    let ascending = ascending(query)?;
    if !ascending {
        items.reverse();
    }
    if let Some(token) = query.get("PageToken").map(String::as_str) {
        id("pageToken", token)?;
        items.retain(|item| {
            if ascending {
                id_of(item) >= token
            } else {
                id_of(item) <= token
            }
        });
    }
    let next = items.get(PAGE).map(|item| id_of(item).to_owned());
    items.truncate(PAGE);
    Ok(Page { items, next })
}

fn ascending(query: &HashMap<String, String>) -> Result<bool, ApiError> {
    let value = query.get("Ascending").map_or("false", String::as_str);
    let mut checks = Checks::default();
    checks.pattern("ascending", value, "(^true$)|(^false$)", |value| {
        matches!(value, "true" | "false")
    });
    checks.done().map(|()| value == "true")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn pages_follow_each_other_either_way() {
        let items: Vec<String> = (0..120).map(|number| format!("{number:013}-abcdef")).collect();
        for order in ["true", "false"] {
            let (mut seen, mut token) = (Vec::new(), None::<String>);
            loop {
                let mut query = query(&[("Ascending", order)]);
                query.extend(token.clone().map(|token| ("PageToken".to_owned(), token)));
                let page = page(items.clone(), |id| id, &query).unwrap();
                seen.extend(page.items);
                token = page.next;
                if token.is_none() {
                    break;
                }
            }
            assert_eq!(seen.len(), 120);
            assert_eq!(seen.is_sorted(), order == "true");
        }
    }

    #[test]
    fn bad_queries_are_refused() {
        assert!(page(vec![String::new()], |id| id, &query(&[("Ascending", "yes")])).is_err());
        assert!(page(vec![String::new()], |id| id, &query(&[("PageToken", "x")])).is_err());
    }
}
