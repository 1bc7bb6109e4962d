//! Compares the current documents with every released version.

use std::collections::BTreeMap;
use std::path::Path;

use crate::api;
use crate::breakage::{Audience, Breakage, BrokenItem};
use crate::change::Direction;
use crate::changelog::Changelog;
use crate::compare::breaking_changes;
use crate::documents::{DESCRIPTION, Documents, Entry};
use crate::error::GateError;
use crate::schema::{Schema, Unsupported};
use crate::version::ReleaseVersion;

/// Changes that break clients, each with the released versions whose clients it breaks.
pub type Breakages = BTreeMap<Breakage, Vec<ReleaseVersion>>;

/// The result of a comparison with all released versions.
#[derive(Clone, Debug)]
pub struct GateResult {
    /// The version of the workspace.
    pub current: ReleaseVersion,
    /// The released versions.
    pub released: Vec<ReleaseVersion>,
    /// The number of current documents and operations.
    pub size: (usize, usize),
    /// Changes that are errors.
    pub forbidden: Breakages,
    /// Changes that the changelog allows.
    pub allowed: Breakages,
}

/// Compares the documents of a repository with all released versions.
pub fn check(repository: &Path, current: ReleaseVersion) -> Result<GateResult, GateError> {
    let released = Documents::released(repository)?;
    let mut outcome = GateResult {
        current,
        released: released.keys().copied().collect(),
        size: (0, 0),
        forbidden: BTreeMap::new(),
        allowed: BTreeMap::new(),
    };
    if released.is_empty() {
        return Ok(outcome);
    }
    let path = repository.join("CHANGELOG.md");
    let changelog = std::fs::read_to_string(&path).map_err(|source| GateError::File { path, source })?;
    let changelog = Changelog::parse(&changelog);
    let documents = Documents::current(repository)?;
    outcome.size = (documents.schemas.len(), api::count(&documents.description));
    for (version, old) in &released {
        for breakage in breakages(old, &documents)? {
            let list = if changelog.allows(&breakage.subject.names(), *version, current) {
                &mut outcome.allowed
            } else {
                &mut outcome.forbidden
            };
            list.entry(breakage).or_default().push(*version);
        }
    }
    Ok(outcome)
}

/// Returns the changes between two versions that break clients.
pub fn breakages(old: &Documents, new: &Documents) -> Result<Vec<Breakage>, GateError> {
    let mut found = Vec::new();
    for (name, (entry, schema)) in &old.schemas {
        let whole = |text: &str| whole_document(entry, text);
        let Some((later, new_schema)) = new.schemas.get(name) else {
            found.push(whole("the document is removed"));
            continue;
        };
        if later.direction != entry.direction {
            found.push(whole(match entry.direction {
                Direction::Sent => "we sent its values and take them now",
                Direction::Taken => "we took its values and send them now",
            }));
        }
        for (what, before, after) in [
            ("file name", &entry.file, &later.file),
            ("`$id`", &entry.id, &later.id),
        ] {
            if before != after {
                found.push(whole(&format!("has another {what}: {after} instead of {before}")));
            }
        }
        let root = |node| Schema { root: node, node };
        let changes = breaking_changes(entry.direction, root(schema), root(new_schema));
        let changes = changes.map_err(|source| unsupported(&later.file, source))?;
        found.extend(
            changes
                .into_iter()
                .map(|change| Breakage::of_document(name, entry.direction, change)),
        );
    }
    let operations = api::breakages(&old.description, &new.description);
    found.extend(operations.map_err(|source| unsupported(DESCRIPTION, source))?);
    Ok(found)
}

fn whole_document(entry: &Entry, text: &str) -> Breakage {
    Breakage {
        subject: BrokenItem::Document {
            name: entry.name.clone(),
        },
        audience: Audience::from(entry.direction),
        place: String::new(),
        text: text.to_owned(),
    }
}

fn unsupported(document: &str, source: Unsupported) -> GateError {
    GateError::Unsupported {
        document: document.to_owned(),
        source,
    }
}
