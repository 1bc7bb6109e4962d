//! Who runs the stack of a state folder: this process, or another one.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::files::Lock;
use crate::paths::Paths;
use crate::process::{Registry, Running};
use crate::session::Session;
use crate::signal;
use crate::stack::Description;

/// How long to wait for another run that is about to start or to end.
const TRANSITION_LIMIT: Duration = Duration::from_secs(15);

/// Access to the stack of a state folder.
#[derive(Debug)]
pub enum StackAccess {
    /// This process holds the lock and may start the stack.
    Owned(Box<Session>),
    /// Another process runs the stack, and it is ready.
    Running(Box<Description>),
}

/// Locks the state folder, or finds that another process runs its stack.
/// Waits up to 15 seconds while another run starts or ends.
pub fn acquire(paths: &Paths) -> Result<StackAccess> {
    let access = signal::wait_for(TRANSITION_LIMIT, Duration::from_millis(200), || {
        if let Some(session) = Session::begin(paths.clone())? {
            return Ok(Some(StackAccess::Owned(Box::new(session))));
        }
        Ok(running(paths).map(|stack| StackAccess::Running(Box::new(stack))))
    })?;
    access.ok_or_else(|| {
        let state = paths.short(&paths.state);
        Error::said(format!(
            "another run uses {state} and its stack is not up: wait for it, or give another STATE folder"
        ))
    })
}

/// Returns the description of a stack that another process runs and that is ready.
fn running(paths: &Paths) -> Option<Description> {
    let Running {
        supervisor, ready, ..
    } = Registry::read(&paths.processes());
    (ready && supervisor?.alive())
        .then(|| Description::read(paths))
        .flatten()
}

/// Returns the description of the running stack, or an error that says how to start one.
pub fn require_running(paths: &Paths) -> Result<Description> {
    let is_locked = paths.lock().is_file() && Lock::try_acquire(&paths.lock())?.is_none();
    running(paths).filter(|_| is_locked).ok_or_else(|| {
        let state = paths.short(&paths.state);
        Error::said(format!(
            "no stack is up in {state}: start one with `make up` (and the same STATE)"
        ))
    })
}
