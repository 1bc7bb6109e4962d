//! The transcoder: this workspace's own server, which runs beside the emulator.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;

use super::emulator::REGION;
use super::ports::Ports;
use crate::error::{Error, Result};
use crate::http::HttpRequest;
use crate::process::{self, ChildGroup, single_line};
use crate::session::StackSession;
use crate::setup::Setup;
use crate::{files, settings, signal};

const START_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(1);
/// The number of restarts within `RESTART_WINDOW` from which on the transcoder counts as broken. Tests kill it now and
/// then for as long as the stack runs.
const MAX_RESTARTS: usize = 10;
const RESTART_WINDOW: Duration = Duration::from_secs(60);

/// The transcoder's process.
#[derive(Debug)]
pub struct TranscoderServer<'a> {
    session: &'a StackSession,
    group: ChildGroup<'a>,
    program: PathBuf,
    ffmpeg: PathBuf,
    ports: Ports,
    restarts: RestartLimiter,
}

/// The times of recent restarts.
#[derive(Debug, Default)]
struct RestartLimiter(VecDeque<Instant>);

impl RestartLimiter {
    /// Returns whether another restart is allowed now, and counts it if so.
    fn allow(&mut self, now: Instant) -> bool {
        let is_old = |at: &Instant| now.saturating_duration_since(*at) >= RESTART_WINDOW;
        while self.0.front().is_some_and(is_old) {
            self.0.pop_front();
        }
        let is_allowed = self.0.len() < MAX_RESTARTS;
        if is_allowed {
            self.0.push_back(now);
        }
        is_allowed
    }
}

impl<'a> TranscoderServer<'a> {
    /// Starts the transcoder and waits until it answers, up to 30 seconds.
    pub fn start(session: &'a StackSession, setup: &Setup, ports: Ports) -> Result<TranscoderServer<'a>> {
        let phase = session
            .journal
            .phase("transcoder", "both engines' APIs in front of ffmpeg")?;
        files::create_private_folder(&session.paths.transcoder())?;
        let (program, ffmpeg) = (setup.programs.transcoder.clone(), setup.python.ffmpeg.clone());
        let group = spawn(session, &program, &ffmpeg, ports)?;
        let mut transcoder = TranscoderServer {
            session,
            group,
            program,
            ffmpeg,
            ports,
            restarts: RestartLimiter::default(),
        };
        let ready = signal::wait_for(START_LIMIT, Duration::from_millis(50), || {
            transcoder.poll_health()
        })?;
        if ready.is_none() {
            let limit = START_LIMIT.as_secs();
            return Err(Error::message(format!(
                "the transcoder did not answer within {limit} s"
            )));
        }
        phase.finish(&ports.transcoder_url());
        Ok(transcoder)
    }

    fn poll_health(&mut self) -> Result<Option<()>> {
        if let Some(status) = self.group.poll() {
            return Err(Error::message(format!(
                "the transcoder ended unexpectedly ({status}): {}",
                last_log_line(&self.session.paths.log("transcoder"))
            )));
        }
        let url = format!("{}/health", self.ports.transcoder_url());
        let request = HttpRequest::new("GET", url).timeout(Duration::from_secs(5));
        match request.send("the transcoder") {
            Ok(response) if response.status == 200 => Ok(Some(())),
            Err(Error::Interrupted) => Err(Error::Interrupted),
            _ => Ok(None),
        }
    }

    /// Restarts the transcoder if it has ended. Its jobs are on disk and continue.
    pub fn restart_if_ended(&mut self) -> Result<()> {
        let Some(status) = self.group.poll() else {
            return Ok(());
        };
        if !self.restarts.allow(Instant::now()) {
            return Err(Error::message(format!(
                "the transcoder ended unexpectedly {MAX_RESTARTS} times within {} s ({status})",
                RESTART_WINDOW.as_secs()
            )));
        }
        self.session.journal.report(&format!(
            "the transcoder ended unexpectedly ({status}): restarting it"
        ));
        self.group.kill();
        self.group = spawn(self.session, &self.program, &self.ffmpeg, self.ports)?;
        Ok(())
    }

    pub fn stop(mut self) {
        self.group.stop(Signal::TERM, STOP_LIMIT);
    }
}

/// Returns the last line that the transcoder printed.
fn last_log_line(log: &Path) -> String {
    let log = fs::read(log).unwrap_or_default();
    let log = String::from_utf8_lossy(&log);
    let last = log.lines().rev().find(|line| !line.trim().is_empty());
    single_line(last.unwrap_or("it printed nothing"))
}

fn credentials_file(session: &StackSession) -> PathBuf {
    session.paths.transcoder().join("credentials.json")
}

/// Writes the transcoder's credentials file: keys of an IAM user that may only assume the pipeline's role.
pub fn write_credentials(session: &StackSession, access_key_id: &str, secret_access_key: &str) -> Result<()> {
    let keys = json!({"access_key_id": access_key_id, "secret_access_key": secret_access_key});
    let path = credentials_file(session);
    if files::read_json(&path).as_ref() == Some(&keys) {
        return Ok(());
    }
    files::write_json(&path, &keys, files::SECRET)
}

fn spawn<'a>(
    session: &'a StackSession,
    program: &PathBuf,
    ffmpeg: &PathBuf,
    ports: Ports,
) -> Result<ChildGroup<'a>> {
    let out = session.open_log("transcoder", "starting")?;
    let err = out
        .try_clone()
        .map_err(Error::file("write", session.paths.log("transcoder")))?;
    let mut command = process::command(program);
    command
        .args(["--port", &ports.transcoder.to_string()])
        .arg("--state")
        .arg(session.paths.transcoder())
        .arg("--ffmpeg")
        .arg(ffmpeg)
        .args(["--endpoint-url", &ports.emulator_url(), "--region", REGION])
        .arg("--credentials")
        .arg(credentials_file(session))
        .stdout(Stdio::from(out))
        .stderr(Stdio::from(err));
    // It uses its own keys only, and none of the user's AWS settings.
    command.env_clear();
    for name in ["PATH", "HOME", "LANG", "RUST_BACKTRACE"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
        .env("LOG_LEVEL", settings::log_level())
        .env("TMPDIR", session.paths.tmp());
    ChildGroup::start("the transcoder", &mut command, &session.registry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn restarts_are_limited_per_minute_not_in_total() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let mut steady = RestartLimiter::default();
        assert!(
            (0..1_000).all(|time| steady.allow(at(time * 6))),
            "one restart in six seconds"
        );

        let mut looping = RestartLimiter::default();
        let allowed = (0..100).filter(|_| looping.allow(at(0))).count();
        assert_eq!(allowed, MAX_RESTARTS);
        assert!(!looping.allow(at(59)), "only granted restarts count");
        assert!(looping.allow(at(60)));
    }
}
