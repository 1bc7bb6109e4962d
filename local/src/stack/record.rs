//! What is known of the state that a stack keeps: whether it can be trusted, and what was applied to it.

use std::fs;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::files;
use crate::paths::Paths;

/// Raise it when the layout of a state folder changes.
const FORMAT: u32 = 3;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    format: u32,
    /// The Python environment with the emulator that wrote the state.
    emulator: String,
    /// The last run stopped the emulator gracefully, so what it saved is whole.
    pub clean: bool,
    /// What was there after that stop: should it differ, somebody else has been at it.
    snapshot: String,
    /// A first `terraform apply` has come to its end, so there is something worth keeping.
    built: bool,
    /// What the last one applied; nothing while one is under way, or after it was cut off.
    pub applied: Option<String>,
}

impl Record {
    /// For a stack that begins from nothing.
    pub fn new(paths: &Paths, emulator: &str) -> Record {
        Record {
            format: FORMAT,
            emulator: emulator.to_owned(),
            clean: true,
            snapshot: snapshot(paths),
            built: false,
            applied: None,
        }
    }

    /// An apply has come to its end.
    pub fn applied(&mut self, fingerprint: String) {
        self.built = true;
        self.applied = Some(fingerprint);
    }

    /// The emulator has saved everything.
    pub fn saved(&mut self, paths: &Paths) {
        self.clean = true;
        self.snapshot = snapshot(paths);
    }

    pub fn load(paths: &Paths) -> Option<Record> {
        files::read_json(&paths.record())
    }

    pub fn save(&self, paths: &Paths) -> Result<()> {
        files::write_json(&paths.record(), self, files::PLAIN)
    }

    /// Why the kept state cannot be used with this emulator, if so.
    pub fn stale(&self, paths: &Paths, emulator: &str) -> Option<String> {
        if self.format != FORMAT {
            Some("its layout is of another version".to_owned())
        } else if !self.clean {
            Some("the last run did not end in order, so what the emulator saved is not up to date".to_owned())
        } else if self.emulator != emulator {
            Some("it was written by another version of the emulator".to_owned())
        } else if !self.built && paths.terraform_state().exists() {
            Some("the first apply never came to its end".to_owned())
        } else if self.snapshot != snapshot(paths) {
            Some("what the emulator saved is not what the last run left".to_owned())
        } else {
            None
        }
    }
}

/// The hash of what the emulator saved, of the pipelines and of Terraform's state: they belong together.
fn snapshot(paths: &Paths) -> String {
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

    /// A state folder of its own, with something saved.
    fn paths(name: &str) -> Paths {
        let state = std::env::temp_dir().join(format!("local-record-{}-{name}", std::process::id()));
        fs::create_dir_all(state.join("emulator/state")).unwrap();
        fs::write(state.join("emulator/state/s3.json"), "{}").unwrap();
        Paths {
            root: PathBuf::from("/r"),
            shared: PathBuf::from("/r/.local"),
            state,
        }
    }

    #[test]
    fn a_clean_state_of_the_same_emulator_is_kept() {
        let paths = paths("kept");
        assert_eq!(Record::new(&paths, "a").stale(&paths, "a"), None);
        fs::remove_dir_all(paths.state).unwrap();
    }

    #[test]
    fn anything_else_is_stale_with_its_reason() {
        let paths = paths("stale");
        let clean = Record::new(&paths, "a");
        assert!(
            clean
                .stale(&paths, "b")
                .unwrap()
                .contains("another version of the emulator")
        );
        let killed = Record {
            clean: false,
            ..clean.clone()
        };
        assert!(
            killed
                .stale(&paths, "a")
                .unwrap()
                .contains("did not end in order")
        );
        let old = Record {
            format: 0,
            ..clean.clone()
        };
        assert!(old.stale(&paths, "a").unwrap().contains("layout"));
        fs::write(paths.emulator().join("state/s3.json"), "{\"older\":1}").unwrap();
        assert!(
            clean
                .stale(&paths, "a")
                .unwrap()
                .contains("not what the last run left")
        );
        fs::remove_dir_all(paths.state).unwrap();
    }

    #[test]
    fn what_a_first_apply_left_half_made_is_not_worth_keeping() {
        let paths = paths("unbuilt");
        fs::create_dir_all(paths.terraform()).unwrap();
        fs::write(paths.terraform_state(), "{}").unwrap();
        let mut record = Record::new(&paths, "a");
        assert!(record.stale(&paths, "a").unwrap().contains("first apply"));
        record.applied("b".to_owned());
        assert_eq!(record.stale(&paths, "a"), None);
        record.applied = None;
        assert_eq!(
            record.stale(&paths, "a"),
            None,
            "an update that was cut off is gone on with"
        );
        fs::remove_dir_all(paths.state).unwrap();
    }
}
