//! Who runs a stack and what it started, on disk: for the case that it is killed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};

use super::kill::{POLL_INTERVAL, kill_group};
use super::table::{members, start_of};
use crate::error::Result;
use crate::files;

/// A process as it can be known again later: a pid alone may belong to a stranger by then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub name: String,
    pub pid: i32,
    /// When it started, as the system tells it.
    pub started: String,
}

impl Identity {
    pub fn of(name: &str, pid: i32) -> Option<Identity> {
        Some(Identity {
            name: name.to_owned(),
            pid,
            started: start_of(pid)?,
        })
    }

    pub fn alive(&self) -> bool {
        start_of(self.pid).is_some_and(|started| started == self.started)
    }

    pub fn signal(&self, signal: Signal) {
        if self.alive()
            && let Some(pid) = Pid::from_raw(self.pid)
        {
            let _ = kill_process(pid, signal);
        }
    }
}

/// Who runs this stack and what it started, on disk.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Running {
    pub supervisor: Option<Identity>,
    /// The stack is up: others may use it.
    #[serde(default)]
    pub ready: bool,
    pub children: Vec<Identity>,
}

/// The record of children, written at each start and end.
#[derive(Debug)]
pub struct Registry {
    path: PathBuf,
    running: Mutex<Running>,
}

impl Registry {
    pub fn begin(path: &Path) -> Result<Registry> {
        let supervisor = Identity::of("local", std::process::id().cast_signed());
        let running = Running {
            supervisor,
            ready: false,
            children: Vec::new(),
        };
        files::write_json(path, &running, files::PLAIN)?;
        Ok(Registry {
            path: path.to_path_buf(),
            running: Mutex::new(running),
        })
    }

    pub fn read(path: &Path) -> Running {
        files::read_json(path).unwrap_or_default()
    }

    /// Says that the stack is up.
    pub fn ready(&self) -> Result<()> {
        self.change(|running| running.ready = true)
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Running)) -> Result<()> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut running);
        files::write_json(&self.path, &*running, files::PLAIN)
    }

    /// Nothing runs any more.
    pub fn end(&self) {
        let _ = files::remove(&self.path);
    }
}

/// Ends what an earlier run left behind when it was killed; answers the names.
///
/// A child is only touched when it is the one on record. Members of a group whose leader is gone
/// (functions of a killed emulator) are known by their folder, which is under `state`.
pub fn stop_leftovers(path: &Path, state: &Path) -> Vec<String> {
    let mut stopped = Vec::new();
    for child in Registry::read(path).children {
        let Some(group) = Pid::from_raw(child.pid) else {
            continue;
        };
        if child.alive() {
            child.signal(Signal::TERM);
            let end = Instant::now() + Duration::from_secs(4);
            while child.alive() && Instant::now() < end {
                std::thread::sleep(POLL_INTERVAL);
            }
            if child.alive() || members(child.pid).iter().any(|pid| lives_in(*pid, state)) {
                kill_group(group);
            }
            stopped.push(child.name);
        } else if members(child.pid).iter().any(|pid| lives_in(*pid, state)) {
            kill_group(group);
            stopped.push(child.name);
        }
    }
    let _ = files::remove(path);
    stopped
}

fn lives_in(pid: i32, folder: &Path) -> bool {
    fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    use super::*;

    #[test]
    fn a_process_is_known_by_pid_and_start() {
        let own = Identity::of("me", std::process::id().cast_signed()).unwrap();
        assert!(own.alive());
        let stranger = Identity {
            started: "another time".to_owned(),
            ..own
        };
        assert!(!stranger.alive());
    }

    #[test]
    fn a_stranger_with_a_recorded_pid_is_left_alone() {
        let folder = std::env::temp_dir().join(format!("local-process-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("processes.json");
        let mut stranger = Command::new("sleep").arg("30").process_group(0).spawn().unwrap();
        let pid = stranger.id().cast_signed();
        let child = Identity {
            name: "emulator".to_owned(),
            pid,
            started: "another time".to_owned(),
        };
        let running = Running {
            supervisor: None,
            ready: false,
            children: vec![child],
        };
        files::write_json(&path, &running, files::PLAIN).unwrap();
        assert!(stop_leftovers(&path, &folder).is_empty());
        assert!(stranger.try_wait().unwrap().is_none());
        stranger.kill().unwrap();
        stranger.wait().unwrap();
        fs::remove_dir_all(folder).unwrap();
    }
}
