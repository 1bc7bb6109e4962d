//! The structure of the workspace: allowed dependencies between crates, no cyclic dependencies between modules.

mod cycles;
mod dependencies;
mod modules;
mod syntax;
mod workspace;
