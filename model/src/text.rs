//! Text from other systems, made fit for a record.

/// Returns a text as one line of `most` characters at most, control characters replaced by spaces.
pub fn bounded(text: &str, most: usize) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(most)
        .collect();
    line.trim().to_owned()
}
