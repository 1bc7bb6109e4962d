//! The state that all handlers share.

use std::sync::Arc;

use aws::objects::{Renditions, Uploads};
use aws::secret::Secret;
use aws::table::ResponsesTable;
use aws::{Clients, LambdaContext, Metrics};

use crate::ApiSettings;
use crate::token_cipher::TokenCipher;

/// The table, the buckets, the token cipher and the settings. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub(crate) settings: Arc<ApiSettings>,
    pub(crate) context: Arc<LambdaContext>,
    pub(crate) table: ResponsesTable,
    pub(crate) uploads: Uploads,
    pub(crate) renditions: Renditions,
    pub(crate) cipher: Arc<TokenCipher>,
}

impl App {
    /// Returns the application with these settings. Makes no call.
    pub fn new(settings: ApiSettings, clients: &Clients, metrics: Metrics) -> Self {
        let secret = Secret::new(clients.ssm(), settings.secret_parameter.clone());
        let s3 = clients.s3();
        Self {
            context: Arc::new(clients.context().clone()),
            table: ResponsesTable::new(clients.dynamodb(), settings.responses_table_name.clone())
                .measured(metrics),
            uploads: Uploads::new(s3.clone(), settings.uploads_bucket.clone()),
            renditions: Renditions::new(s3, settings.renditions_bucket.clone()),
            cipher: Arc::new(TokenCipher::new(secret)),
            settings: Arc::new(settings),
        }
    }

    /// Opens connections and reads the secret during the function's start. The first request repeats what fails.
    pub async fn warm(&self) {
        tokio::join!(self.table.warm(), self.cipher.warm());
    }
}
