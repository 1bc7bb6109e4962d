//! Strings.

use proptest::prelude::*;
use proptest::string::string_regex;

use crate::flat::Flat;

/// Strings that programs tend to treat wrongly.
const ODD: [&str; 22] = [
    "",
    " ",
    "\u{0}",
    "\n",
    "a\nb",
    "null",
    "true",
    "0",
    "1.0",
    "-1",
    "\"",
    "\\",
    "{\"a\": 1}",
    "%FF",
    "a+b%20c",
    "../../etc/passwd",
    "ann@example.com",
    "\u{feff}a",
    "\u{202e}abc",
    "e\u{301}",
    "\u{fffe}",
    "\u{1f600}",
];

/// The longest string without an upper bound, in characters.
const MAX_CHARS: usize = 3000;

/// Generates a short string, of which many are unusual.
pub fn odd_text() -> BoxedStrategy<String> {
    prop_oneof![
        proptest::sample::select(ODD.as_slice()).prop_map(str::to_owned),
        "[a-zA-Z_-]{1,12}",
        proptest::collection::vec(any::<char>(), 0..8).prop_map(String::from_iter),
    ]
    .boxed()
}

/// Generates the strings of a schema.
pub fn strings(schema: &Flat) -> BoxedStrategy<String> {
    let length = |keyword: &str| {
        let bound = schema.get(keyword).and_then(serde_json::Value::as_u64);
        bound.map(|bound| usize::try_from(bound).expect("a length"))
    };
    let (min, max) = (length("minLength").unwrap_or(0), length("maxLength"));
    let fits = move |text: &String| {
        let length = text.chars().count();
        length >= min && max.is_none_or(|max| length <= max)
    };
    let keyword = |name: &str| schema.get(name).map(|rule| rule.as_str().expect("a string"));
    match (keyword("format"), keyword("pattern")) {
        (Some(format), pattern) => formatted(format, pattern.is_some()),
        (None, Some(pattern)) => matching(pattern),
        (None, None) => unrestricted(min, max),
    }
    .prop_filter("a string of another length", fits)
    .boxed()
}

/// Generates strings whose length in characters is in a range; both bounds are frequent.
fn unrestricted(min: usize, max: Option<usize>) -> BoxedStrategy<String> {
    let most = max.unwrap_or(MAX_CHARS).min(min + MAX_CHARS);
    let few = most.min(min + 12);
    let of = |length: std::ops::RangeInclusive<usize>| {
        let character = prop_oneof![3 => proptest::char::range(' ', '~'), 1 => any::<char>()];
        proptest::collection::vec(character, length).prop_map(String::from_iter)
    };
    let repeated = (any::<char>(), prop_oneof![Just(min), Just(most), min..=most])
        .prop_map(|(character, length)| String::from_iter(std::iter::repeat_n(character, length)));
    let odd = odd_text().prop_map(move |text| {
        let padding = "_".repeat(min.saturating_sub(text.chars().count()));
        let padded = text + &padding;
        padded.chars().take(most).collect()
    });
    prop_oneof![4 => of(min..=few), 3 => odd, 1 => repeated].boxed()
}

/// Generates strings that match a pattern: without an anchor, other characters may stand before or behind.
fn matching(pattern: &str) -> BoxedStrategy<String> {
    let (core, is_start) = match pattern.strip_prefix('^') {
        Some(core) => (core, true),
        None => (pattern, false),
    };
    let (core, is_end) = match core.strip_suffix('$') {
        Some(core) if !core.ends_with('\\') => (core, true),
        _ => (core, false),
    };
    let core = string_regex(core).unwrap_or_else(|error| panic!("the pattern {pattern}: {error}"));
    let around = |is_anchored: bool| {
        if is_anchored {
            Just(String::new()).boxed()
        } else {
            odd_text()
        }
    };
    (around(is_start), core, around(is_end))
        .prop_map(|(before, core, behind)| before + &core + &behind)
        .boxed()
}

/// Generates strings of a format. `has_pattern` selects the canonical form, which our patterns demand.
fn formatted(format: &str, has_pattern: bool) -> BoxedStrategy<String> {
    match format {
        "date-time" => date_times(has_pattern),
        "uuid" if has_pattern => {
            matching("^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
        }
        "uuid" => matching("^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"),
        "email" => matching(
            "^[a-z0-9]{1,20}([._+-][a-z0-9]{1,9}){0,2}@[a-z0-9]{1,20}(-[a-z0-9]{1,9})?[.][a-z]{2,6}$",
        ),
        "uri" => matching(
            "^https://[a-z0-9]{1,20}([.][a-z]{2,6}){0,2}(:[1-9][0-9]{1,3})?(/[a-zA-Z0-9._~-]{0,9}){0,3}([?][a-z]{1,5}=[a-z0-9]{0,9})?$",
        ),
        other => panic!("schema-strategies has no rule for the format {other}: add it"),
    }
}

fn date_times(is_canonical: bool) -> BoxedStrategy<String> {
    let date = (0..=9999_u32, 1..=12_u32, 1..=28_u32)
        .prop_map(|(year, month, day)| format!("{year:04}-{month:02}-{day:02}"));
    let date = prop_oneof![
        4 => date,
        1 => proptest::sample::select(vec!["0000-01-01", "1970-01-01", "2000-02-29", "2024-02-29", "9999-12-31"])
            .prop_map(str::to_owned),
    ];
    let time = (0..=23_u32, 0..=59_u32, 0..=59_u32)
        .prop_map(|(hour, minute, second)| format!("{hour:02}:{minute:02}:{second:02}"));
    let rest = if is_canonical {
        "[.][0-9]{3}Z".boxed()
    } else {
        "([.][0-9]{1,9})?(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])".boxed()
    };
    (date, time, rest)
        .prop_map(|(date, time, rest)| format!("{date}T{time}{rest}"))
        .boxed()
}
