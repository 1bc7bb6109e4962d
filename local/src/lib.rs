//! The local stage: builds the functions, starts the emulator and the transcoder, and applies `terraform/stages/local`.
//! It knows the product by names and addresses only. Clients such as the demo use its public modules.

pub mod access;
pub mod aws;
pub mod cli;
mod commands;
pub mod error;
pub mod files;
pub mod http;
pub mod journal;
pub mod paths;
pub mod process;
pub mod program;
pub mod session;
mod settings;
pub mod setup;
pub mod signal;
pub mod stack;
