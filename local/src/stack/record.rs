//! What is known of the state that a stack keeps: whether it can be trusted, and what was applied to it.

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::files;
use crate::paths::Paths;

/// Raise it when the layout of a state folder changes.
const FORMAT: u32 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    format: u32,
    /// The Python environment with the emulator that wrote the state.
    emulator: String,
    /// The last run stopped the emulator gracefully, so what it saved is whole.
    pub clean: bool,
    /// What the last complete `terraform apply` applied.
    pub applied: Option<String>,
}

impl Record {
    pub fn new(emulator: &str) -> Record {
        Record {
            format: FORMAT,
            emulator: emulator.to_owned(),
            clean: true,
            applied: None,
        }
    }

    pub fn load(paths: &Paths) -> Option<Record> {
        files::read_json(&paths.record())
    }

    pub fn save(&self, paths: &Paths) -> Result<()> {
        files::write_json(&paths.record(), self, files::PLAIN)
    }

    /// Why the kept state cannot be used with this emulator, if so.
    pub fn stale(&self, emulator: &str) -> Option<String> {
        if self.format != FORMAT {
            Some("its layout is of another version".to_owned())
        } else if !self.clean {
            Some("the last run did not end in order, so what the emulator saved is not up to date".to_owned())
        } else if self.emulator != emulator {
            Some("it was written by another version of the emulator".to_owned())
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clean_state_of_the_same_emulator_is_kept() {
        assert_eq!(Record::new("a").stale("a"), None);
    }

    #[test]
    fn anything_else_is_stale_with_its_reason() {
        let clean = Record::new("a");
        assert!(
            clean
                .stale("b")
                .unwrap()
                .contains("another version of the emulator")
        );
        let killed = Record {
            clean: false,
            ..clean.clone()
        };
        assert!(killed.stale("a").unwrap().contains("did not end in order"));
        let old = Record { format: 0, ..clean };
        assert!(old.stale("a").unwrap().contains("layout"));
    }
}
