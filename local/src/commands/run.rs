//! `run`: runs a command on a stack, which is started for it and stopped afterwards.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::check_settings;
use crate::access::{StackAccess, acquire};
use crate::error::{Error, Result};
use crate::paths::StackPaths;
use crate::session::StackSession;
use crate::stack::{self, StackOptions};
use crate::{process, setup, signal};

/// Runs the command and returns its exit code.
pub fn run(paths: StackPaths, port: Option<u16>, command: &[OsString]) -> Result<u8> {
    match acquire(&paths)? {
        StackAccess::Owned(session) => {
            let result = run_on_own_stack(&session, port, command);
            Ok(session.exit_code("run", result))
        }
        StackAccess::Running(description) => {
            println!("using the running stack at {}", description.aws_endpoint_url);
            let child = spawn(&paths, command)?;
            wait(child, || Ok(()))
        }
    }
}

fn run_on_own_stack(session: &StackSession, port: Option<u16>, command: &[OsString]) -> Result<u8> {
    check_settings(session, port)?;
    let (tools, python) = setup::environment(session)?;
    setup::tests_environments(session, &tools)?;
    let setup = setup::functions(session, tools, python)?;
    // Commands such as tests may have changed resources, which a comparison of the configuration does not show.
    let options = StackOptions {
        port,
        always_apply: true,
    };
    let mut stack = stack::start(session, &setup, options)?;
    let result = spawn(&session.paths, command).and_then(|child| wait(child, || stack.watch()));
    stack.stop();
    result
}

fn spawn(paths: &StackPaths, command: &[OsString]) -> Result<Child> {
    let (program, arguments) = command
        .split_first()
        .ok_or_else(|| Error::message("no command to run"))?;
    process::foreground_command(program)
        .args(arguments)
        .env("STACK", paths.description())
        .spawn()
        .map_err(|error| Error::message(format!("cannot start {}: {error}", program.display())))
}

/// Waits for the end of the command and calls `watch` meanwhile.
fn wait(mut child: Child, mut watch: impl FnMut() -> Result<()>) -> Result<u8> {
    loop {
        if let Some(status) = poll(&mut child)? {
            signal::check()?;
            return Ok(exit_code(status));
        }
        if let Err(error) = signal::pause(Duration::from_millis(100)).and_then(|()| watch()) {
            end(&mut child)?;
            return Err(error);
        }
    }
}

/// Ends the command. Ctrl-C has reached it too, so it gets 10 seconds to exit before a signal follows.
fn end(child: &mut Child) -> Result<()> {
    let pid = Pid::from_raw(child.id().cast_signed());
    for (signal, seconds) in [(None, 10), (Some(Signal::TERM), 3), (Some(Signal::KILL), 1)] {
        if let (Some(pid), Some(signal)) = (pid, signal) {
            let _ = kill_process(pid, signal);
        }
        let end = Instant::now() + Duration::from_secs(seconds);
        while Instant::now() < end && !signal::force_quit() {
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
        .map_err(|error| Error::message(format!("cannot wait for the command: {error}")))
}

/// Returns the exit code that a shell reports: 128 and the signal's number after a signal.
fn exit_code(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_code_is_the_one_that_a_shell_reports() {
        assert_eq!(exit_code(ExitStatus::from_raw(0)), 0);
        assert_eq!(exit_code(ExitStatus::from_raw(3 << 8)), 3);
        assert_eq!(exit_code(ExitStatus::from_raw(9)), 137);
    }
}
