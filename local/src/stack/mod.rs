//! One stack: the emulator, the transcoder and the local stage that Terraform applied to them.

mod description;
mod emulator;
mod function_logs;
mod ports;
mod record;
mod terraform;
pub(crate) mod token;
mod transcoder;

use std::time::Instant;

use chrono::Utc;

use crate::error::{Error, Result};
use crate::session::StackSession;
use crate::setup::Setup;
use crate::{files, journal, settings, signal};

pub use description::StackDescription;
use description::text_output;
use emulator::{Emulator, SaveResult};
use function_logs::LogCopier;
use ports::{PortChoice, Ports};
use record::StateRecord;
use terraform::Terraform;
use transcoder::TranscoderServer;

/// The options of a stack.
#[derive(Debug, Clone, Copy, Default)]
pub struct StackOptions {
    /// The emulator's port (`PORT`).
    pub port: Option<u16>,
    /// Runs `terraform apply` even if the configuration is unchanged: what used the stack may have changed its resources.
    pub always_apply: bool,
}

/// A running stack. `stop` it: if it is dropped, its processes are killed and its state is lost.
#[derive(Debug)]
pub struct RunningStack<'a> {
    session: &'a StackSession,
    /// The addresses and names of the stack; absent until everything is applied.
    pub description: Option<StackDescription>,
    ports: Ports,
    record: StateRecord,
    emulator: Option<Emulator<'a>>,
    transcoder: Option<TranscoderServer<'a>>,
    function_logs: Option<LogCopier>,
    /// Milliseconds since 1970.
    started: i64,
}

/// The reason why a stack did not start.
enum StackStartError {
    /// The saved state cannot be used; a start without it may succeed.
    StaleState(Error),
    Other(Error),
}

impl From<Error> for StackStartError {
    fn from(error: Error) -> StackStartError {
        StackStartError::Other(error)
    }
}

/// Starts a stack from its saved state, or without it if it cannot be used. After an error nothing is left running.
pub fn start<'a>(
    session: &'a StackSession,
    setup: &Setup,
    options: StackOptions,
) -> Result<RunningStack<'a>> {
    let mut stack = RunningStack::prepare(session, setup, options.port)?;
    let mut result = stack.start(setup, options);
    if let Err(StackStartError::StaleState(error)) = &result
        && !signal::interrupted()
    {
        report_rebuild(session, &error.to_string());
        stack.stop();
        delete_saved_state(session)?;
        stack = RunningStack::prepare(session, setup, options.port)?;
        result = stack.start(setup, options);
    }
    match result {
        Ok(()) => Ok(stack),
        Err(StackStartError::StaleState(error) | StackStartError::Other(error)) => {
            stack.stop();
            Err(error)
        }
    }
}

/// Returns an error if the requested port is in use or `ENGINE` is not an engine.
pub fn check_settings(port: Option<u16>) -> Result<()> {
    ports::choose(None, port, ports::is_free)?;
    settings::engine().map(drop)
}

fn report_rebuild(session: &StackSession, reason: &str) {
    session
        .journal
        .report(&format!("the saved state cannot be used: {reason}"));
    session
        .journal
        .report("rebuilding the stack from nothing (about a minute)");
}

/// Deletes the saved state of a stack. Logs, ports and Terraform's provider stay.
fn delete_saved_state(session: &StackSession) -> Result<()> {
    let paths = &session.paths;
    for path in [
        paths.emulator(),
        paths.transcoder(),
        paths.tmp(),
        paths.description(),
        paths.terraform_state(),
        paths.terraform().join("terraform.tfstate.backup"),
        paths.terraform().join(".terraform.tfstate.lock.info"),
        paths.record(),
    ] {
        files::remove(&path)?;
    }
    Ok(())
}

impl<'a> RunningStack<'a> {
    /// Chooses the ports, and deletes the saved state if it cannot be used.
    fn prepare(session: &'a StackSession, setup: &Setup, port: Option<u16>) -> Result<RunningStack<'a>> {
        let paths = &session.paths;
        let emulator = &setup.python.fingerprint;
        let phase = session
            .journal
            .phase("state", "the saved state of the last run")?;
        let last_ports: Option<Ports> = files::read_json(&paths.ports());
        let PortChoice { ports, rebuild, note } = ports::choose(last_ports, port, ports::is_free)?;
        if let Some(note) = note {
            session.journal.report(&note);
        }
        let record = StateRecord::load(paths);
        let stale_reason = || match (&record, last_ports) {
            (Some(_), None) => Some("its ports are unknown".to_owned()),
            (Some(record), _) => record.stale_reason(paths, emulator),
            (None, _) => Some("there is no record of the last run".to_owned()),
        };
        let reason = rebuild.or_else(stale_reason);
        let (record, result) = match (reason, record) {
            (None, Some(record)) => (record, "used"),
            (reason, _) => {
                if paths.emulator().exists() || paths.terraform_state().exists() {
                    report_rebuild(session, &reason.unwrap_or_default());
                }
                delete_saved_state(session)?;
                (StateRecord::new(paths, emulator), "none")
            }
        };
        files::write_json(&paths.ports(), &ports, files::PLAIN)?;
        record.save(paths)?;
        phase.finish(result);
        Ok(RunningStack {
            session,
            description: None,
            ports,
            record,
            emulator: None,
            transcoder: None,
            function_logs: None,
            started: Utc::now().timestamp_millis(),
        })
    }

    fn start(&mut self, setup: &Setup, options: StackOptions) -> Result<(), StackStartError> {
        let session = self.session;
        let emulator = self.emulator.insert(Emulator::start(session, setup, self.ports)?);
        if !emulator.is_restored() {
            let error = Error::message("the emulator cannot read its saved state");
            return Err(StackStartError::StaleState(error));
        }
        // From here on the saved state is out of date until a graceful stop.
        self.record.clean = false;
        self.record.save(&session.paths)?;
        self.transcoder = Some(TranscoderServer::start(session, setup, self.ports)?);
        let terraform = Terraform::new(session, setup, self.ports)?;
        terraform.init()?;
        self.apply(&terraform, options)?;
        self.describe(setup, &terraform)
    }

    fn apply(&mut self, terraform: &Terraform<'_>, options: StackOptions) -> Result<(), StackStartError> {
        let session = self.session;
        let fingerprint = terraform.fingerprint()?;
        if !options.always_apply && self.record.applied.as_ref() == Some(&fingerprint) {
            let phase = session.journal.phase("terraform apply", "comparing")?;
            phase.finish("unchanged since the last apply");
            return Ok(());
        }
        let is_unfinished = self.record.applied.is_none() && terraform.has_state();
        self.record.applied = None;
        self.record.save(&session.paths)?;
        match terraform.apply() {
            // Resources of an interrupted apply are in the way, unless the configuration is invalid.
            Err(Error::Message(reason)) if is_unfinished && terraform.is_valid() => {
                return Err(StackStartError::StaleState(Error::message(format!(
                    "an interrupted apply cannot be continued: {reason}"
                ))));
            }
            result => result?,
        }
        self.record.set_applied(fingerprint);
        self.record.save(&session.paths)?;
        Ok(())
    }

    /// Writes `stack.json` and the transcoder's credentials, and starts to copy the functions' logs.
    fn describe(&mut self, setup: &Setup, terraform: &Terraform<'_>) -> Result<(), StackStartError> {
        let session = self.session;
        let paths = &session.paths;
        let phase = session
            .journal
            .phase("stack", "addresses, keys and an owner's token")?;
        // The record says that it is applied: unreadable outputs then mean that the state is damaged.
        let outputs = terraform.outputs().map_err(StackStartError::StaleState)?;
        transcoder::write_credentials(
            session,
            text_output(&outputs, "transcoder_access_key_id")?,
            text_output(&outputs, "transcoder_secret_access_key")?,
        )?;
        let description = StackDescription::create(paths, self.ports, &setup.python.ffmpeg, &outputs)?;
        phase.finish(&paths.short(&paths.description()).to_string());
        let log = paths.log("functions");
        self.function_logs = Some(LogCopier::start(&description, log, self.started));
        self.description = Some(description);
        session.registry.set_ready()?;
        Ok(())
    }

    /// Returns an error if the emulator has ended. Restarts the transcoder if it has ended.
    pub(crate) fn watch(&mut self) -> Result<()> {
        if let Some(emulator) = &mut self.emulator {
            emulator.check()?;
        }
        self.transcoder
            .as_mut()
            .map_or(Ok(()), TranscoderServer::restart_if_ended)
    }

    /// Stops the transcoder, then the emulator, which saves its state.
    pub fn stop(mut self) {
        let started = Instant::now();
        let journal = &self.session.journal;
        journal.report("phase: stop (the transcoder, then the emulator, which saves its state)");
        if let Some(Err(error)) = self.function_logs.take().map(LogCopier::stop) {
            journal.log(&format!(
                "the last lines of the functions' logs are missing: {error}"
            ));
        }
        if let Some(transcoder) = self.transcoder.take() {
            transcoder.stop();
        }
        // An emulator that did not start has changed nothing: the saved state stays valid.
        if let Some(emulator) = self.emulator.take()
            && emulator.stop() == SaveResult::Saved
        {
            self.record.set_saved(&self.session.paths);
        }
        let recorded = self.record.save(&self.session.paths);
        let result = match (&recorded, self.record.clean) {
            (Ok(()), true) => "state saved".to_owned(),
            (Err(error), _) => error.to_string(),
            _ => "the state was not saved: the next run builds the stack from nothing".to_owned(),
        };
        let elapsed = journal::seconds(started.elapsed());
        journal.report(&format!("done: stop in {elapsed} ({result})"));
    }
}
