//! The text of a comparison's result.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};

use crate::breakage::{Audience, BrokenItem};
use crate::check::{Breakages, GateResult};
use crate::documents::{DESCRIPTION, MAJOR};
use crate::version::ReleaseVersion;

impl fmt::Display for GateResult {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.released.is_empty() {
            return writeln!(
                formatter,
                "No version of schemas/{MAJOR} is released: there is nothing to compare."
            );
        }
        if !self.allowed.is_empty() {
            formatter.write_str("Note: CHANGELOG.md allows these changes, which break clients.\n\n")?;
            formatter.write_str(&listed(&self.allowed))?;
        }
        if self.forbidden.is_empty() {
            let (documents, operations) = self.size;
            let released = joined(&self.released);
            let besides = if self.allowed.is_empty() {
                ""
            } else {
                ", apart from these changes"
            };
            return writeln!(
                formatter,
                "{documents} documents and {operations} operations are compatible with {released}{besides}."
            );
        }
        formatter.write_str("Error: these changes break clients of released versions.\n\n")?;
        formatter.write_str(&listed(&self.forbidden))?;
        formatter.write_str(&self.remedy())
    }
}

impl GateResult {
    fn remedy(&self) -> String {
        if self.current.major > 0 {
            return format!(
                "What to do: undo the changes. From 1.0 on, schemas/{MAJOR} never breaks, and no changelog entry allows it.\n\
                 Publish the new form beside the old one, in a new folder schemas/v2 and under new paths of the API.\n"
            );
        }
        let mut text = "What to do: undo the changes, or announce them. Before 1.0, a version may break clients if CHANGELOG.md says\n\
            so: under \"## Unreleased\" and \"### Schemas\", add a line for each name, with what clients must change.\n\n"
            .to_owned();
        let names: BTreeSet<&str> = self
            .forbidden
            .keys()
            .map(|breakage| name(&breakage.subject))
            .collect();
        for name in names {
            let _ = writeln!(text, "    - `{name}`: …");
        }
        text
    }
}

/// Returns the name that a changelog should use: of the named type, if several operations share it.
fn name(subject: &BrokenItem) -> &str {
    match subject {
        BrokenItem::Document { name } => name,
        BrokenItem::Operation { id, type_name, .. } => type_name.as_ref().unwrap_or(id),
    }
}

/// Returns a paragraph for each document, operation and type of the API's description.
fn listed(breakages: &Breakages) -> String {
    let mut paragraphs: BTreeMap<(String, Audience), BTreeMap<String, Vec<ReleaseVersion>>> = BTreeMap::new();
    for (breakage, versions) in breakages {
        let line = match breakage.place.as_str() {
            "" => breakage.text.clone(),
            place => format!("{place}: {}", breakage.text),
        };
        let title = title(&breakage.subject, breakages);
        let lines = paragraphs.entry((title, breakage.audience)).or_default();
        let since = lines.entry(line).or_default();
        since.extend(versions);
        since.sort();
        since.dedup();
    }
    let mut text = String::new();
    for ((title, audience), lines) in paragraphs {
        let _ = writeln!(text, "{title} breaks {audience}:");
        for (line, versions) in lines {
            let _ = writeln!(text, "    {line} (compared with {})", joined(&versions));
        }
        text.push('\n');
    }
    text
}

fn title(subject: &BrokenItem, all: &Breakages) -> String {
    match subject {
        BrokenItem::Document { name } => format!("Document `{name}` (schemas/{MAJOR})"),
        BrokenItem::Operation {
            id,
            route,
            type_name: None,
        } => format!("Operation `{id}` ({route}, schemas/{DESCRIPTION})"),
        BrokenItem::Operation {
            type_name: Some(type_name),
            ..
        } => {
            let users: BTreeSet<&str> = all
                .keys()
                .filter_map(|breakage| match &breakage.subject {
                    BrokenItem::Operation {
                        id,
                        type_name: Some(other),
                        ..
                    } if other == type_name => Some(id.as_str()),
                    _ => None,
                })
                .collect();
            let users: Vec<&str> = users.into_iter().collect();
            format!(
                "Type `{type_name}` (schemas/{DESCRIPTION}, used by {})",
                users.join(", ")
            )
        }
    }
}

fn joined(versions: &[ReleaseVersion]) -> String {
    let texts: Vec<String> = versions.iter().map(ReleaseVersion::to_string).collect();
    texts.join(", ")
}
