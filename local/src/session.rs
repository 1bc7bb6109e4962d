//! What every part of a run needs: the paths, the journal, the record of children.

use std::fs::File;
use std::time::Duration;

use crate::error::Result;
use crate::files::{self, Lock};
use crate::journal::{self, Journal};
use crate::paths::Paths;
use crate::process::{self, Registry, Tool};

#[derive(Debug)]
pub struct Session {
    pub paths: Paths,
    pub journal: Journal,
    pub registry: Registry,
    /// Held for as long as the session lasts; a visitor has none.
    _lock: Option<Lock>,
}

impl Session {
    /// Takes the stack's folder for this process, and ends what an earlier one left behind.
    /// Nothing when another process runs this stack.
    pub fn begin(paths: Paths) -> Result<Option<Session>> {
        files::create_folder(&paths.state)?;
        let Some(lock) = Lock::try_acquire(&paths.lock())? else {
            return Ok(None);
        };
        let journal = Journal::open(&paths.log("local"))?;
        let leftovers = process::stop_leftovers(&paths.processes(), &paths.state);
        if !leftovers.is_empty() {
            let names = leftovers.join(", ");
            journal.say(&format!(
                "an earlier run was killed and left {names} running: stopped"
            ));
        }
        let registry = Registry::begin(&paths.processes())?;
        Ok(Some(Session {
            paths,
            journal,
            registry,
            _lock: Some(lock),
        }))
    }

    /// A session on a stack that another process runs.
    pub fn visit(paths: Paths) -> Result<Session> {
        let journal = Journal::open(&paths.log("local"))?;
        let name = format!("processes-{}.json", std::process::id());
        let registry = Registry::begin(&paths.tmp().join(name))?;
        Ok(Session {
            paths,
            journal,
            registry,
            _lock: None,
        })
    }

    /// A tool that runs to its end, its output in the log of that name.
    pub fn tool<'a>(&'a self, name: &'static str, log: &'a mut File, minutes: u64) -> Tool<'a> {
        Tool {
            name,
            registry: &self.registry,
            log,
            grace: Duration::from_millis(1500),
            limit: Duration::from_secs(minutes * 60),
        }
    }

    pub fn log(&self, name: &str) -> Result<File> {
        journal::open_log(&self.paths.log(name))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.registry.end();
    }
}
