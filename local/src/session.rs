//! What every part of a run needs: the paths, the journal, the record of children.

use std::fs::File;
use std::io::Write;
use std::time::Duration;

use crate::error::{Error, Result, says_disk_full};
use crate::files::{self, Lock};
use crate::journal::{self, Journal};
use crate::paths::Paths;
use crate::process::{self, Registry, Tool};

/// The exit code of a command that Ctrl-C ended, as shells report it.
const INTERRUPTED: u8 = 130;

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
    pub fn tool(&self, name: &'static str, log: &str, minutes: u64) -> Result<Tool<'_>> {
        Ok(Tool {
            name,
            registry: &self.registry,
            log: self.log(log, name)?,
            log_path: self.paths.log(log),
            grace: Duration::from_millis(1500),
            limit: Duration::from_secs(minutes * 60),
        })
    }

    /// Opens a log, with a line that says what begins: should it not be writable, it is known now.
    pub fn log(&self, name: &str, what: &str) -> Result<File> {
        let path = self.paths.log(name);
        let mut file = journal::open_log(&path)?;
        let time = journal::time();
        writeln!(file, "{time} {what}").map_err(Error::file("write the log", path))?;
        Ok(file)
    }

    /// Returns the exit code for a command's result; reports an error to the person and the log.
    pub fn exit_code(&self, name: &str, result: Result<u8>) -> u8 {
        let phase = self.journal.current().unwrap_or_else(|| "start".to_owned());
        match result {
            Ok(code) => code,
            Err(Error::Interrupted) => {
                self.journal.say(&format!(
                    "{name} interrupted at {phase}: stopped, the next run goes on from here"
                ));
                INTERRUPTED
            }
            Err(error) => {
                let log = self.paths.log("local");
                let log = self.paths.short(&log);
                let mut why = error.to_string();
                if says_disk_full(&why) {
                    why.push_str(" (free some space, then run it again)");
                }
                self.journal
                    .say(&format!("{name} failed at {phase}: {why}. Log: {log}"));
                1
            }
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.registry.end();
    }
}
