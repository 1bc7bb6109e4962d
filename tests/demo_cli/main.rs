//! `make demo` on its own: its errors for invalid input, and that it leaves no process however it ends.
//!
//! Each test has its own checkout, so that it cannot affect the environment of the other tests.

mod checkout;
mod commands;
mod input;
mod interruption;
