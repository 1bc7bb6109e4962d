//! Tools that run to their end, watched line by line.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{Group, Registry};
use crate::error::{Error, Result, says_disk_full};
use crate::signal;

/// So many of its last lines are remembered, to tell why it failed.
const TAIL: usize = 40;
/// A tool that has ended is listened to until it was quiet for so long.
const QUIET: Duration = Duration::from_secs(1);

/// Where a line of a tool came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    Out,
    Err,
}

/// How a tool that runs to its end is run.
pub struct Tool<'a> {
    pub name: &'static str,
    pub registry: &'a Registry,
    /// Takes its stderr, and what `line` asks to keep.
    pub log: File,
    pub log_path: PathBuf,
    /// How long it has to end by itself after Ctrl-C.
    pub grace: Duration,
    pub limit: Duration,
}

/// How a tool ended, and the last it printed.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub tail: Vec<String>,
}

impl Tool<'_> {
    /// Runs it, passing each line on; `line` answers what the log keeps of it.
    pub fn run(
        mut self,
        command: &mut Command,
        mut line: impl FnMut(From, &str) -> Option<String>,
    ) -> Result<Ended> {
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut group = Group::start(self.name, command, self.registry)?;
        let lines = lines_of(&mut group.child);
        let mut tail = VecDeque::new();
        let end = Instant::now() + self.limit;
        let mut heard = Instant::now();
        loop {
            match lines.recv_timeout(Duration::from_millis(50)) {
                Ok((from, text)) => {
                    heard = Instant::now();
                    if let Some(kept) = line(from, &text) {
                        self.keep(kept, &mut tail)?;
                    }
                }
                // A grandchild that lives on may hold the streams open: what counts is the tool itself.
                Err(RecvTimeoutError::Timeout) if group.poll().is_some() && heard.elapsed() > QUIET => break,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if signal::interrupted() {
                group.stop(Signal::INT, self.grace);
                return Err(Error::Interrupted);
            }
            if Instant::now() > end {
                group.stop(Signal::INT, self.grace);
                let minutes = self.limit.as_secs() / 60;
                return Err(Error::said(format!(
                    "{} did not end within {minutes} minutes",
                    self.name
                )));
            }
        }
        group.wait(Duration::from_secs(10));
        group.kill();
        signal::check()?;
        let status = group
            .poll()
            .ok_or_else(|| Error::said(format!("{} does not end", self.name)))?;
        Ok(Ended {
            status,
            tail: tail.into(),
        })
    }

    fn keep(&mut self, line: String, tail: &mut VecDeque<String>) -> Result<()> {
        writeln!(self.log, "{line}").map_err(Error::file("write the log", &self.log_path))?;
        if tail.len() == TAIL {
            tail.pop_front();
        }
        tail.push_back(line);
        Ok(())
    }
}

/// What a child prints, from both its streams, until both are closed.
fn lines_of(child: &mut Child) -> Receiver<(From, String)> {
    let (sender, lines) = mpsc::channel();
    if let Some(out) = child.stdout.take() {
        read_lines(out, From::Out, sender.clone());
    }
    if let Some(err) = child.stderr.take() {
        read_lines(err, From::Err, sender);
    }
    lines
}

impl Ended {
    /// Why it failed, in one line: a full disk, a signal, else what `reason` finds, else the last line.
    pub fn why(&self, reason: impl FnOnce(&[String]) -> Option<String>) -> String {
        if says_disk_full(&self.tail.join("\n")) {
            return "the disk is full: free some space, then run it again".to_owned();
        }
        if self.status.signal() == Some(signal_hook::consts::SIGXFSZ) {
            return "the limit on the size of a file is reached: raise it (`ulimit -f`), then run it again"
                .to_owned();
        }
        if let Some(signal) = self.status.signal() {
            return format!("it was ended by signal {signal}");
        }
        let last = || {
            self.tail
                .iter()
                .rev()
                .find(|line| !line.trim().is_empty())
                .cloned()
        };
        reason(&self.tail)
            .or_else(last)
            .map_or_else(|| self.status.to_string(), |line| one_line(&line))
    }
}

/// A text as one line of bounded length.
pub fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(400) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Splits at newlines and carriage returns: progress displays use the latter.
fn read_lines(mut source: impl Read + Send + 'static, from: From, to: mpsc::Sender<(From, String)>) {
    std::thread::spawn(move || {
        let mut buffer = [0_u8; 8192];
        let mut line = Vec::new();
        while let Ok(count @ 1..) = source.read(&mut buffer) {
            for byte in &buffer[..count] {
                if !matches!(byte, b'\n' | b'\r') {
                    line.push(*byte);
                } else if !line.is_empty() {
                    let text = String::from_utf8_lossy(&line).into_owned();
                    line.clear();
                    if to.send((from, text)).is_err() {
                        return;
                    }
                }
            }
        }
        if !line.is_empty() {
            let _ = to.send((from, String::from_utf8_lossy(&line).into_owned()));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_newlines_and_carriage_returns() {
        let (sender, lines) = mpsc::channel();
        read_lines(&b"one\rtwo\r\n\nthree"[..], From::Err, sender);
        let texts: Vec<_> = lines.iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["one", "two", "three"]);
    }

    #[test]
    fn a_long_text_becomes_one_bounded_line() {
        assert_eq!(one_line("a\n  b\tc"), "a b c");
        assert!(one_line(&"ä".repeat(1000)).chars().count() == 401);
    }
}
