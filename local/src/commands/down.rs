//! `down` and `reset`: the end of a stack, and of its state.

use std::fs;
use std::time::Duration;

use rustix::process::Signal;

use crate::error::{Error, Result};
use crate::files;
use crate::paths::Paths;
use crate::process::Registry;
use crate::session::Session;
use crate::signal;

pub fn run(paths: Paths) -> Result<u8> {
    if !paths.state.is_dir() {
        println!("no stack is up in {}", paths.short(&paths.state));
        return Ok(0);
    }
    let (_, was_up) = stop(&paths)?;
    let state = paths.short(&paths.state);
    println!(
        "{}",
        if was_up {
            format!("stopped the stack in {state}")
        } else {
            format!("no stack is up in {state}")
        }
    );
    Ok(0)
}

/// Stops the stack and deletes what it keeps; the Python environment and what was built stay.
pub fn reset(paths: Paths) -> Result<u8> {
    if !paths.state.is_dir() {
        println!("nothing to delete: {} is not there", paths.short(&paths.state));
        return Ok(0);
    }
    let (session, _) = stop(&paths)?;
    drop(session);
    for name in ["emulator", "transcoder", "terraform", "logs", "tmp", "output"] {
        files::remove(&paths.state.join(name))?;
    }
    for file in [
        paths.stack(),
        paths.ports(),
        paths.record(),
        paths.processes(),
        paths.lock(),
    ] {
        files::remove(&file)?;
    }
    // Only when nothing else is in it.
    let _ = fs::remove_dir(&paths.state);
    println!("deleted the state of the stack in {}", paths.short(&paths.state));
    Ok(0)
}

/// Stops whoever has the stack; answers the claim on it and whether it was up.
fn stop(paths: &Paths) -> Result<(Session, bool)> {
    if let Some(session) = Session::begin(paths.clone())? {
        return Ok((session, false));
    }
    let supervisor = Registry::read(&paths.processes()).supervisor;
    for (ask, seconds) in [(Signal::TERM, 20), (Signal::KILL, 10)] {
        if let Some(supervisor) = &supervisor {
            supervisor.signal(ask);
        }
        let limit = Duration::from_secs(seconds);
        let session = signal::wait_for(limit, Duration::from_millis(100), || {
            Session::begin(paths.clone())
        })?;
        if let Some(session) = session {
            return Ok((session, true));
        }
    }
    Err(Error::said(format!(
        "whoever runs the stack in {} does not end",
        paths.short(&paths.state)
    )))
}
