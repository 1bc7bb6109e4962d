//! The context of a command: the paths, the journal and the registry of child processes.

use std::fs::File;
use std::io::Write;
use std::time::Duration;

use crate::error::{Error, Result, reports_full_disk};
use crate::files::{self, FileLock};
use crate::journal::{self, Journal};
use crate::paths::StackPaths;
use crate::process::{self, ProcessRegistry, Tool};

/// The exit code of a command that Ctrl-C ended, as shells report it.
const INTERRUPTED: u8 = 130;
/// The time that a tool has to exit after Ctrl-C before it is killed.
const TOOL_GRACE: Duration = Duration::from_millis(1500);

/// The context of a command on a stack.
#[derive(Debug)]
pub struct StackSession {
    /// The folders of the stack.
    pub paths: StackPaths,
    /// Reports progress.
    pub journal: Journal,
    pub(crate) registry: ProcessRegistry,
    /// Absent in a session on a stack that another process runs.
    _lock: Option<FileLock>,
}

impl StackSession {
    /// Locks the state folder and stops processes that an earlier, killed run left behind.
    /// Returns `None` if another process holds the lock.
    pub(crate) fn begin(paths: StackPaths) -> Result<Option<StackSession>> {
        files::create_folder(&paths.state)?;
        let Some(lock) = FileLock::try_acquire(&paths.lock())? else {
            return Ok(None);
        };
        let journal = Journal::open(&paths.log("local"))?;
        let leftovers = process::stop_leftovers(&paths.processes(), &paths.state);
        if !leftovers.is_empty() {
            let names = leftovers.join(", ");
            journal.report(&format!(
                "stopped {names}, which an earlier run left behind when it was killed"
            ));
        }
        let registry = ProcessRegistry::create(&paths.processes())?;
        Ok(Some(StackSession {
            paths,
            journal,
            registry,
            _lock: Some(lock),
        }))
    }

    /// Opens a session on a stack that another process runs.
    pub fn visit(paths: StackPaths) -> Result<StackSession> {
        let journal = Journal::open(&paths.log("local"))?;
        let name = format!("processes-{}.json", std::process::id());
        let registry = ProcessRegistry::create(&paths.tmp().join(name))?;
        Ok(StackSession {
            paths,
            journal,
            registry,
            _lock: None,
        })
    }

    /// Prepares a run of an external tool, with the log that takes its output and a limit in minutes.
    pub fn tool(&self, name: &'static str, log: &str, minutes: u64) -> Result<Tool<'_>> {
        Ok(Tool {
            name,
            registry: &self.registry,
            log: self.open_log(log, name)?,
            log_path: self.paths.log(log),
            grace: TOOL_GRACE,
            limit: Duration::from_secs(minutes * 60),
        })
    }

    /// Opens the log of a component and writes a first line, so that a log which cannot be written is an error now.
    pub(crate) fn open_log(&self, component: &str, first_line: &str) -> Result<File> {
        let path = self.paths.log(component);
        let mut file = journal::open_log(&path)?;
        let time = journal::timestamp();
        writeln!(file, "{time} {first_line}").map_err(Error::file("write the log", path))?;
        Ok(file)
    }

    /// Returns the exit code for the result of a command, and reports an error.
    pub fn exit_code(&self, command: &str, result: Result<u8>) -> u8 {
        let phase = self.journal.current_phase().unwrap_or_else(|| "start".to_owned());
        match result {
            Ok(code) => code,
            Err(Error::Interrupted) => {
                self.journal.report(&format!(
                    "{command} interrupted at {phase}: stopped, the next run continues from here"
                ));
                INTERRUPTED
            }
            Err(error) => {
                let log = self.paths.log("local");
                let log = self.paths.short(&log);
                let mut reason = error.to_string();
                if reports_full_disk(&reason) {
                    reason.push_str(" (free some space, then run it again)");
                }
                self.journal
                    .report(&format!("{command} failed at {phase}: {reason}. Log: {log}"));
                1
            }
        }
    }
}

impl Drop for StackSession {
    fn drop(&mut self) {
        self.registry.remove();
    }
}
