//! The emulator of AWS, MiniStack: one process, with the functions as its children.

use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::ports::Ports;
use crate::error::{Error, Result};
use crate::files;
use crate::http::HttpRequest;
use crate::process::{self, ChildGroup, group_members, single_line};
use crate::session::StackSession;
use crate::setup::Setup;
use crate::signal;

pub const REGION: &str = "us-east-1";

const START_LIMIT: Duration = Duration::from_secs(90);
/// The time that running functions have to finish at shutdown before they are killed.
const FUNCTION_GRACE: Duration = Duration::from_millis(700);
/// The time after which the terminal says that a save is in progress.
const SHORT_SAVE: Duration = Duration::from_secs(2);

/// The emulator's process.
#[derive(Debug)]
pub struct Emulator<'a> {
    session: &'a StackSession,
    group: ChildGroup<'a>,
    log: PathBuf,
    /// The length of the log before this run.
    log_start: u64,
}

/// The result of a shutdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaveResult {
    Saved,
    NotSaved,
}

impl<'a> Emulator<'a> {
    /// Starts the emulator and waits until it answers, up to 90 seconds.
    pub fn start(session: &'a StackSession, setup: &Setup, ports: Ports) -> Result<Emulator<'a>> {
        let phase = session
            .journal
            .phase("emulator", "MiniStack, with IAM enforcement")?;
        let folder = session.paths.emulator();
        files::create_private_folder(&folder)?;
        for folder in [folder.join("state"), folder.join("s3"), session.paths.tmp()] {
            files::create_folder(&folder)?;
        }
        let log = session.paths.log("emulator");
        let out = session.open_log("emulator", "starting")?;
        let err = out.try_clone().map_err(Error::file("write", &log))?;
        let log_start = out.metadata().map_or(0, |data| data.len());
        let mut command = process::command(&setup.python.program);
        command
            .args(["-m", "ministack"])
            .stdout(Stdio::from(out))
            .stderr(Stdio::from(err));
        set_environment(&mut command, session, ports);
        let group = ChildGroup::start("the emulator", &mut command, &session.registry)?;
        let mut emulator = Emulator {
            session,
            group,
            log,
            log_start,
        };
        let ready = signal::wait_for(START_LIMIT, Duration::from_millis(100), || {
            emulator.poll_health(ports)
        })?;
        if ready.is_none() {
            let limit = START_LIMIT.as_secs();
            return Err(Error::message(format!(
                "the emulator did not answer within {limit} s"
            )));
        }
        phase.finish(&ports.emulator_url());
        Ok(emulator)
    }

    fn poll_health(&mut self, ports: Ports) -> Result<Option<()>> {
        self.check()?;
        let url = format!("{}/_ministack/health", ports.emulator_url());
        let request = HttpRequest::new("GET", url).timeout(Duration::from_secs(5));
        match request.send("the emulator") {
            Ok(response) if response.status == 200 => Ok(Some(())),
            Err(Error::Interrupted) => Err(Error::Interrupted),
            _ => Ok(None),
        }
    }

    /// Returns an error if the emulator has ended.
    pub fn check(&mut self) -> Result<()> {
        let Some(status) = self.group.poll() else {
            return Ok(());
        };
        let log = self.log_of_this_run();
        let last = log.lines().rev().find(|line| !line.trim().is_empty());
        Err(Error::message(format!(
            "the emulator ended unexpectedly ({status}): {}",
            single_line(last.unwrap_or("it printed nothing"))
        )))
    }

    /// Returns whether the emulator could read all its saved state. It starts without what it cannot read.
    pub fn is_restored(&self) -> bool {
        let log = self.log_of_this_run();
        ![
            "Persistence: failed to load",
            "Failed to restore persisted state",
            "refusing to load",
        ]
        .iter()
        .any(|sign| log.contains(sign))
    }

    /// Stops the emulator, which then saves its state. Waits for that as long as it takes; a second Ctrl-C ends the wait.
    ///
    /// The emulator first waits for running functions, so they are killed after a moment.
    pub fn stop(mut self) -> SaveResult {
        if self.group.poll().is_some() {
            self.group.kill();
            return SaveResult::NotSaved;
        }
        self.group.signal(Signal::TERM);
        if self.group.wait(FUNCTION_GRACE).is_none() {
            for pid in group_members(self.group.id())
                .into_iter()
                .filter_map(Pid::from_raw)
            {
                let _ = kill_process(pid, Signal::KILL);
            }
        }
        if self.group.wait(SHORT_SAVE).is_none() {
            self.session.journal.report(
                "the emulator is still saving its state: waiting for it (Ctrl-C again ends it without saving)",
            );
        }
        let status = self.group.wait_without_limit();
        self.group.kill();
        if status.is_some_and(|status| status.success()) && reports_save(&self.log_of_this_run()) {
            SaveResult::Saved
        } else {
            SaveResult::NotSaved
        }
    }

    fn log_of_this_run(&self) -> String {
        let mut bytes = Vec::new();
        if let Ok(mut file) = fs::File::open(&self.log) {
            // The length bounds the read: the log may be a device that never ends.
            let length = file.metadata().map_or(0, |data| data.len());
            let start = file.seek(SeekFrom::Start(self.log_start));
            let rest = length.saturating_sub(self.log_start);
            let _ = start.and_then(|_| file.take(rest).read_to_end(&mut bytes));
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// Returns whether the emulator's log says that the shutdown saved everything.
fn reports_save(log: &str) -> bool {
    let shutdown = log.rfind("MiniStack shutting down").map_or("", |at| &log[at..]);
    shutdown.contains("Persistence: saved")
        && !shutdown.contains("Persistence: failed")
        && !shutdown.contains("Persistence: error")
}

/// Sets the environment of the emulator. The functions inherit it, so it holds no credentials and only what is listed.
fn set_environment(command: &mut Command, session: &StackSession, ports: Ports) {
    command.env_clear();
    for name in ["PATH", "HOME", "LANG", "LC_ALL"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    let folder = session.paths.emulator();
    command
        .env("GATEWAY_PORT", ports.emulator.to_string())
        .env("BIND_HOST", "127.0.0.1")
        .env("MINISTACK_REGION", REGION)
        .env("AUTH", "true")
        .env("PERSIST_STATE", "1")
        .env("STATE_DIR", folder.join("state"))
        .env("S3_PERSIST", "1")
        .env("S3_DATA_DIR", folder.join("s3"))
        .env("TMPDIR", session.paths.tmp())
        // These services would listen on further ports and on all interfaces.
        .env("IOT_MTLS_ENABLED", "0")
        .env("SFTP_ENABLED", "0")
        .env("PYTHONUNBUFFERED", "1")
        .env("AWS_ENDPOINT_URL", ports.emulator_url())
        .env("AWS_ENDPOINT_URL_ELASTIC_TRANSCODER", ports.transcoder_url())
        .env("AWS_ENDPOINT_URL_MEDIACONVERT", ports.transcoder_url());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_complete_save_at_shutdown_counts() {
        let good = "Ready\nMiniStack shutting down...\nPersistence: saved s3 state to /s/s3.json\n";
        assert!(reports_save(good));
        assert!(
            !reports_save("Ready\nPersistence: saved s3 state to /s/s3.json\n"),
            "no shutdown"
        );
        assert!(!reports_save("MiniStack shutting down...\n"), "nothing saved");
        let full = format!("{good}Persistence: failed to save dynamodb: No space left on device\n");
        assert!(!reports_save(&full));
    }
}
