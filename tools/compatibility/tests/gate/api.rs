//! Kinds of change in the API's description.

use compatibility::api::breakages;
use compatibility::breakage::{Audience, Breakage, BrokenItem};
use serde::Deserialize;
use serde_json::Value;

use crate::edit::{self, Edit};

/// A change of the description `cases/api-base.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApiCase {
    change: String,
    /// Edits that make the old description, before the others.
    #[serde(default)]
    before: Vec<Edit>,
    edits: Vec<Edit>,
    breaks: Vec<String>,
}

fn shown(breakage: Breakage) -> String {
    let subject = match breakage.subject {
        BrokenItem::Operation {
            id,
            type_name: Some(name),
            ..
        } => format!("{id} {name}"),
        BrokenItem::Operation { id, .. } => id,
        BrokenItem::Document { name } => name,
    };
    let audience = match breakage.audience {
        Audience::Readers => "readers",
        Audience::Writers => "writers",
        Audience::Callers => "callers",
    };
    format!("{subject} | {audience} | {} | {}", breakage.place, breakage.text)
}

#[test]
fn each_kind_of_change_is_judged() {
    let base: Value = serde_json::from_str(include_str!("cases/api-base.json")).unwrap();
    let cases: Vec<ApiCase> = serde_json::from_str(include_str!("cases/api.json")).unwrap();
    for case in cases {
        let old = edit::applied(&base, &case.before);
        let new = edit::applied(&old, &case.edits);
        let verdict: Vec<String> = breakages(&old, &new).unwrap().into_iter().map(shown).collect();
        assert_eq!(verdict, case.breaks, "{}", case.change);
    }
}
