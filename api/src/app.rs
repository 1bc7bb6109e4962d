//! What every route shares.

use std::sync::Arc;

use aws::objects::Renditions;
use aws::table::ResponsesTable;
use aws::{Clients, Platform};

use crate::Settings;

/// The table, the buckets and the settings; cheap to clone.
#[derive(Clone)]
pub struct App {
    pub(crate) settings: Arc<Settings>,
    pub(crate) platform: Arc<Platform>,
    pub(crate) table: ResponsesTable,
    pub(crate) renditions: Renditions,
}

impl App {
    /// Puts the application together; nothing is called.
    pub fn new(settings: Settings, clients: &Clients) -> Self {
        Self {
            platform: Arc::new(clients.platform().clone()),
            table: ResponsesTable::new(clients.dynamodb(), settings.responses_table_name.clone()),
            renditions: Renditions::new(clients.s3(), settings.renditions_bucket.clone()),
            settings: Arc::new(settings),
        }
    }

    /// Opens connections during the function's start.
    pub async fn warm(&self) {
        self.table.warm().await;
    }
}
