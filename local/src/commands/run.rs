//! `run`: a command on a stack, which is started for it and stopped after it.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::check_input;
use crate::access::{StackAccess, acquire};
use crate::error::{Error, Result};
use crate::paths::Paths;
use crate::process;
use crate::session::Session;
use crate::setup;
use crate::signal;
use crate::stack::{self, Wish};

pub fn run(paths: Paths, port: Option<u16>, command: &[OsString]) -> Result<u8> {
    match acquire(&paths)? {
        StackAccess::Owned(session) => {
            let result = alone(&session, port, command);
            Ok(session.exit_code("run", result))
        }
        StackAccess::Running(description) => {
            println!("a stack is up at {}: using it", description.aws_endpoint_url);
            let child = start(&paths, command)?;
            wait(child, || Ok(()))
        }
    }
}

fn alone(session: &Session, port: Option<u16>, command: &[OsString]) -> Result<u8> {
    check_input(session, port)?;
    let (tools, python) = setup::environment(session)?;
    let tests = setup::tests_environment(session, &tools)?;
    let setup = setup::functions(session, tools, python)?;
    // What ran before may have changed the stack by hand, so the comparison of files is not enough.
    let wish = Wish {
        port,
        always_apply: true,
        python: Some(tests),
    };
    let mut stack = stack::bring_up(session, &setup, &wish)?;
    let result = start(&session.paths, command).and_then(|child| wait(child, || stack.watch()));
    stack.stop();
    result
}

fn start(paths: &Paths, command: &[OsString]) -> Result<Child> {
    let (program, arguments) = command.split_first().ok_or_else(|| Error::said("run what?"))?;
    process::companion(program)
        .args(arguments)
        .env("STACK", paths.stack())
        .spawn()
        .map_err(|error| Error::said(format!("cannot start {}: {error}", program.display())))
}

/// Waits for the command's end. Ctrl-C reaches it too: it gets time to end by itself.
fn wait(mut child: Child, mut meanwhile: impl FnMut() -> Result<()>) -> Result<u8> {
    loop {
        if let Some(status) = poll(&mut child)? {
            signal::check()?;
            return Ok(code(status));
        }
        if let Err(error) = signal::pause(Duration::from_millis(100)).and_then(|()| meanwhile()) {
            end(&mut child)?;
            return Err(error);
        }
    }
}

fn end(child: &mut Child) -> Result<()> {
    let pid = Pid::from_raw(child.id().cast_signed());
    for (ask, seconds) in [(None, 10), (Some(Signal::TERM), 3), (Some(Signal::KILL), 1)] {
        if let (Some(pid), Some(ask)) = (pid, ask) {
            let _ = kill_process(pid, ask);
        }
        let end = Instant::now() + Duration::from_secs(seconds);
        while Instant::now() < end && !signal::impatient() {
            if poll(child)?.is_some() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    Ok(())
}

fn poll(child: &mut Child) -> Result<Option<ExitStatus>> {
    child
        .try_wait()
        .map_err(|error| Error::said(format!("cannot wait for the command: {error}")))
}

/// As a shell tells it.
fn code(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_end_is_told_as_a_shell_does() {
        assert_eq!(code(ExitStatus::from_raw(0)), 0);
        assert_eq!(code(ExitStatus::from_raw(3 << 8)), 3);
        assert_eq!(code(ExitStatus::from_raw(9)), 137);
    }
}
