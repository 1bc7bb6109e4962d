//! The structure of the workspace: which crate may depend on which, and that modules do not depend on each other in
//! cycles.

mod cycles;
mod dependencies;
mod modules;
mod syntax;
mod workspace;
