//! `up`: a stack that stays, in the foreground until Ctrl-C or in the background until `down`.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, setsid};

use super::check_input;
use crate::access::{StackAccess, acquire, require_running};
use crate::error::{Error, Result};
use crate::paths::Paths;
use crate::process;
use crate::session::Session;
use crate::setup;
use crate::signal;
use crate::stack::{self, Description, Stack, Wish};

/// What the background half prints when the stack is up.
const READY: &str = "ready";

pub fn run(paths: Paths, port: Option<u16>, supervised: bool) -> Result<u8> {
    if supervised {
        // Away from the terminal: its Ctrl-C and its end are not ours.
        setsid().map_err(|error| Error::said(format!("cannot leave the terminal: {error}")))?;
    }
    match acquire(&paths)? {
        StackAccess::Running(description) => {
            already(&paths, &description);
            Ok(0)
        }
        StackAccess::Owned(session) => {
            let result = bring_up(&session, port, supervised);
            Ok(session.exit_code("up", result))
        }
    }
}

fn already(paths: &Paths, description: &Description) {
    println!(
        "a stack is up already: {}\n{}",
        description.api_url,
        paths.short(&paths.stack())
    );
}

fn bring_up(session: &Session, port: Option<u16>, supervised: bool) -> Result<u8> {
    check_input(session, port)?;
    let (tools, python) = setup::environment(session)?;
    let setup = setup::functions(session, tools, python)?;
    let wish = Wish {
        port,
        ..Wish::default()
    };
    let mut stack = stack::bring_up(session, &setup, &wish)?;
    if supervised {
        session.journal.quiet();
        let _ = writeln!(std::io::stdout(), "{READY}");
        leave_streams();
    } else if let Some(description) = &stack.description {
        print!("{}", banner(&session.paths, description));
        println!("Ctrl-C stops it.");
    }
    let ended = watch(&mut stack);
    stack.stop();
    ended
}

/// Until Ctrl-C, or until something ends that must not.
fn watch(stack: &mut Stack<'_>) -> Result<u8> {
    while signal::pause(Duration::from_millis(300)).is_ok() {
        stack.watch()?;
    }
    Ok(0)
}

fn banner(paths: &Paths, stack: &Description) -> String {
    format!(
        "\nThe stack is up.\n\n  {:<12} {}\n  {:<12} {}\n  {:<12} {}\n  {:<12} {} (keys and an owner's token; `make token` makes another)\n\n",
        "API",
        stack.api_url,
        "AWS endpoint",
        stack.aws_endpoint_url,
        "transcoder",
        stack.transcoder_url,
        "everything",
        paths.short(&paths.stack())
    )
}

/// Lets go of the terminal, or of whatever pipe was given for it.
fn leave_streams() {
    if let Ok(null) = OpenOptions::new().write(true).open("/dev/null") {
        let _ = rustix::stdio::dup2_stdout(&null);
        let _ = rustix::stdio::dup2_stderr(&null);
    }
}

/// Starts the background half and waits until it is ready.
pub fn detached(paths: Paths, port: Option<u16>) -> Result<u8> {
    if let Ok(description) = require_running(&paths) {
        already(&paths, &description);
        return Ok(0);
    }
    let mut command = process::myself();
    command.args(["up", "--supervised", "--state"]).arg(&paths.state);
    if let Some(port) = port {
        command.arg("--port").arg(port.to_string());
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| Error::said(format!("cannot start the background half: {error}")))?;
    let (sender, ready) = mpsc::channel();
    if let Some(out) = child.stdout.take() {
        std::thread::spawn(move || {
            let first = BufReader::new(out).lines().map_while(Result::ok).next();
            let _ = sender.send(first.is_some_and(|line| line == READY));
        });
    }
    let mut asked = false;
    loop {
        if let Ok(true) = ready.recv_timeout(Duration::from_millis(50)) {
            let description =
                Description::read(&paths).ok_or_else(|| Error::said("stack.json is missing"))?;
            print!("{}", banner(&paths, &description));
            println!("It runs in the background; `make down` stops it.");
            return Ok(0);
        }
        if let Ok(Some(status)) = child.try_wait() {
            let code = status.code().and_then(|code| u8::try_from(code).ok());
            return Ok(code.unwrap_or(1));
        }
        if signal::interrupted() && !asked {
            asked = true;
            if let Some(pid) = Pid::from_raw(child.id().cast_signed()) {
                let _ = kill_process(pid, Signal::TERM);
            }
        }
    }
}
