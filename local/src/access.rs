//! Access to the stack of a state folder, which this process or another one runs.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::files::FileLock;
use crate::paths::StackPaths;
use crate::process::{ProcessRegistry, RunRecord};
use crate::session::StackSession;
use crate::signal;
use crate::stack::StackDescription;

/// How long to wait for another run that is about to start or to end.
const TRANSITION_LIMIT: Duration = Duration::from_secs(15);

/// Access to the stack of a state folder.
#[derive(Debug)]
pub enum StackAccess {
    /// This process holds the lock and may start the stack.
    Owned(Box<StackSession>),
    /// Another process runs the stack, and it is ready.
    Running(Box<StackDescription>),
}

/// Locks the state folder, or finds that another process runs its stack.
/// Waits up to 15 seconds while another run starts or ends.
pub fn acquire(paths: &StackPaths) -> Result<StackAccess> {
    let access = signal::wait_for(TRANSITION_LIMIT, Duration::from_millis(200), || {
        if let Some(session) = StackSession::begin(paths.clone())? {
            return Ok(Some(StackAccess::Owned(Box::new(session))));
        }
        Ok(running(paths).map(|stack| StackAccess::Running(Box::new(stack))))
    })?;
    access.ok_or_else(|| {
        let state = paths.short(&paths.state);
        Error::message(format!(
            "another run uses {state}, and its stack is not ready: wait for it, or choose another STATE folder"
        ))
    })
}

/// Returns the description of a stack that another process runs and that is ready.
fn running(paths: &StackPaths) -> Option<StackDescription> {
    let RunRecord {
        supervisor, ready, ..
    } = ProcessRegistry::read(&paths.processes());
    (ready && supervisor?.is_alive())
        .then(|| StackDescription::read(paths))
        .flatten()
}

/// Returns the description of the running stack, or an error that says how to start one.
pub(crate) fn require_running(paths: &StackPaths) -> Result<StackDescription> {
    let is_locked = paths.lock().is_file() && FileLock::try_acquire(&paths.lock())?.is_none();
    running(paths).filter(|_| is_locked).ok_or_else(|| {
        let state = paths.short(&paths.state);
        Error::message(format!(
            "no stack runs in {state}: start one with `make up` (and the same STATE)"
        ))
    })
}
