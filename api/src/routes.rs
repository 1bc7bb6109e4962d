//! One file a family of routes.

use axum::Router;

use crate::App;

mod chalice;
mod documents;
mod health;
mod respondents;
mod responses;
mod uploads;

pub use chalice::{PresignedPost, Video};
pub use health::Health;
pub use respondents::ErasureReceipt;
pub use responses::{Ask, DeletionReceipt, UploadIssued};
pub use uploads::{Parts, SignedParts, WantedParts};

/// Every route.
pub fn routes() -> Router<App> {
    Router::new()
        .merge(responses::routes())
        .merge(uploads::routes())
        .merge(respondents::routes())
        .merge(chalice::routes())
        .merge(documents::routes())
        .merge(health::routes())
}
