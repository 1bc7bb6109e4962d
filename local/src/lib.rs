//! The local stage: starts the emulator and the transcoder, builds the functions and applies `terraform/stages/local`.
//! It knows the product's addresses and nothing else of it. A client, such as the demo, builds on its public modules.

pub mod access;
pub mod aws;
pub mod cli;
mod commands;
mod engine;
pub mod error;
pub mod files;
pub mod http;
pub mod journal;
pub mod paths;
pub mod process;
pub mod program;
pub mod session;
pub mod setup;
pub mod signal;
pub mod stack;
