//! What every route shares.

use std::sync::Arc;

use aws::objects::{Renditions, Uploads};
use aws::secret::Secret;
use aws::table::ResponsesTable;
use aws::{Clients, LambdaContext};

use crate::Settings;
use crate::seal::Seal;

/// The table, the buckets, the seal and the settings; cheap to clone.
#[derive(Clone)]
pub struct App {
    pub(crate) settings: Arc<Settings>,
    pub(crate) platform: Arc<LambdaContext>,
    pub(crate) table: ResponsesTable,
    pub(crate) uploads: Uploads,
    pub(crate) renditions: Renditions,
    pub(crate) seal: Arc<Seal>,
}

impl App {
    /// Puts the application together; nothing is called.
    pub fn new(settings: Settings, clients: &Clients) -> Self {
        Self {
            platform: Arc::new(clients.platform().clone()),
            table: ResponsesTable::new(clients.dynamodb(), settings.responses_table_name.clone()),
            uploads: Uploads::new(clients.s3(), settings.uploads_bucket.clone()),
            seal: Arc::new(Seal::new(Secret::new(
                clients.ssm(),
                settings.secret_parameter.clone(),
            ))),
            renditions: Renditions::new(clients.s3(), settings.renditions_bucket.clone()),
            settings: Arc::new(settings),
        }
    }

    /// Opens connections during the function's start.
    pub async fn warm(&self) {
        self.table.warm().await;
    }
}
