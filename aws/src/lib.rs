//! What the functions share on AWS: settings, clients tuned for a cold start, the responses table, the
//! stores and queues around it, and telemetry. Everything that speaks to AWS does it through here.

pub mod call;
pub mod clients;
pub mod form;
pub mod objects;
pub mod platform;
pub mod rejects;
pub mod secret;
pub mod settings;
pub mod table;
pub mod telemetry;
pub mod timeouts;

pub use call::AwsError;
pub use clients::Clients;
pub use platform::LambdaContext;
pub use settings::{EnvVars, SettingError};

/// The time, to the millisecond.
pub fn now() -> model::Timestamp {
    chrono::Utc::now().into()
}
