//! Lists in pages.

/// The page of a list that a client requests.
#[derive(Debug, Clone, Copy)]
pub struct PageRequest<'a> {
    /// Whether the oldest item comes first.
    pub ascending: bool,
    /// The identifier at which the page begins, so that added or removed items neither repeat nor hide others.
    pub token: Option<&'a str>,
    /// The maximum number of items.
    pub size: usize,
}

/// A page and the token of the next one.
#[derive(Debug)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

impl PageRequest<'_> {
    /// Returns the page of items that are sorted oldest first.
    pub fn of<T>(self, mut items: Vec<T>, id_of: impl Fn(&T) -> &str) -> Page<T> {
        if !self.ascending {
            items.reverse();
        }
        if let Some(token) = self.token {
            items.retain(|item| {
                if self.ascending {
                    id_of(item) >= token
                } else {
                    id_of(item) <= token
                }
            });
        }
        let next = items.get(self.size).map(|item| id_of(item).to_owned());
        items.truncate(self.size);
        Page { items, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_cover_the_list_in_either_order() {
        let items: Vec<String> = (0..120).map(|number| format!("{number:013}-abcdef")).collect();
        for ascending in [true, false] {
            let (mut seen, mut token) = (Vec::new(), None::<String>);
            loop {
                let request = PageRequest {
                    ascending,
                    token: token.as_deref(),
                    size: 50,
                };
                let page = request.of(items.clone(), |id| id);
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
