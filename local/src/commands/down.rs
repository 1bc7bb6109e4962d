//! `down` and `reset`: stop a stack, and delete its state.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::error::{Error, Result};
use crate::files;
use crate::paths::StackPaths;
use crate::process::ProcessRegistry;
use crate::session::StackSession;
use crate::signal;

const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// The time after which the terminal says that the stack is still stopping.
const SHORT_STOP: Duration = Duration::from_secs(3);
/// The time that the stack's process has to end after each signal, once it need not save its state.
const FORCE_LIMIT: Duration = Duration::from_secs(10);

/// Stops the stack.
pub fn run(paths: StackPaths) -> Result<u8> {
    let state = paths.short(&paths.state);
    if !paths.state.is_dir() {
        println!("no stack runs in {state}");
        return Ok(0);
    }
    let (_session, was_running) = stop(&paths)?;
    if was_running {
        println!("stopped the stack in {state}");
    } else {
        println!("no stack runs in {state}");
    }
    Ok(0)
}

/// Stops the stack and deletes its state. What all stacks share stays. Holds the lock until everything is deleted.
pub fn reset(paths: StackPaths) -> Result<u8> {
    let state = paths.short(&paths.state);
    if !paths.state.is_dir() {
        println!("nothing to delete: {state} does not exist");
        return Ok(0);
    }
    let (session, _) = stop(&paths)?;
    for path in [
        paths.emulator(),
        paths.transcoder(),
        paths.terraform(),
        paths.logs(),
        paths.tmp(),
        paths.output(),
        paths.description(),
        paths.ports(),
        paths.record(),
    ] {
        files::remove(&path)?;
    }
    session.registry.remove();
    files::remove(&paths.lock())?;
    // Fails if the folder holds anything else, such as what all stacks share.
    let _ = fs::remove_dir(&paths.state);
    println!("deleted the state of the stack in {state}");
    Ok(0)
}

/// Stops the process that runs the stack. Returns a session that holds the lock, and whether there was such a process.
///
/// Waits for the stack to save its state as long as it takes. Ctrl-C ends the stack without saving.
fn stop(paths: &StackPaths) -> Result<(StackSession, bool)> {
    if let Some(session) = StackSession::begin(paths.clone())? {
        return Ok((session, false));
    }
    let supervisor = ProcessRegistry::read(&paths.processes()).supervisor;
    let send = |signal| {
        if let Some(supervisor) = &supervisor {
            supervisor.signal(signal);
        }
    };
    let state = paths.short(&paths.state);
    let started = Instant::now();
    let mut is_reported = false;
    send(Signal::TERM);
    while signal::pause(POLL_INTERVAL).is_ok() {
        if let Some(session) = StackSession::begin(paths.clone())? {
            return Ok((session, true));
        }
        if !is_reported && started.elapsed() > SHORT_STOP {
            is_reported = true;
            eprintln!("waiting for the stack in {state} to save its state (Ctrl-C ends it without saving)");
        }
    }
    for signal in [Signal::TERM, Signal::KILL] {
        send(signal);
        let end = Instant::now() + FORCE_LIMIT;
        while Instant::now() < end {
            if let Some(session) = StackSession::begin(paths.clone())? {
                return Ok((session, true));
            }
            std::thread::sleep(POLL_INTERVAL);
        }
    }
    Err(Error::message(format!(
        "the process that runs the stack in {state} does not end"
    )))
}
