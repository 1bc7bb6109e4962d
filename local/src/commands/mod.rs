//! The subcommands of `local`.

pub mod down;
pub mod logs;
pub mod reconcile;
pub mod run;
pub mod setup;
pub mod token;
pub mod up;

use crate::error::Result;
use crate::session::StackSession;
use crate::stack;

/// Checks PORT and ENGINE before anything is built or started.
fn check_settings(session: &StackSession, port: Option<u16>) -> Result<()> {
    let phase = session.journal.phase("input", "PORT and ENGINE")?;
    stack::check_settings(port)?;
    phase.finish("valid");
    Ok(())
}
