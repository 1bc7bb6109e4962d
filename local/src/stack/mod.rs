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
    started: i64,
}

/// Why a stack could not be brought up.
enum Failed {
    /// The kept state may be to blame: an apply on it never came to its end.
    Unfinished(Error),
    Other(Error),
}

/// Brings a stack up from what is kept, or from nothing; whatever fails, nothing is left running.
pub fn bring_up<'a>(session: &'a Session, setup: &Setup, wish: &Wish) -> Result<Stack<'a>> {
    let mut stack = Stack::prepare(session, setup, wish.port)?;
    let result = stack.start(setup, wish);
    let result = match result {
        Err(Failed::Unfinished(error)) if !signal::interrupted() => {
            session.journal.say(&format!(
                "an apply that was cut off cannot be finished ({error}): rebuilding the stack from nothing"
            ));
            stack.stop();
            wipe(session)?;
            stack = Stack::prepare(session, setup, wish.port)?;
            stack.start(setup, wish)
        }
        result => result,
    };
    match result {
        Ok(()) => Ok(stack),
        Err(Failed::Unfinished(error) | Failed::Other(error)) => {
            stack.stop();
            Err(error)
        }
    }
}

/// An error when the port that was asked for is taken.
pub fn check_port(port: Option<u16>) -> Result<()> {
    ports::choose(None, port, ports::is_free).map(drop)
}

/// Removes what a stack keeps; its logs, its ports and Terraform's provider stay.
fn wipe(session: &Session) -> Result<()> {
    let paths = &session.paths;
    files::remove(&paths.emulator())?;
    files::remove(&paths.transcoder())?;
    files::remove(&paths.tmp())?;
    files::remove(&paths.stack())?;
    for name in [
        "terraform.tfstate",
        "terraform.tfstate.backup",
        ".terraform.tfstate.lock.info",
    ] {
        files::remove(&paths.terraform().join(name))?;
    }
    files::remove(&paths.record())
}

impl<'a> Stack<'a> {
    /// Decides on the ports and on whether the kept state is good; wipes it if not, and says so.
    fn prepare(session: &'a Session, setup: &Setup, port: Option<u16>) -> Result<Stack<'a>> {
        let paths = &session.paths;
        let phase = session.journal.phase("state", "what the last run kept")?;
        let known: Option<Ports> = files::read_json(&paths.ports());
        let record = Record::load(paths);
        let Choice { ports, rebuild, note } = ports::choose(known, port, ports::is_free)?;
        if let Some(note) = note {
            session.journal.say(&note);
        }
        let kept = paths.emulator().exists() || paths.terraform().join("terraform.tfstate").exists();
        let reason = rebuild.or_else(|| match &record {
            Some(record) => record.stale(&setup.python.fingerprint),
            None => Some("nothing tells how the last run ended".to_owned()),
        });
        let record = match (reason, record) {
            (None, Some(record)) => record,
            (reason, _) => {
                if let Some(reason) = reason.filter(|_| kept) {
                    session
                        .journal
                        .say(&format!("the kept state cannot be used: {reason}"));
                    session
                        .journal
                        .say("rebuilding the stack from nothing (about a minute and a half)");
                }
                wipe(session)?;
                Record::new(&setup.python.fingerprint)
            }
        };
        files::write_json(&paths.ports(), &ports, files::PLAIN)?;
        record.save(paths)?;
        phase.done(if record.applied.is_some() {
            "kept"
        } else {
            "new or unfinished"
        });
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
        self.emulator = Some(Emulator::start(session, setup, self.ports).map_err(Failed::Other)?);
        // From here on only a graceful stop leaves a state that can be trusted.
        self.record.clean = false;
        self.record.save(&session.paths).map_err(Failed::Other)?;
        self.transcoder = Some(Transcoder::start(session, setup, self.ports).map_err(Failed::Other)?);
        self.apply(setup, wish)?;
        self.describe(setup, wish).map_err(Failed::Other)
    }

    fn apply(&mut self, setup: &Setup, wish: &Wish) -> Result<(), Failed> {
        let session = self.session;
        let terraform = Terraform::new(session, setup, self.ports);
        terraform.init().map_err(Failed::Other)?;
        let fingerprint = terraform.fingerprint().map_err(Failed::Other)?;
        let unfinished = self.record.applied.is_none() && terraform.has_state();
        if !wish.always_apply && terraform.has_state() && self.record.applied.as_ref() == Some(&fingerprint) {
            let phase = session
                .journal
                .phase("terraform apply", "comparing")
                .map_err(Failed::Other)?;
            phase.done("unchanged since the last apply");
            return Ok(());
        }
        self.record.applied = None;
        self.record.save(&session.paths).map_err(Failed::Other)?;
        match terraform.apply() {
            Err(Error::Interrupted) => return Err(Failed::Other(Error::Interrupted)),
            Err(error) if unfinished => return Err(Failed::Unfinished(error)),
            Err(error) => return Err(Failed::Other(error)),
            Ok(()) => {}
        }
        self.record.applied = Some(fingerprint);
        self.record.save(&session.paths).map_err(Failed::Other)
    }

    fn describe(&mut self, setup: &Setup, wish: &Wish) -> Result<()> {
        let phase = self
            .session
            .journal
            .phase("stack", "addresses, keys and an owner's token")?;
        let outputs = Terraform::new(self.session, setup, self.ports).outputs()?;
        let python = wish.python.as_deref();
        let description = description::write(self.session, setup, self.ports, outputs, python)?;
        phase.done(&self.session.paths.short(&self.session.paths.stack()).to_string());
        self.description = Some(description);
        self.session.registry.ready()
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
        let Some(emulator) = self.emulator.take() else {
            return;
        };
        // One that never came up has changed nothing: what was saved before still holds.
        let untouched = self.record.clean;
        let saved = emulator.stop();
        self.record.clean = untouched || saved == Saved::Yes;
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
