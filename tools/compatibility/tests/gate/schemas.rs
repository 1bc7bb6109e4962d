//! Kinds of change in a schema, with the verdict for what we send and for what we take.

use compatibility::change::Direction;
use compatibility::compare::breaking_changes;
use compatibility::schema::Schema;
use serde::Deserialize;
use serde_json::Value;

/// A change of a schema, with the changes that the comparison reports.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchemaCase {
    pub change: String,
    pub old: Value,
    pub new: Value,
    /// What breaks readers if we send the values.
    pub sent: Vec<String>,
    /// What breaks writers if we take the values.
    pub taken: Vec<String>,
    /// The direction in which the verdict is a rule of ours, which no value proves.
    #[serde(default)]
    pub rule: Option<Direction>,
}

/// Returns the table of `cases/schemas.json`.
pub fn cases() -> Vec<SchemaCase> {
    serde_json::from_str(include_str!("cases/schemas.json")).unwrap()
}

/// Returns what the comparison reports.
pub fn verdict(direction: Direction, old: &Value, new: &Value) -> Vec<String> {
    let schema = |node| Schema { root: node, node };
    let changes = breaking_changes(direction, schema(old), schema(new)).unwrap();
    changes
        .into_iter()
        .map(|change| format!("{}: {}", change.place.path, change.text))
        .collect()
}

#[test]
fn each_kind_of_change_is_judged() {
    for case in cases() {
        let verdicts =
            [Direction::Sent, Direction::Taken].map(|direction| verdict(direction, &case.old, &case.new));
        assert_eq!(verdicts, [case.sent, case.taken], "{}", case.change);
    }
}
