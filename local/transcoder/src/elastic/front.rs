//! The state that the operations of Elastic Transcoder share.

use std::sync::Arc;

use super::store::ElasticStore;
use crate::account::Account;
use crate::id::Identifiers;
use crate::jobs::Scheduler;
use crate::rate::Limiter;

/// The state behind the routes.
#[derive(Debug)]
pub struct ElasticTranscoderFront {
    pub scheduler: Arc<Scheduler>,
    pub store: Arc<ElasticStore>,
    pub identifiers: Arc<Identifiers>,
    pub account: Account,
    /// The limit of CreateJob.
    pub limiter: Arc<Limiter>,
}
