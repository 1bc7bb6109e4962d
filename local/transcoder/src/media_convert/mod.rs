//! MediaConvert's REST API (2017-08-29).

mod adapter;
mod errors;
mod event;
#[cfg(test)]
mod example;
mod front;
mod jobs;
mod probe;
mod queues;
mod responses;
mod routes;
mod settings;
mod store;
mod tags;
#[cfg(test)]
mod tests;
mod translate;
mod validation;
mod wire;

pub use adapter::MediaConvertAdapter;
pub use errors::error_name;
pub use front::MediaConvertFront;
pub use routes::{VERSION, router};
pub use store::MediaConvertStore;
pub use wire::API;
