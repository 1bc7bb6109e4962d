//! Identifiers in Elastic Transcoder's format: thirteen digits of time, a hyphen, six letters or digits.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use uuid::Uuid;

const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// Returns the present time in milliseconds since 1970.
pub fn now_millis() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| {
        u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
    })
}

/// Generates identifiers that sort, as text, in the order of their generation.
#[derive(Debug, Default)]
pub struct Identifiers {
    last: AtomicU64,
}

impl Identifiers {
    /// Continues after the newest of the identifiers in use.
    pub fn after<'a>(used: impl IntoIterator<Item = &'a String>) -> Self {
        let newest = used
            .into_iter()
            .filter_map(|id| id.get(..13)?.parse().ok())
            .max()
            .unwrap_or(0);
        Self {
            last: AtomicU64::new(newest),
        }
    }

    /// Generates an identifier. Its time is at least a millisecond after the last one's.
    pub fn next(&self) -> String {
        let now = now_millis();
        let step = |last: u64| now.max(last.saturating_add(1));
        let last = self
            .last
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |last| Some(step(last)))
            .unwrap_or_else(|last| last);
        format!("{:013}-{}", step(last), suffix())
    }
}

fn suffix() -> String {
    let random = Uuid::now_v7().into_bytes();
    random[10..]
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_sort_by_creation() {
        let newest = String::from("9000000000000-abcdef");
        let identifiers = Identifiers::after([&newest]);
        let made: Vec<String> = (0..100).map(|_| identifiers.next()).collect();
        assert!(made.iter().all(|id| id.len() == newest.len() && *id > newest));
        assert!(made.is_sorted());
    }
}
