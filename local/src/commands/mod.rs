//! What a person can ask for.

pub mod demo;
pub mod down;
pub mod logs;
pub mod reconcile;
pub mod run;
pub mod setup;
pub mod token;
pub mod up;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::engine;
use crate::error::{Error, Result, says_disk_full};
use crate::files::Lock;
use crate::paths::Paths;
use crate::process::{Registry, Running};
use crate::session::Session;
use crate::signal;
use crate::stack::{self, Description};

/// As a shell answers for a command that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

/// Who has the stack of this folder.
enum Claim {
    /// We do.
    Ours(Box<Session>),
    /// Another process, and the stack is up.
    Up(Box<Description>),
}

/// Takes the stack, or finds it up. A run that is about to start or to end is waited for a little.
fn claim(paths: &Paths) -> Result<Claim> {
    let found = signal::wait_for(Duration::from_secs(15), Duration::from_millis(200), || {
        if let Some(session) = Session::begin(paths.clone())? {
            return Ok(Some(Claim::Ours(Box::new(session))));
        }
        Ok(up(paths).map(|stack| Claim::Up(Box::new(stack))))
    })?;
    found.ok_or_else(|| {
        let state = paths.short(&paths.state);
        Error::said(format!(
            "another run uses {state} and its stack is not up: wait for it, or give another STATE folder"
        ))
    })
}

/// The description of a stack that another process has up.
fn up(paths: &Paths) -> Option<Description> {
    let Running {
        supervisor, ready, ..
    } = Registry::read(&paths.processes());
    (ready && supervisor?.alive())
        .then(|| Description::read(paths))
        .flatten()
}

/// As `up`, for commands that can do nothing without it.
fn needed(paths: &Paths) -> Result<Description> {
    let held = paths.lock().is_file() && Lock::try_acquire(&paths.lock())?.is_none();
    up(paths).filter(|_| held).ok_or_else(|| {
        let state = paths.short(&paths.state);
        Error::said(format!(
            "no stack is up in {state}: start one with `make up` (and the same STATE)"
        ))
    })
}

/// Looks at what was given, before anything is made or started.
fn input(session: &Session, video: Option<&Path>, port: Option<u16>) -> Result<Option<PathBuf>> {
    let phase = session.journal.phase("input", "VIDEO, PORT and ENGINE")?;
    let video = video.map(crate::demo::check).transpose()?;
    stack::check_port(port)?;
    engine::chosen()?;
    phase.done("as it should be");
    Ok(video)
}

/// Tells how a command of a session ended, and answers its exit code.
fn report(name: &str, session: &Session, result: Result<u8>) -> u8 {
    let phase = session.journal.current().unwrap_or_else(|| "start".to_owned());
    match result {
        Ok(code) => code,
        Err(Error::Interrupted) => {
            session.journal.say(&format!(
                "{name} interrupted at {phase}: stopped, the next run goes on from here"
            ));
            INTERRUPTED
        }
        Err(error) => {
            let log = session.paths.log("local");
            let log = session.paths.short(&log);
            let mut why = error.to_string();
            if says_disk_full(&why) {
                why.push_str(" (free some space, then run it again)");
            }
            session
                .journal
                .say(&format!("{name} failed at {phase}: {why}. Log: {log}"));
            1
        }
    }
}
