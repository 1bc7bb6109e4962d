//! The record of a stack's saved state: whether it is complete, and which configuration was applied.

use std::fs;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::files;
use crate::paths::StackPaths;

/// The version of the layout of a state folder.
const FORMAT: u32 = 3;

/// The record, as `record.json` has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateRecord {
    format: u32,
    /// The fingerprint of the Python environment whose emulator wrote the state.
    emulator: String,
    /// Whether the last run stopped the emulator gracefully, so that the saved state is complete.
    pub clean: bool,
    /// The hash of the saved files after that stop. Another hash now means that another program changed them.
    snapshot: String,
    /// Whether a first `terraform apply` has finished.
    built: bool,
    /// The fingerprint that the last `terraform apply` applied; `None` while one runs and after one was interrupted.
    pub applied: Option<String>,
}

impl StateRecord {
    /// Creates the record of a stack without saved state.
    pub fn new(paths: &StackPaths, emulator: &str) -> StateRecord {
        StateRecord {
            format: FORMAT,
            emulator: emulator.to_owned(),
            clean: true,
            snapshot: snapshot(paths),
            built: false,
            applied: None,
        }
    }

    /// Records that `terraform apply` finished.
    pub fn set_applied(&mut self, fingerprint: String) {
        self.built = true;
        self.applied = Some(fingerprint);
    }

    /// Records that the emulator saved its state.
    pub fn set_saved(&mut self, paths: &StackPaths) {
        self.clean = true;
        self.snapshot = snapshot(paths);
    }

    pub fn load(paths: &StackPaths) -> Option<StateRecord> {
        files::read_json(&paths.record())
    }

    pub fn save(&self, paths: &StackPaths) -> Result<()> {
        files::write_json(&paths.record(), self, files::PLAIN)
    }

    /// Returns the reason why this emulator cannot use the saved state, if there is one.
    pub fn stale_reason(&self, paths: &StackPaths, emulator: &str) -> Option<String> {
        let reason = if self.format != FORMAT {
            "another version wrote its layout"
        } else if !self.clean {
            "the last run did not end in order, so the emulator's saved state is out of date"
        } else if self.emulator != emulator {
            "another version of the emulator wrote it"
        } else if !self.built && paths.terraform_state().exists() {
            "the first apply did not finish"
        } else if self.snapshot != snapshot(paths) {
            "the saved files have changed since the last run"
        } else {
            return None;
        };
        Some(reason.to_owned())
    }
}

/// Returns one hash of the files that belong together: the emulator's saved state, the transcoder's pipelines and
/// Terraform's state.
fn snapshot(paths: &StackPaths) -> String {
    let folders = [
        paths.emulator().join("state"),
        paths.transcoder().join("pipelines"),
    ];
    let entries = folders.iter().flat_map(fs::read_dir).flatten().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.push(paths.terraform_state());
    files.sort();
    let hashes = files
        .iter()
        .filter_map(|path| Some(files::sha256(&fs::read(path).ok()?)));
    files::sha256(hashes.collect::<String>().as_bytes())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// Returns a new state folder with a saved file.
    fn paths(name: &str) -> StackPaths {
        let state = std::env::temp_dir().join(format!("local-record-{}-{name}", std::process::id()));
        fs::create_dir_all(state.join("emulator/state")).unwrap();
        fs::write(state.join("emulator/state/s3.json"), "{}").unwrap();
        StackPaths {
            root: PathBuf::from("/r"),
            shared: PathBuf::from("/r/.local"),
            state,
        }
    }

    #[test]
    fn clean_state_of_the_same_emulator_is_used() {
        let paths = paths("kept");
        assert_eq!(StateRecord::new(&paths, "a").stale_reason(&paths, "a"), None);
        fs::remove_dir_all(paths.state).unwrap();
    }

    #[test]
    fn stale_state_is_reported_with_its_reason() {
        let paths = paths("stale");
        let clean = StateRecord::new(&paths, "a");
        assert!(
            clean
                .stale_reason(&paths, "b")
                .unwrap()
                .contains("another version of the emulator")
        );
        let killed = StateRecord {
            clean: false,
            ..clean.clone()
        };
        assert!(
            killed
                .stale_reason(&paths, "a")
                .unwrap()
                .contains("did not end in order")
        );
        let old = StateRecord {
            format: 0,
            ..clean.clone()
        };
        assert!(old.stale_reason(&paths, "a").unwrap().contains("layout"));
        fs::write(paths.emulator().join("state/s3.json"), "{\"older\":1}").unwrap();
        assert!(
            clean
                .stale_reason(&paths, "a")
                .unwrap()
                .contains("have changed since the last run")
        );
        fs::remove_dir_all(paths.state).unwrap();
    }

    #[test]
    fn state_of_an_unfinished_first_apply_is_stale() {
        let paths = paths("unbuilt");
        fs::create_dir_all(paths.terraform()).unwrap();
        fs::write(paths.terraform_state(), "{}").unwrap();
        let mut record = StateRecord::new(&paths, "a");
        assert!(record.stale_reason(&paths, "a").unwrap().contains("first apply"));
        record.set_applied("b".to_owned());
        assert_eq!(record.stale_reason(&paths, "a"), None);
        record.applied = None;
        assert_eq!(
            record.stale_reason(&paths, "a"),
            None,
            "an interrupted update is continued"
        );
        fs::remove_dir_all(paths.state).unwrap();
    }
}
