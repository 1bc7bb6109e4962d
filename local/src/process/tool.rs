//! Runs external tools to their end and reads their output line by line.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{ChildGroup, ProcessRegistry};
use crate::error::{Error, Result, reports_full_disk};
use crate::signal;

/// The number of last lines that are kept to explain a failure.
const TAIL_LINES: usize = 40;
/// The time without output after which a tool that has ended counts as read to its end.
const QUIET: Duration = Duration::from_secs(1);

/// An output stream of a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A run of an external tool.
pub struct Tool<'a> {
    pub(crate) name: &'static str,
    pub(crate) registry: &'a ProcessRegistry,
    /// Takes the lines that the caller of `run` keeps.
    pub(crate) log: File,
    pub(crate) log_path: PathBuf,
    /// The time that the tool has to exit after Ctrl-C before it is killed.
    pub(crate) grace: Duration,
    /// The longest time that the tool may run.
    pub(crate) limit: Duration,
}

/// The result of a run.
#[derive(Debug)]
pub struct ToolResult {
    /// The exit status.
    pub status: ExitStatus,
    /// The last kept lines.
    pub(crate) tail: Vec<String>,
}

impl Tool<'_> {
    /// Runs a command and calls `on_line` for each line. The log keeps what `on_line` returns.
    pub fn run(
        mut self,
        command: &mut Command,
        mut on_line: impl FnMut(OutputStream, &str) -> Option<String>,
    ) -> Result<ToolResult> {
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut group = ChildGroup::start(self.name, command, self.registry)?;
        let lines = lines_of(&mut group.child);
        let mut tail = VecDeque::new();
        let end = Instant::now() + self.limit;
        let mut last_line = Instant::now();
        loop {
            match lines.recv_timeout(Duration::from_millis(50)) {
                Ok((stream, text)) => {
                    last_line = Instant::now();
                    if let Some(kept) = on_line(stream, &text) {
                        self.keep(kept, &mut tail)?;
                    }
                }
                // A process that the tool started may still hold the streams open.
                Err(RecvTimeoutError::Timeout) if group.poll().is_some() && last_line.elapsed() > QUIET => {
                    break;
                }
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
                return Err(Error::message(format!(
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
            .ok_or_else(|| Error::message(format!("{} does not end", self.name)))?;
        Ok(ToolResult {
            status,
            tail: tail.into(),
        })
    }

    fn keep(&mut self, line: String, tail: &mut VecDeque<String>) -> Result<()> {
        writeln!(self.log, "{line}").map_err(Error::file("write the log", &self.log_path))?;
        if tail.len() == TAIL_LINES {
            tail.pop_front();
        }
        tail.push_back(line);
        Ok(())
    }
}

/// Returns the lines of both output streams of a child, until both are closed.
fn lines_of(child: &mut Child) -> Receiver<(OutputStream, String)> {
    let (sender, lines) = mpsc::channel();
    if let Some(out) = child.stdout.take() {
        read_lines(out, OutputStream::Stdout, sender.clone());
    }
    if let Some(err) = child.stderr.take() {
        read_lines(err, OutputStream::Stderr, sender);
    }
    lines
}

impl ToolResult {
    /// Explains a failure in one line: a full disk, a signal, else what `reason` finds in the kept lines, else the last
    /// of them.
    pub fn failure_reason(&self, reason: impl FnOnce(&[String]) -> Option<String>) -> String {
        if reports_full_disk(&self.tail.join("\n")) {
            return "the disk is full: free some space, then run it again".to_owned();
        }
        if self.status.signal() == Some(signal_hook::consts::SIGXFSZ) {
            return "the limit on the size of a file is reached: raise it (`ulimit -f`), then run it again"
                .to_owned();
        }
        if let Some(signal) = self.status.signal() {
            return format!("signal {signal} ended it");
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
            .map_or_else(|| self.status.to_string(), |line| single_line(&line))
    }
}

/// Joins a text into one line of at most 400 characters.
pub fn single_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(400) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Sends the lines of a stream. Lines end at newlines and at carriage returns, which progress displays use.
fn read_lines(
    mut source: impl Read + Send + 'static,
    stream: OutputStream,
    to: mpsc::Sender<(OutputStream, String)>,
) {
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
                    if to.send((stream, text)).is_err() {
                        return;
                    }
                }
            }
        }
        if !line.is_empty() {
            let _ = to.send((stream, String::from_utf8_lossy(&line).into_owned()));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_newlines_and_carriage_returns() {
        let (sender, lines) = mpsc::channel();
        read_lines(&b"one\rtwo\r\n\nthree"[..], OutputStream::Stderr, sender);
        let texts: Vec<_> = lines.iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["one", "two", "three"]);
    }

    #[test]
    fn long_text_becomes_one_short_line() {
        assert_eq!(single_line("a\n  b\tc"), "a b c");
        assert!(single_line(&"ä".repeat(1000)).chars().count() == 401);
    }
}
