//! The AWS side of the functions: settings, clients for a short cold start, the responses table, buckets, queues and
//! telemetry. All calls to AWS go through this crate.

pub mod clients;
pub mod error;
pub mod lambda_context;
pub mod metrics;
pub mod objects;
pub mod rejects;
pub mod secret;
pub mod settings;
pub mod table;
pub mod telemetry;
pub mod timeouts;

pub use clients::Clients;
pub use error::AwsError;
pub use lambda_context::LambdaContext;
pub use metrics::Metrics;
pub use settings::{EnvVars, SettingError};

/// Returns the present time, in milliseconds.
pub fn now() -> model::Timestamp {
    chrono::Utc::now().into()
}
