//! Compares the published documents with all released versions of them.

pub mod api;
mod bounds;
pub mod breakage;
pub mod change;
pub mod changelog;
pub mod check;
pub mod compare;
mod description;
pub mod documents;
pub mod error;
mod operation;
mod pattern;
pub mod place;
mod report;
pub mod schema;
mod security;
mod value;
pub mod version;
