//! One file a family of routes.

pub mod chalice;
pub mod health;
pub mod responses;
mod uploads;
