//! One stack: the emulator, the transcoder and what Terraform applied to them.

mod description;
mod emulator;
pub mod logs;
mod ports;
mod record;
mod terraform;
pub mod token;
mod transcoder;

use std::path::PathBuf;
use std::time::Instant;

use chrono::Utc;

use crate::engine;
use crate::error::{Error, Result};
use crate::files;
use crate::session::Session;
use crate::setup::Setup;
use crate::signal;

pub use description::Description;
use emulator::{Emulator, Saved};
use ports::{Choice, Ports};
use record::Record;
use terraform::Terraform;
use transcoder::Transcoder;

/// What a stack is asked for.
#[derive(Debug, Default)]
pub struct Wish {
    /// The emulator's port (`PORT`).
    pub port: Option<u16>,
    /// Apply even if nothing changed: what runs on the stack may have changed it.
    pub always_apply: bool,
    /// The Python that `stack.json` names, instead of the emulator's.
    pub python: Option<PathBuf>,
}

/// A stack that runs. Stop it: dropped, its processes just end, and its state counts as lost.
#[derive(Debug)]
pub struct Stack<'a> {
    session: &'a Session,
    ports: Ports,
    record: Record,
    emulator: Option<Emulator<'a>>,
    transcoder: Option<Transcoder<'a>>,
    /// Known once everything is applied.
    pub description: Option<Description>,
    /// Milliseconds since 1970.
    started: i64,
}

/// Why a stack could not be brought up.
enum Failed {
    /// What is kept is to blame.
    Kept(Error),
    Other(Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Failed {
        Failed::Other(error)
    }
}

/// Brings a stack up from what is kept, or from nothing; whatever fails, nothing is left running.
pub fn bring_up<'a>(session: &'a Session, setup: &Setup, wish: &Wish) -> Result<Stack<'a>> {
    let mut stack = Stack::prepare(session, setup, wish.port)?;
    let mut result = stack.start(setup, wish);
    if let Err(Failed::Kept(error)) = &result
        && !signal::interrupted()
    {
        say_rebuilding(session, &error.to_string());
        stack.stop();
        wipe(session)?;
        stack = Stack::prepare(session, setup, wish.port)?;
        result = stack.start(setup, wish);
    }
    match result {
        Ok(()) => Ok(stack),
        Err(Failed::Kept(error) | Failed::Other(error)) => {
            stack.stop();
            Err(error)
        }
    }
}

/// Returns an error if the port is taken or ENGINE names no engine.
pub fn check_options(port: Option<u16>) -> Result<()> {
    ports::choose(None, port, ports::is_free)?;
    engine::chosen().map(drop)
}

fn say_rebuilding(session: &Session, reason: &str) {
    session
        .journal
        .say(&format!("the kept state cannot be used: {reason}"));
    session
        .journal
        .say("rebuilding the stack from nothing (about a minute)");
}

/// Removes what a stack keeps; its logs, its ports and Terraform's provider stay.
fn wipe(session: &Session) -> Result<()> {
    let paths = &session.paths;
    for path in [
        paths.emulator(),
        paths.transcoder(),
        paths.tmp(),
        paths.stack(),
        paths.terraform_state(),
    ] {
        files::remove(&path)?;
    }
    for name in ["terraform.tfstate.backup", ".terraform.tfstate.lock.info"] {
        files::remove(&paths.terraform().join(name))?;
    }
    files::remove(&paths.record())
}

impl<'a> Stack<'a> {
    /// Decides on the ports and on whether what is kept is good; wipes it if not, and says so.
    fn prepare(session: &'a Session, setup: &Setup, port: Option<u16>) -> Result<Stack<'a>> {
        let paths = &session.paths;
        let emulator = &setup.python.fingerprint;
        let phase = session.journal.phase("state", "what the last run kept")?;
        let known: Option<Ports> = files::read_json(&paths.ports());
        let Choice { ports, rebuild, note } = ports::choose(known, port, ports::is_free)?;
        if let Some(note) = note {
            session.journal.say(&note);
        }
        let record = Record::load(paths);
        let stale = || match (&record, known) {
            (Some(_), None) => Some("its ports are not known".to_owned()),
            (Some(record), _) => record.stale(paths, emulator),
            (None, _) => Some("nothing tells how the last run ended".to_owned()),
        };
        let reason = rebuild.or_else(stale);
        let (record, result) = match (reason, record) {
            (None, Some(record)) => (record, "kept"),
            (reason, _) => {
                if paths.emulator().exists() || paths.terraform_state().exists() {
                    say_rebuilding(session, &reason.unwrap_or_default());
                }
                wipe(session)?;
                (Record::new(paths, emulator), "none, from nothing")
            }
        };
        files::write_json(&paths.ports(), &ports, files::PLAIN)?;
        record.save(paths)?;
        phase.done(result);
        let started = Utc::now().timestamp_millis();
        Ok(Stack {
            session,
            ports,
            record,
            emulator: None,
            transcoder: None,
            description: None,
            started,
        })
    }

    fn start(&mut self, setup: &Setup, wish: &Wish) -> Result<(), Failed> {
        let session = self.session;
        let emulator = self.emulator.insert(Emulator::start(session, setup, self.ports)?);
        if !emulator.restored() {
            return Err(Failed::Kept(Error::said(
                "the emulator cannot read what it saved",
            )));
        }
        // From here on only a graceful stop leaves a state that can be trusted.
        self.record.clean = false;
        self.record.save(&session.paths)?;
        self.transcoder = Some(Transcoder::start(session, setup, self.ports)?);
        let terraform = Terraform::new(session, setup, self.ports)?;
        terraform.init()?;
        self.apply(&terraform, wish)?;

        let phase = session
            .journal
            .phase("stack", "addresses, keys and an owner's token")?;
        // Applied by its record, and yet unreadable: then what is kept is not what it should be.
        let outputs = terraform.outputs().map_err(Failed::Kept)?;
        let description = description::write(session, setup, self.ports, outputs, wish.python.as_deref())?;
        phase.done(&session.paths.short(&session.paths.stack()).to_string());
        self.description = Some(description);
        session.registry.ready()?;
        Ok(())
    }

    fn apply(&mut self, terraform: &Terraform<'_>, wish: &Wish) -> Result<(), Failed> {
        let session = self.session;
        let fingerprint = terraform.fingerprint()?;
        if !wish.always_apply && self.record.applied.as_ref() == Some(&fingerprint) {
            let phase = session.journal.phase("terraform apply", "comparing")?;
            phase.done("unchanged since the last apply");
            return Ok(());
        }
        let unfinished = self.record.applied.is_none() && terraform.has_state();
        self.record.applied = None;
        self.record.save(&session.paths)?;
        match terraform.apply() {
            // On what an earlier apply left half-made; unless the configuration is at fault.
            Err(Error::Said(why)) if unfinished && terraform.is_valid() => {
                return Err(Failed::Kept(Error::said(format!(
                    "a half-made apply cannot be finished: {why}"
                ))));
            }
            result => result?,
        }
        self.record.applied(fingerprint);
        self.record.save(&session.paths)?;
        Ok(())
    }

    /// Looks after what runs: the emulator must, the transcoder is started again.
    pub fn watch(&mut self) -> Result<()> {
        if let Some(emulator) = &mut self.emulator {
            emulator.check()?;
        }
        self.transcoder.as_mut().map_or(Ok(()), Transcoder::keep_up)
    }

    /// Stops everything in order: the transcoder, then the emulator, which saves its state.
    pub fn stop(mut self) {
        let begun = Instant::now();
        let journal = &self.session.journal;
        journal.say("phase: stop (the transcoder and the emulator, its state saved)");
        if let Some(description) = self.description.take().filter(|_| !signal::interrupted())
            && let Err(error) = logs::keep(self.session, &description, self.started)
        {
            journal.note(&format!("the functions' logs were not kept: {error}"));
        }
        if let Some(transcoder) = self.transcoder.take() {
            transcoder.stop();
        }
        // An emulator that never came up has changed nothing: what was saved before still holds.
        if let Some(emulator) = self.emulator.take()
            && emulator.stop() == Saved::Yes
        {
            self.record.saved(&self.session.paths);
        }
        let recorded = self.record.save(&self.session.paths);
        let result = match (&recorded, self.record.clean) {
            (Ok(()), true) => "state saved".to_owned(),
            (Err(error), _) => error.to_string(),
            _ => "the state was not saved: the next run builds the stack from nothing".to_owned(),
        };
        journal.say(&format!(
            "done: stop in {} ({result})",
            crate::journal::seconds(begun.elapsed())
        ));
    }
}
