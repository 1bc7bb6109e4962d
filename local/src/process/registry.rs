//! The registry of a run, on disk: its process and its children, so that the next run can stop what a killed run left.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};

use super::kill::{POLL_INTERVAL, kill_group};
use super::table::{group_members, start_time};
use crate::error::Result;
use crate::files;

/// The time that a leftover process has to end after SIGTERM.
const LEFTOVER_GRACE: Duration = Duration::from_secs(4);

/// A process id with the process's start time: the system reuses ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessIdentity {
    pub name: String,
    pub pid: i32,
    /// The start time, in a format of the operating system.
    pub started: String,
}

impl ProcessIdentity {
    /// Returns the identity of a running process.
    pub fn of(name: &str, pid: i32) -> Option<ProcessIdentity> {
        Some(ProcessIdentity {
            name: name.to_owned(),
            pid,
            started: start_time(pid)?,
        })
    }

    pub fn is_alive(&self) -> bool {
        start_time(self.pid).is_some_and(|started| started == self.started)
    }

    pub fn signal(&self, signal: Signal) {
        if self.is_alive()
            && let Some(pid) = Pid::from_raw(self.pid)
        {
            let _ = kill_process(pid, signal);
        }
    }
}

/// The processes of a run, as `processes.json` has them.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct RunRecord {
    pub supervisor: Option<ProcessIdentity>,
    /// Whether the stack is ready for other processes.
    #[serde(default)]
    pub ready: bool,
    pub children: Vec<ProcessIdentity>,
}

/// The registry of a run, written at each start and end of a child.
#[derive(Debug)]
pub struct ProcessRegistry {
    path: PathBuf,
    /// `None` once it is removed.
    run: Mutex<Option<RunRecord>>,
}

impl ProcessRegistry {
    /// Creates the registry of this process.
    pub fn create(path: &Path) -> Result<ProcessRegistry> {
        let run = RunRecord {
            supervisor: ProcessIdentity::of("local", std::process::id().cast_signed()),
            ready: false,
            children: Vec::new(),
        };
        files::write_json(path, &run, files::PLAIN)?;
        Ok(ProcessRegistry {
            path: path.to_path_buf(),
            run: Mutex::new(Some(run)),
        })
    }

    /// Reads the registry of another run; an empty record if there is none.
    pub fn read(path: &Path) -> RunRecord {
        files::read_json(path).unwrap_or_default()
    }

    /// Records that the stack is ready.
    pub fn set_ready(&self) -> Result<()> {
        self.update(|run| run.ready = true)
    }

    pub(super) fn update(&self, change: impl FnOnce(&mut RunRecord)) -> Result<()> {
        let mut run = self.run.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(run) = run.as_mut() else {
            return Ok(());
        };
        change(run);
        files::write_json(&self.path, run, files::PLAIN)
    }

    /// Removes the file. A second call does nothing: the file may then belong to another run.
    pub fn remove(&self) {
        let mut run = self.run.lock().unwrap_or_else(PoisonError::into_inner);
        if run.take().is_some() {
            let _ = files::remove(&self.path);
        }
    }
}

/// Stops the processes that a killed run left behind. Returns their names.
///
/// Only a process whose identity is recorded is stopped. If the leader of a group has ended, its members, such as the
/// functions of a killed emulator, are known by their working folder, which lies in `state`.
pub fn stop_leftovers(path: &Path, state: &Path) -> Vec<String> {
    let mut stopped = Vec::new();
    for child in ProcessRegistry::read(path).children {
        let Some(group) = Pid::from_raw(child.pid) else {
            continue;
        };
        let has_members = || {
            let mut members = group_members(child.pid).into_iter();
            members.any(|pid| works_in(pid, state))
        };
        if child.is_alive() {
            child.signal(Signal::TERM);
            let end = Instant::now() + LEFTOVER_GRACE;
            while child.is_alive() && Instant::now() < end {
                std::thread::sleep(POLL_INTERVAL);
            }
            if child.is_alive() || has_members() {
                kill_group(group);
            }
            stopped.push(child.name);
        } else if has_members() {
            kill_group(group);
            stopped.push(child.name);
        }
    }
    let _ = files::remove(path);
    stopped
}

fn works_in(pid: i32, folder: &Path) -> bool {
    fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    use super::*;

    #[test]
    fn process_is_identified_by_id_and_start_time() {
        let own = ProcessIdentity::of("me", std::process::id().cast_signed()).unwrap();
        assert!(own.is_alive());
        let other = ProcessIdentity {
            started: "another time".to_owned(),
            ..own
        };
        assert!(!other.is_alive());
    }

    #[test]
    fn other_process_with_a_recorded_id_is_left_alone() {
        let folder = std::env::temp_dir().join(format!("local-process-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("processes.json");
        let mut other = Command::new("sleep").arg("30").process_group(0).spawn().unwrap();
        let pid = other.id().cast_signed();
        let child = ProcessIdentity {
            name: "emulator".to_owned(),
            pid,
            started: "another time".to_owned(),
        };
        let run = RunRecord {
            supervisor: None,
            ready: false,
            children: vec![child],
        };
        files::write_json(&path, &run, files::PLAIN).unwrap();
        assert!(stop_leftovers(&path, &folder).is_empty());
        assert!(other.try_wait().unwrap().is_none());
        other.kill().unwrap();
        other.wait().unwrap();
        fs::remove_dir_all(folder).unwrap();
    }
}
