//! MiniStack: the emulator of the cloud, one process with the functions as its children.

use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::ports::Ports;
use crate::error::{Error, Result};
use crate::files;
use crate::http::Call;
use crate::process::{self, Group, members, one_line};
use crate::session::Session;
use crate::setup::Setup;
use crate::signal;

pub const REGION: &str = "us-east-1";

#[derive(Debug)]
pub struct Emulator<'a> {
    group: Group<'a>,
    log: PathBuf,
    /// Where this run's part of the log begins.
    log_start: u64,
}

/// How a stop went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    Yes,
    No,
}

impl<'a> Emulator<'a> {
    /// Starts it and waits until it answers.
    pub fn start(session: &'a Session, setup: &Setup, ports: Ports) -> Result<Emulator<'a>> {
        let phase = session
            .journal
            .phase("emulator", "MiniStack, with its IAM enforcement on")?;
        let folder = session.paths.emulator();
        files::create_private_folder(&folder)?;
        for folder in [folder.join("state"), folder.join("s3"), session.paths.tmp()] {
            files::create_folder(&folder)?;
        }
        let out = session.log("emulator", "starting")?;
        let err = out
            .try_clone()
            .map_err(Error::file("write", session.paths.log("emulator")))?;
        let log_start = out.metadata().map_or(0, |data| data.len());
        let mut command = process::command(&setup.python.program);
        command
            .args(["-m", "ministack"])
            .stdout(Stdio::from(out))
            .stderr(Stdio::from(err));
        environment(&mut command, session, ports);
        let group = Group::start("the emulator", &mut command, &session.registry)?;
        let log = session.paths.log("emulator");
        let mut emulator = Emulator {
            group,
            log,
            log_start,
        };
        let limit = Duration::from_secs(90);
        let ready = signal::wait_for(limit, Duration::from_millis(100), || emulator.answers(ports))?;
        if ready.is_none() {
            return Err(Error::said(format!(
                "the emulator did not answer within {} s",
                limit.as_secs()
            )));
        }
        phase.done(&format!("http://127.0.0.1:{}", ports.emulator));
        Ok(emulator)
    }

    fn answers(&mut self, ports: Ports) -> Result<Option<()>> {
        self.check()?;
        let url = format!("http://127.0.0.1:{}/_ministack/health", ports.emulator);
        match Call::new("GET", url)
            .limit(Duration::from_secs(5))
            .send("the emulator")
        {
            Ok(reply) if reply.status == 200 => Ok(Some(())),
            Err(Error::Interrupted) => Err(Error::Interrupted),
            _ => Ok(None),
        }
    }

    /// An error when it has ended by itself.
    pub fn check(&mut self) -> Result<()> {
        let Some(status) = self.group.poll() else {
            return Ok(());
        };
        let log = self.log_of_this_run();
        let last = log
            .lines()
            .rev()
            .find(|line| !line.trim().is_empty())
            .unwrap_or("it printed nothing");
        Err(Error::said(format!(
            "the emulator ended by itself ({status}): {}",
            one_line(last)
        )))
    }

    /// Whether it read everything that it saved before; it starts without what it cannot read.
    pub fn restored(&self) -> bool {
        let log = self.log_of_this_run();
        ![
            "Persistence: failed to load",
            "Failed to restore persisted state",
            "refusing to load",
        ]
        .iter()
        .any(|sign| log.contains(sign))
    }

    /// Stops it so that it saves its state. The functions' processes are ended with it: after a moment
    /// first of all, since the emulator waits for whatever they are still doing.
    pub fn stop(mut self) -> Saved {
        if self.group.poll().is_some() {
            self.group.kill();
            return Saved::No;
        }
        self.group.signal(Signal::TERM);
        let mut ended = self.group.wait(Duration::from_millis(700));
        if ended.is_none() {
            for pid in members(self.group.id()).into_iter().filter_map(Pid::from_raw) {
                let _ = kill_process(pid, Signal::KILL);
            }
            ended = self.group.wait(Duration::from_millis(2200));
        }
        self.group.kill();
        let log = self.log_of_this_run();
        if ended.is_some_and(|status| status.success()) && saved(&log) {
            Saved::Yes
        } else {
            Saved::No
        }
    }

    fn log_of_this_run(&self) -> String {
        let mut bytes = Vec::new();
        if let Ok(mut file) = fs::File::open(&self.log) {
            // Its length bounds the reading, whatever kind of file it is.
            let length = file.metadata().map_or(0, |data| data.len());
            let begin = file.seek(SeekFrom::Start(self.log_start));
            let rest = length.saturating_sub(self.log_start);
            let _ = begin.and_then(|_| file.take(rest).read_to_end(&mut bytes));
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// Whether the log tells that everything was saved at the end.
fn saved(log: &str) -> bool {
    let end = log.rfind("MiniStack shutting down").map_or("", |at| &log[at..]);
    end.contains("Persistence: saved")
        && !end.contains("Persistence: failed")
        && !end.contains("Persistence: error")
}

/// The functions inherit the emulator's environment: it has no credentials, and only what is named here.
fn environment(command: &mut std::process::Command, session: &Session, ports: Ports) {
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
        // These would listen on other ports, and not only on loopback.
        .env("IOT_MTLS_ENABLED", "0")
        .env("SFTP_ENABLED", "0")
        .env("PYTHONUNBUFFERED", "1")
        .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", ports.emulator))
        .env("AWS_ENDPOINT_URL_ELASTIC_TRANSCODER", ports.transcoder_url())
        .env("AWS_ENDPOINT_URL_MEDIACONVERT", ports.transcoder_url());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_save_at_the_end_counts() {
        let good = "Ready\nMiniStack shutting down...\nPersistence: saved s3 state to /s/s3.json\n";
        assert!(saved(good));
        assert!(
            !saved("Ready\nPersistence: saved s3 state to /s/s3.json\n"),
            "no end"
        );
        assert!(!saved("MiniStack shutting down...\n"), "nothing saved");
        let full = format!("{good}Persistence: failed to save dynamodb: No space left on device\n");
        assert!(!saved(&full));
    }
}
