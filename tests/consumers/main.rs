//! Programs in other languages that use only `schemas/`: they read and write every example, and drive the stage.

mod python;
mod rust;
mod typescript;
