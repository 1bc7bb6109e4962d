//! Terraform on an emulator of its own: the Chalice project is adopted; `prod` is applied,
//! changed by mistake and deleted. The data survive.
//! On the shared stack: an apply of `local` leaves nothing to change.

mod adoption;
mod changes;
mod emulator;
mod local;
mod prod;
mod stage;
mod variables;
