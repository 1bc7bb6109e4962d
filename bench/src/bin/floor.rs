//! A function that does nothing: the least time and memory that a process under the Runtime API needs.

use std::io;

use bench::minimal::MinimalRuntime;

fn main() -> io::Result<()> {
    let mut runtime = MinimalRuntime::connect()?;
    loop {
        runtime.next_event()?;
        runtime.respond(b"{}")?;
    }
}
