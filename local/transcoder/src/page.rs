//! Lists in pages.

/// Which page of a list is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Oldest first.
    pub ascending: bool,
    /// The identifier that the page begins with, so that items that come or go meanwhile neither repeat nor hide others.
    pub token: Option<&'a str>,
    /// How many items at the most.
    pub size: usize,
}

/// A page and the token of the next one.
#[derive(Debug)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

impl Asked<'_> {
    /// The page of items that come oldest first.
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
    fn pages_follow_each_other_either_way() {
        let items: Vec<String> = (0..120).map(|number| format!("{number:013}-abcdef")).collect();
        for ascending in [true, false] {
            let (mut seen, mut token) = (Vec::new(), None::<String>);
            loop {
                let asked = Asked {
                    ascending,
                    token: token.as_deref(),
                    size: 50,
                };
                let page = asked.of(items.clone(), |id| id);
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
