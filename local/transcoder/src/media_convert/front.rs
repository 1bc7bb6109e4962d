//! The state that the operations of MediaConvert share.

use std::sync::Arc;

use super::store::MediaConvertStore;
use crate::account::Account;
use crate::id::Identifiers;
use crate::jobs::Scheduler;
use crate::rate::Limiter;
use crate::workspace::Workspace;

/// The state behind the routes.
#[derive(Debug)]
pub struct MediaConvertFront {
    pub scheduler: Arc<Scheduler>,
    pub store: Arc<MediaConvertStore>,
    pub identifiers: Arc<Identifiers>,
    pub account: Account,
    /// The limit of CreateJob.
    pub limiter: Arc<Limiter>,
    /// The tools and folder of Probe.
    pub workspace: Arc<Workspace>,
}
