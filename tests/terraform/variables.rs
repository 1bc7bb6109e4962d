//! A change of each variable of `terraform/stage` plans what `variables.json` says.
//!
//! A row has a variable, another value, and `changes`: each `ADDRESS ATTRIBUTE` that must get another value, with a text
//! that the value contains; `*` stands for any characters. A row with `error` must make the plan fail with that text. A row
//! with `unchanged` has the reason why the test does not change the variable. Rows of one `group` are planned at once, so a
//! variable that changes the attributes of others needs a group of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::{fmt, fs};

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use tests::stack::repository;

use crate::changes::differences;
use crate::stage::Stage;

const ROWS: &str = "tests/terraform/variables.json";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    variable: String,
    #[serde(default)]
    value: Value,
    #[serde(default)]
    changes: Changes,
    error: Option<String>,
    unchanged: Option<String>,
    #[serde(default)]
    group: u8,
}

/// The differences of a row. A pattern that stands twice is an error, of which serde would keep the last one.
#[derive(Debug, Default)]
struct Changes(BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Changes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ChangesVisitor)
    }
}

struct ChangesVisitor;

impl<'de> Visitor<'de> for ChangesVisitor {
    type Value = Changes;

    fn expecting(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        text.write_str("an object of patterns and texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Changes, A::Error> {
        let mut changes = BTreeMap::new();
        while let Some((pattern, text)) = map.next_entry::<String, String>()? {
            if let Some(first) = changes.insert(pattern.clone(), text) {
                return Err(A::Error::custom(format!(
                    "{pattern} stands twice, first with {first}"
                )));
            }
        }
        Ok(Changes(changes))
    }
}

fn rows() -> Vec<Row> {
    let text = fs::read_to_string(repository().join(ROWS)).expect(ROWS);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{ROWS}: {error}"))
}

/// The variables that `terraform/stage/variables.tf` declares.
fn declared() -> BTreeSet<String> {
    let text = fs::read_to_string(repository().join("terraform/stage/variables.tf")).expect("variables.tf");
    let names = text
        .lines()
        .filter_map(|line| line.strip_prefix("variable \"")?.split('"').next());
    names.map(str::to_owned).collect()
}

/// Plans the changes of each group of rows at once, and each change that must fail on its own.
pub fn check(stage: &Stage) {
    let rows = rows();
    let base = stage.plan(&["-refresh=false"]);
    let is_planned = |row: &&Row| row.error.is_none() && row.unchanged.is_none();
    let groups: BTreeSet<u8> = rows.iter().filter(is_planned).map(|row| row.group).collect();
    for group in groups {
        let rows: Vec<&Row> = rows
            .iter()
            .filter(is_planned)
            .filter(|row| row.group == group)
            .collect();
        change(stage, &rows);
        let plan = stage.plan(&["-refresh=false", CHANGED]);
        compare(&rows, differences(&base, &plan));
    }
    for row in &rows {
        if let Some(error) = &row.error {
            change(stage, &[row]);
            let plan = stage.terraform(&["plan", "-input=false", "-no-color", "-refresh=false", CHANGED]);
            let text = plan.text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(
                !plan.success && text.contains(error),
                "{}: {}",
                row.variable,
                plan.text
            );
        }
    }
}

const CHANGED: &str = "-var-file=changed.tfvars.json";

fn change(stage: &Stage, rows: &[&Row]) {
    let values: Map<String, Value> = rows
        .iter()
        .map(|row| (row.variable.clone(), row.value.clone()))
        .collect();
    stage.write("changed.tfvars.json", &Value::Object(values).to_string());
}

/// Fails unless the rows have each planned difference, and no other.
fn compare(rows: &[&Row], mut found: BTreeMap<String, String>) {
    let mut missing = Vec::new();
    for row in rows {
        for (pattern, text) in &row.changes.0 {
            let keys: Vec<String> = found
                .keys()
                .filter(|key| matches(pattern, key))
                .cloned()
                .collect();
            if keys.is_empty() || !keys.iter().all(|key| found[key].contains(text)) {
                missing.push(format!("{}: {pattern} = {text}", row.variable));
            }
            for key in keys {
                found.remove(&key);
            }
        }
    }
    for value in found.values_mut() {
        *value = value.chars().take(200).collect();
    }
    assert!(
        missing.is_empty() && found.is_empty(),
        "{ROWS} differs from the plan.\nNot planned: {missing:#?}\nPlanned, but in no row: {found:#?}"
    );
}

/// Returns whether a key matches a pattern, in which `*` stands for any characters.
fn matches(pattern: &str, key: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == key;
    };
    let Some(key) = key.strip_prefix(start) else {
        return false;
    };
    (0..=key.len()).any(|at| key.get(at..).is_some_and(|tail| matches(rest, tail)))
}

#[test]
fn every_variable_has_a_row() {
    let rows = rows();
    for row in &rows {
        let given = [
            !row.changes.0.is_empty(),
            row.error.is_some(),
            row.unchanged.is_some(),
        ];
        assert_eq!(
            given.into_iter().filter(|is_given| *is_given).count(),
            1,
            "{}: give one of changes, error and unchanged",
            row.variable
        );
    }
    let rows: Vec<String> = rows.into_iter().map(|row| row.variable).collect();
    let known: BTreeSet<String> = rows.iter().cloned().collect();
    assert_eq!(rows.len(), known.len(), "{ROWS} has a variable twice");
    let declared = declared();
    assert_eq!(
        declared.difference(&known).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "add a row to {ROWS}: another value, and what it changes. A run of the suite prints what the plan changes"
    );
    assert_eq!(
        known.difference(&declared).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "no such variable"
    );
}

#[test]
fn star_matches_any_characters() {
    assert!(matches("a*.b", "a.x.b") && matches("a*", "a") && matches("*", ""));
    assert!(!matches("a*.b", "a.x.c") && !matches("a", "ab"));
}
