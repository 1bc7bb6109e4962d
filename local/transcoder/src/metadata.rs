//! A job's user metadata, which both services limit alike.

use std::collections::BTreeMap;

/// How many pairs a job may have.
const MOST_PAIRS: usize = 10;

/// The longest key and value, in characters.
const LONGEST: usize = 256;

/// The symbols that MediaConvert allows beside letters, digits and the space (its user guide, "Tagging resources": the
/// alphabet of AWS's tags).
pub const MEDIA_CONVERT: &str = "_.:/=+-@";

/// The symbols that Elastic Transcoder allows (its developer guide, "Create Job", `UserMetadata`).
pub const ELASTIC_TRANSCODER: &str = "_.:/=+-%@";

/// What is wrong with metadata, and of which key; `None` when they hold.
pub fn problem(metadata: &BTreeMap<String, String>, symbols: &str) -> Option<(String, String)> {
    if metadata.len() > MOST_PAIRS {
        let problem = format!("has {} pairs, at most {MOST_PAIRS} are allowed", metadata.len());
        return Some((String::new(), problem));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == ' ' || symbols.contains(c);
    metadata.iter().find_map(|(key, value)| {
        let texts = [key, value];
        let problem = if key.is_empty() || texts.iter().any(|text| text.chars().count() > LONGEST) {
            format!("keys have 1 to {LONGEST} characters, values at most {LONGEST}")
        } else if texts.iter().any(|text| !text.chars().all(allowed)) {
            format!("only letters, digits, spaces and {symbols} are allowed in keys and values")
        } else {
            return None;
        };
        Some((key.clone(), problem))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has_problem(pairs: usize, value: &str, symbols: &str) -> bool {
        let metadata = (0..pairs).map(|number| (format!("key-{number}"), value.to_owned()));
        problem(&metadata.collect(), symbols).is_some()
    }

    #[test]
    fn metadata_hold_up_to_their_limits_and_no_further() {
        assert!(!has_problem(10, &"v".repeat(256), MEDIA_CONVERT));
        assert!(!has_problem(10, "Aa0 _.:/=+-@", MEDIA_CONVERT));
        assert!(has_problem(11, "v", MEDIA_CONVERT));
        assert!(has_problem(1, &"v".repeat(257), MEDIA_CONVERT));
        for refused in [
            "demo%2F0%2Fa%2Emp4",
            "a&b",
            "a,b",
            "ç",
            "a\nb",
            "a\"b",
            "{}",
            "a\\b",
        ] {
            assert!(has_problem(1, refused, MEDIA_CONVERT), "{refused:?}");
        }
        assert!(!has_problem(1, "demo%2F0", ELASTIC_TRANSCODER));
        assert!(has_problem(1, "a&b", ELASTIC_TRANSCODER));
        let unnamed = BTreeMap::from([(String::new(), "v".to_owned())]);
        assert!(problem(&unnamed, MEDIA_CONVERT).is_some());
    }
}
