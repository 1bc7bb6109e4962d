//! Terraform on an emulator of its own: `prod` is applied, changed by mistake and deleted, and its data survive.
//! On the shared stack: an apply of `local` leaves nothing to change.

mod changes;
mod emulator;
mod local;
mod prod;
mod stage;
mod variables;
