//! The comparison of published documents with their released versions.

mod agreement;
mod api;
mod edit;
mod examples;
mod messages;
mod real;
mod releases;
mod repository;
mod schemas;
