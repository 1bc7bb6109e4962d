//! Limits for texts from other systems.

/// Returns the first `max_chars` characters as one trimmed line. Replaces control characters by spaces.
pub fn bounded(text: &str, max_chars: usize) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(max_chars)
        .collect();
    line.trim().to_owned()
}
