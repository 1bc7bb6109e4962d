//! Key-value pairs of clients: a job's user metadata, and the tags of jobs and queues.

use std::collections::BTreeMap;

/// The limits of a service. Only ASCII letters and digits are allowed, which may be stricter than the service.
#[derive(Debug)]
pub struct Limits {
    /// The maximum number of pairs.
    pairs: usize,
    /// The maximum length of a key, in characters.
    key: usize,
    /// The maximum length of a value, in characters.
    value: usize,
    /// The symbols that are allowed beside letters, digits and the space.
    symbols: &'static str,
    /// A prefix that neither key nor value may have.
    reserved: Option<&'static str>,
}

/// A job's user metadata on Elastic Transcoder (developer guide, "Settings that you specify", user metadata).
pub const ELASTIC_TRANSCODER: Limits = Limits {
    pairs: 10,
    key: 128,
    value: 256,
    symbols: "_.:/=+-%@",
    reserved: None,
};

/// A job's user metadata on MediaConvert (user guide, "Using metadata tags", job tag restrictions).
pub const MEDIA_CONVERT: Limits = Limits { pairs: 10, ..TAGS };

/// Tags on MediaConvert (user guide, "Restrictions for tags").
pub const TAGS: Limits = Limits {
    pairs: 50,
    key: 128,
    value: 256,
    symbols: "_.:/=+-@",
    reserved: Some("aws:"),
};

impl Limits {
    /// Returns the key of the first wrong pair and its problem. An empty key stands for all pairs.
    pub fn problem(&self, pairs: &BTreeMap<String, String>) -> Option<(String, String)> {
        if pairs.len() > self.pairs {
            let problem = format!("has {} pairs, at most {} are allowed", pairs.len(), self.pairs);
            return Some((String::new(), problem));
        }
        pairs
            .iter()
            .find_map(|(key, value)| Some((key.clone(), self.problem_of(key, value)?)))
    }

    fn problem_of(&self, key: &str, value: &str) -> Option<String> {
        let length = |text: &str| text.chars().count();
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == ' ' || self.symbols.contains(c);
        let texts = [key, value];
        if !(1..=self.key).contains(&length(key)) || length(value) > self.value {
            let Self { key, value, .. } = self;
            return Some(format!("keys have 1 to {key} characters, values at most {value}"));
        }
        if !texts.iter().all(|text| text.chars().all(allowed)) {
            let symbols = self.symbols;
            return Some(format!(
                "only letters, digits, spaces and {symbols} are allowed in keys and values"
            ));
        }
        let reserved = self
            .reserved
            .filter(|prefix| texts.iter().any(|text| text.starts_with(prefix)));
        reserved.map(|prefix| format!("keys and values must not begin with {prefix}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has_problem(limits: &Limits, key: &str, value: &str) -> bool {
        let pairs = BTreeMap::from([(key.to_owned(), value.to_owned())]);
        limits.problem(&pairs).is_some()
    }

    #[test]
    fn pairs_are_limited_in_number_and_length() {
        for (limits, pairs) in [(ELASTIC_TRANSCODER, 10), (MEDIA_CONVERT, 10), (TAGS, 50)] {
            let numbered = |count| {
                (0..count)
                    .map(|number| (number.to_string(), String::new()))
                    .collect()
            };
            assert_eq!(limits.problem(&numbered(pairs)), None);
            assert!(limits.problem(&numbered(pairs + 1)).is_some());
            assert!(!has_problem(&limits, &"k".repeat(128), &"v".repeat(256)));
            assert!(has_problem(&limits, &"k".repeat(129), "v"));
            assert!(has_problem(&limits, "k", &"v".repeat(257)));
            assert!(has_problem(&limits, "", "v"));
        }
    }

    #[test]
    fn only_the_documented_alphabet_is_allowed() {
        for allowed in ["Aa0 _.:/=+-@", "uploads/aws:"] {
            assert!(!has_problem(&MEDIA_CONVERT, allowed, allowed), "{allowed:?}");
        }
        for refused in [
            "demo%2F0", "a&b", "a,b", "ç", "a\nb", "a\"b", "{}", "a\\b", "aws:a",
        ] {
            assert!(has_problem(&MEDIA_CONVERT, "k", refused), "{refused:?}");
            assert!(has_problem(&TAGS, refused, "v"), "{refused:?}");
        }
        assert!(!has_problem(&ELASTIC_TRANSCODER, "k", "demo%2F0"));
        assert!(has_problem(&ELASTIC_TRANSCODER, "k", "a&b"));
    }
}
