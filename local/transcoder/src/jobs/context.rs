//! The state that all runs share.

use std::sync::Arc;

use super::scheduler::Scheduler;
use crate::reservation::Reservations;
use crate::workspace::Workspace;

/// The jobs, the tools, and the outputs that are being written.
#[derive(Debug)]
pub struct RunContext {
    pub scheduler: Arc<Scheduler>,
    pub workspace: Arc<Workspace>,
    /// The outputs that runs will write, as bucket and key.
    pub outputs: Reservations,
}
