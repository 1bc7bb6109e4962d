//! `up`: runs a stack, in the foreground until Ctrl-C or in the background until `down`.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, setsid};

use super::check_settings;
use crate::access::{StackAccess, acquire, require_running};
use crate::error::{Error, Result};
use crate::paths::StackPaths;
use crate::session::StackSession;
use crate::stack::{self, RunningStack, StackDescription, StackOptions};
use crate::{process, setup, signal};

/// The line that the background process prints when the stack is ready.
const READY: &str = "ready";

/// Runs a stack until Ctrl-C. A `supervised` run is the background process of `start_in_background`.
pub fn run(paths: StackPaths, port: Option<u16>, supervised: bool) -> Result<u8> {
    if supervised {
        // Its own session: neither Ctrl-C nor the end of the terminal reaches it.
        setsid().map_err(|error| Error::message(format!("cannot leave the terminal: {error}")))?;
    }
    match acquire(&paths)? {
        StackAccess::Running(description) => {
            print_running(&paths, &description);
            Ok(0)
        }
        StackAccess::Owned(session) => {
            let result = run_stack(&session, port, supervised);
            Ok(session.exit_code("up", result))
        }
    }
}

fn print_running(paths: &StackPaths, description: &StackDescription) {
    println!(
        "a stack is already running: {}\n{}",
        description.api_url,
        paths.short(&paths.description())
    );
}

fn run_stack(session: &StackSession, port: Option<u16>, supervised: bool) -> Result<u8> {
    check_settings(session, port)?;
    let (tools, python) = setup::environment(session)?;
    let setup = setup::functions(session, tools, python)?;
    let options = StackOptions {
        port,
        ..StackOptions::default()
    };
    let mut stack = stack::start(session, &setup, options)?;
    if supervised {
        session.journal.detach();
        let _ = writeln!(std::io::stdout(), "{READY}");
        redirect_output_to_null();
    } else if let Some(description) = &stack.description {
        print!("{}", summary(&session.paths, description));
        println!("Ctrl-C stops it.");
    }
    let result = watch(&mut stack);
    stack.stop();
    result
}

/// Watches the stack until Ctrl-C, or until the emulator ends.
fn watch(stack: &mut RunningStack<'_>) -> Result<u8> {
    while signal::pause(Duration::from_millis(300)).is_ok() {
        stack.watch()?;
    }
    Ok(0)
}

fn summary(paths: &StackPaths, stack: &StackDescription) -> String {
    format!(
        "\nThe stack is ready.\n\n  {:<12} {}\n  {:<12} {}\n  {:<12} {}\n  {:<12} {} (also keys and an owner's token; `make token` prints a new one)\n\n",
        "API",
        stack.api_url,
        "AWS endpoint",
        stack.aws_endpoint_url,
        "transcoder",
        stack.transcoder_url,
        "description",
        paths.short(&paths.description())
    )
}

/// Redirects both output streams to `/dev/null`: the pipe to the caller of `make up DETACH=1` must close.
fn redirect_output_to_null() {
    if let Ok(null) = OpenOptions::new().write(true).open("/dev/null") {
        let _ = rustix::stdio::dup2_stdout(&null);
        let _ = rustix::stdio::dup2_stderr(&null);
    }
}

/// Starts the background process and waits until its stack is ready.
pub fn start_in_background(paths: StackPaths, port: Option<u16>) -> Result<u8> {
    if let Ok(description) = require_running(&paths) {
        print_running(&paths, &description);
        return Ok(0);
    }
    let mut command = process::this_program();
    command.args(["up", "--supervised", "--state"]).arg(&paths.state);
    if let Some(port) = port {
        command.arg("--port").arg(port.to_string());
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| Error::message(format!("cannot start the background process: {error}")))?;
    let (sender, ready) = mpsc::channel();
    if let Some(out) = child.stdout.take() {
        std::thread::spawn(move || {
            let first = BufReader::new(out).lines().map_while(Result::ok).next();
            let _ = sender.send(first.is_some_and(|line| line == READY));
        });
    }
    let mut is_stopping = false;
    loop {
        if let Ok(true) = ready.recv_timeout(Duration::from_millis(50)) {
            let description =
                StackDescription::read(&paths).ok_or_else(|| Error::message("stack.json is missing"))?;
            print!("{}", summary(&paths, &description));
            println!("It runs in the background; `make down` stops it.");
            return Ok(0);
        }
        if let Ok(Some(status)) = child.try_wait() {
            let code = status.code().and_then(|code| u8::try_from(code).ok());
            return Ok(code.unwrap_or(1));
        }
        if signal::interrupted() && !is_stopping {
            is_stopping = true;
            if let Some(pid) = Pid::from_raw(child.id().cast_signed()) {
                let _ = kill_process(pid, Signal::TERM);
            }
        }
    }
}
