//! The benchmark: cold starts, invocations, CPU time and memory of each function, beside a function that does nothing, the
//! least that the same calls need, and the same work in Python.
//!
//! A run spawns the functions as Lambda does, under an emulator of the Runtime API ([`runtime`]). Their AWS calls go to a
//! stub ([`stub`]) over TLS, which answers at once and counts the calls.

pub mod cases;
pub mod chart;
pub mod http;
pub mod machine;
pub mod minimal;
pub mod plan;
pub mod process;
pub mod results;
pub mod rounds;
pub mod runtime;
pub mod share;
pub mod sigv4;
pub mod stub;
pub mod summary;
pub mod variants;
