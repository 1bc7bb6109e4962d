//! The transcoder: our own server, started beside the emulator.

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
use crate::files;
use crate::http::Call;
use crate::process::{self, Group, one_line};
use crate::session::Session;
use crate::setup::Setup;
use crate::signal;

/// A transcoder that ends by itself is started again, so often at most in any such time: now and then it may be killed
/// for as long as the stack is up, but one that cannot stay up shall not be started for ever.
const RESTARTS: usize = 10;
const RESTARTS_WITHIN: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub struct Transcoder<'a> {
    session: &'a Session,
    group: Group<'a>,
    program: PathBuf,
    ffmpeg: PathBuf,
    ports: Ports,
    restarts: Restarts,
}

/// When it was started again lately.
#[derive(Debug, Default)]
struct Restarts(VecDeque<Instant>);

impl Restarts {
    /// Whether it may be started again now; counts it if so.
    fn allow(&mut self, now: Instant) -> bool {
        let is_old = |at: &Instant| now.saturating_duration_since(*at) >= RESTARTS_WITHIN;
        while self.0.front().is_some_and(is_old) {
            self.0.pop_front();
        }
        let allowed = self.0.len() < RESTARTS;
        if allowed {
            self.0.push_back(now);
        }
        allowed
    }
}

impl<'a> Transcoder<'a> {
    /// Starts it and waits until it answers.
    pub fn start(session: &'a Session, setup: &Setup, ports: Ports) -> Result<Transcoder<'a>> {
        let phase = session
            .journal
            .phase("transcoder", "both engines' APIs in front of ffmpeg")?;
        files::create_private_folder(&session.paths.transcoder())?;
        let (program, ffmpeg) = (setup.built.transcoder.clone(), setup.python.ffmpeg.clone());
        let group = spawn(session, &program, &ffmpeg, ports)?;
        let mut transcoder = Transcoder {
            session,
            group,
            program,
            ffmpeg,
            ports,
            restarts: Restarts::default(),
        };
        let limit = Duration::from_secs(30);
        let ready = signal::wait_for(limit, Duration::from_millis(50), || transcoder.answers())?;
        if ready.is_none() {
            return Err(Error::said(format!(
                "the transcoder did not answer within {} s",
                limit.as_secs()
            )));
        }
        phase.done(&ports.transcoder_url());
        Ok(transcoder)
    }

    fn answers(&mut self) -> Result<Option<()>> {
        if let Some(status) = self.group.poll() {
            return Err(Error::said(format!(
                "the transcoder ended by itself ({status}): {}",
                last_log_line(&self.session.paths.log("transcoder"))
            )));
        }
        let call =
            Call::new("GET", format!("{}/health", self.ports.transcoder_url())).limit(Duration::from_secs(5));
        match call.send("the transcoder") {
            Ok(reply) if reply.status == 200 => Ok(Some(())),
            Err(Error::Interrupted) => Err(Error::Interrupted),
            _ => Ok(None),
        }
    }

    /// Starts it again if it has ended: its jobs are on disk, and go on.
    pub fn keep_up(&mut self) -> Result<()> {
        let Some(status) = self.group.poll() else {
            return Ok(());
        };
        if !self.restarts.allow(Instant::now()) {
            return Err(Error::said(format!(
                "the transcoder ended by itself again and again, {RESTARTS} times within {} s ({status})",
                RESTARTS_WITHIN.as_secs()
            )));
        }
        self.session.journal.say(&format!(
            "the transcoder ended by itself ({status}): starting it again"
        ));
        self.group.kill();
        self.group = spawn(self.session, &self.program, &self.ffmpeg, self.ports)?;
        Ok(())
    }

    pub fn stop(mut self) {
        self.group.stop(Signal::TERM, Duration::from_millis(1000));
    }
}

/// Returns what the transcoder printed last.
fn last_log_line(log: &Path) -> String {
    let log = fs::read(log).unwrap_or_default();
    let log = String::from_utf8_lossy(&log);
    let last = log.lines().rev().find(|line| !line.trim().is_empty());
    one_line(last.unwrap_or("it printed nothing"))
}

fn credentials_file(session: &Session) -> PathBuf {
    session.paths.transcoder().join("credentials.json")
}

/// Hands over the keys of the user that may assume the pipeline's role and nothing else.
pub fn hand_over(session: &Session, access_key_id: &str, secret_access_key: &str) -> Result<()> {
    let keys = json!({"access_key_id": access_key_id, "secret_access_key": secret_access_key});
    let path = credentials_file(session);
    if files::read_json(&path).as_ref() == Some(&keys) {
        return Ok(());
    }
    files::write_json(&path, &keys, files::SECRET)
}

fn spawn<'a>(session: &'a Session, program: &PathBuf, ffmpeg: &PathBuf, ports: Ports) -> Result<Group<'a>> {
    let out = session.log("transcoder", "starting")?;
    let err = out
        .try_clone()
        .map_err(Error::file("write", session.paths.log("transcoder")))?;
    let mut command = process::command(program);
    command
        .arg("--port")
        .arg(ports.transcoder.to_string())
        .arg("--state")
        .arg(session.paths.transcoder())
        .arg("--ffmpeg")
        .arg(ffmpeg)
        .args([
            "--endpoint-url",
            &format!("http://127.0.0.1:{}", ports.emulator),
            "--region",
            REGION,
        ])
        .arg("--credentials")
        .arg(credentials_file(session))
        .stdout(Stdio::from(out))
        .stderr(Stdio::from(err));
    // It has its own keys; nobody else's, and no settings of the person's own AWS account.
    command.env_clear();
    for name in ["PATH", "HOME", "LANG", "RUST_LOG", "RUST_BACKTRACE"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.env("TMPDIR", session.paths.tmp());
    Group::start("the transcoder", &mut command, &session.registry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_may_end_for_ever_but_not_again_and_again() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let mut steady = Restarts::default();
        assert!(
            (0..1_000).all(|time| steady.allow(at(time * 6))),
            "killed each six seconds"
        );

        let mut looping = Restarts::default();
        let allowed = (0..100).filter(|_| looping.allow(at(0))).count();
        assert_eq!(allowed, RESTARTS);
        assert!(
            !looping.allow(at(59)),
            "what was refused does not count, what was granted does"
        );
        assert!(looping.allow(at(60)));
    }
}
