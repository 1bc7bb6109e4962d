//! Lists in pages.

/// A page and the token of the next one.
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

/// A page of items that come oldest first. A token is the identifier that the page begins with, so items that come or go
/// meanwhile neither repeat nor hide others.
pub fn page<T>(
    mut items: Vec<T>,
    id_of: impl Fn(&T) -> &str,
    ascending: bool,
    token: Option<&str>,
    size: usize,
) -> Page<T> {
    if !ascending {
        items.reverse();
    }
    if let Some(token) = token {
        items.retain(|item| {
            if ascending {
                id_of(item) >= token
            } else {
                id_of(item) <= token
            }
        });
    }
    let next = items.get(size).map(|item| id_of(item).to_owned());
    items.truncate(size);
    Page { items, next }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_either_way() {
        let items: Vec<String> = (0..120).map(|number| format!("{number:013}-abcdef")).collect();
        for ascending in [true, false] {
            let (mut seen, mut token) = (Vec::new(), None::<String>);
            loop {
                let page = page(items.clone(), |id| id, ascending, token.as_deref(), 50);
                seen.extend(page.items);
                token = page.next;
                if token.is_none() {
                    break;
                }
            }
            assert_eq!(seen.len(), 120);
            assert_eq!(seen.is_sorted(), ascending);
        }
    }
}
