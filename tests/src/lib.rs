//! Support for the end-to-end tests: a running stack and its clients, respondents who upload, samples made by ffmpeg,
//! and an independent prober of the results.
//!
//! A test that cannot continue panics with what it observed. The tests do not sleep for a fixed time to await an
//! effect: see [`wait::eventually`].

mod api;
pub mod contract;
pub mod form;
pub mod http;
pub mod jobs;
pub mod lambda;
pub mod logs;
pub mod media;
pub mod messages;
pub mod multipart;
pub mod node;
pub mod notification;
pub mod objects;
pub mod outcome;
pub mod probe;
pub mod processes;
pub mod proxy;
pub use python_tools as python;
pub mod queues;
pub mod respondent;
pub mod roles;
pub mod schema;
mod signed;
pub mod stack;
pub mod table;
pub mod tool;
pub mod versions;
pub mod wait;

pub use respondent::Respondent;
pub use stack::Stack;
pub use wait::eventually;

/// Returns a name that is unique to this call, also among other runs.
pub fn unique(prefix: &str) -> String {
    format!("{prefix}-{}", uuid::Uuid::now_v7().simple())
}
