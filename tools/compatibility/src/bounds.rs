//! Keywords that restrict a value by one number or text.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use crate::change::{Direction, SchemaChange};
use crate::pattern;
use crate::place::Place;
use crate::schema::Alternative;

/// How a keyword restricts.
#[derive(Clone, Copy, Debug)]
enum Rule {
    /// The larger the number, the fewer values are valid.
    Lower,
    /// The smaller the number, the fewer values are valid.
    Upper,
    /// Fewer values are valid where the keyword is present.
    Equal,
    /// Texts have a match of the pattern.
    Pattern,
}

/// Keywords that restrict the values of some types in the same way.
#[derive(Clone, Copy, Debug)]
pub struct Keyword {
    /// The keyword.
    name: &'static str,
    /// The keyword that restricts more with the same number.
    stricter: Option<&'static str>,
    kinds: &'static [&'static str],
    rule: Rule,
}

const NUMBERS: &[&str] = &["integer", "number"];

/// All such keywords.
pub const KEYWORDS: [Keyword; 11] = [
    keyword("minimum", Some("exclusiveMinimum"), NUMBERS, Rule::Lower),
    keyword("maximum", Some("exclusiveMaximum"), NUMBERS, Rule::Upper),
    keyword("exclusiveMinimum", None, NUMBERS, Rule::Lower),
    keyword("exclusiveMaximum", None, NUMBERS, Rule::Upper),
    keyword("minLength", None, &["string"], Rule::Lower),
    keyword("maxLength", None, &["string"], Rule::Upper),
    keyword("minItems", None, &["array"], Rule::Lower),
    keyword("maxItems", None, &["array"], Rule::Upper),
    keyword("pattern", None, &["string"], Rule::Pattern),
    keyword("format", None, &["string"], Rule::Equal),
    keyword("uniqueItems", None, &["array"], Rule::Equal),
];

const fn keyword(
    name: &'static str,
    stricter: Option<&'static str>,
    kinds: &'static [&'static str],
    rule: Rule,
) -> Keyword {
    Keyword {
        name,
        stricter,
        kinds,
        rule,
    }
}

impl Keyword {
    /// Returns whether the keyword restricts values of a type; `None` stands for any type.
    pub fn apply_to(&self, kind: Option<&str>) -> bool {
        kind.is_none_or(|kind| self.kinds.contains(&kind))
    }

    /// Returns the change if the reading side restricts values more than the writing side.
    pub fn change(
        &self,
        direction: Direction,
        written: &Alternative,
        read: &Alternative,
        place: &Place,
    ) -> Option<SchemaChange> {
        let limit = read.get(self.name).filter(|limit| self.restricts(limit))?;
        let given = written.get(self.name);
        let strict = self.stricter.and_then(|name| written.get(name));
        if [given, strict]
            .into_iter()
            .flatten()
            .any(|given| self.implies(given, limit))
        {
            return None;
        }
        let shown = |value: Option<&Value>| value.map_or("absent".to_owned(), Value::to_string);
        let (old, new) = match direction {
            Direction::Sent => (shown(Some(limit)), shown(given)),
            Direction::Taken => (shown(given), shown(Some(limit))),
        };
        Some(SchemaChange {
            place: place.clone(),
            text: format!("has another `{}`: {new} instead of {old}", self.name),
        })
    }

    fn restricts(&self, limit: &Value) -> bool {
        let size = self.name.starts_with("minL") || self.name.starts_with("minI");
        limit != &Value::Bool(false) && !(size && limit == 0)
    }

    /// Returns whether each value within `given` is within `limit`.
    fn implies(&self, given: &Value, limit: &Value) -> bool {
        let order = given
            .as_number()
            .zip(limit.as_number())
            .and_then(|(given, limit)| compare(given, limit));
        match self.rule {
            Rule::Lower => order.is_some_and(Ordering::is_ge),
            Rule::Upper => order.is_some_and(Ordering::is_le),
            Rule::Equal => given == limit,
            Rule::Pattern => {
                let patterns = given.as_str().zip(limit.as_str());
                patterns.and_then(|(given, limit)| pattern::includes(given, limit)) == Some(true)
            }
        }
    }
}

fn compare(one: &Number, two: &Number) -> Option<Ordering> {
    match (one.as_i128(), two.as_i128()) {
        (Some(one), Some(two)) => Some(one.cmp(&two)),
        _ => one.as_f64()?.partial_cmp(&two.as_f64()?),
    }
}
