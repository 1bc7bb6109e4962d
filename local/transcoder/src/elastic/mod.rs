//! Elastic Transcoder's REST API (2012-09-25).

mod adapter;
mod encoding;
mod errors;
mod front;
mod jobs;
mod notification;
mod pipeline;
mod pipelines;
mod preset;
mod presets;
mod responses;
mod routes;
mod store;
#[cfg(test)]
mod tests;
mod validation;
mod wire;

pub use adapter::ElasticAdapter;
pub use encoding::system_encodings;
pub use errors::error_name;
pub use front::ElasticTranscoderFront;
pub use routes::router;
pub use store::ElasticStore;
pub use wire::API;
