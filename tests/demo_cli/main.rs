//! `make demo` by itself: what it says of bad input, and that nothing is left of it however it ends.
//!
//! Each test has a checkout of its own, so that nothing here can harm the environment that other tests run on.

mod checkout;
mod commands;
mod input;
mod interruption;
