//! Progress reports: named phases on the terminal, and a log with the time of each line.
//!
//! A phase is a progress bar on a terminal and plain lines elsewhere.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{SecondsFormat, Utc};
use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::error::{Error, Result};
use crate::{files, signal};

/// Bytes of a log from which on it is renamed to `NAME.old.log` when it is opened.
const MAX_LOG_BYTES: u64 = 20 * 1024 * 1024;
/// The least time between two progress lines without a terminal.
const PLAIN_INTERVAL: Duration = Duration::from_secs(5);

/// The unit in which a phase counts its progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// Percent of the whole.
    Percent,
    /// Other items, with their name in the plural.
    Items(&'static str),
}

/// Writes reports to standard error and to a log.
#[derive(Debug)]
pub struct Journal {
    state: Mutex<JournalState>,
    is_terminal: bool,
    path: PathBuf,
}

#[derive(Debug)]
struct JournalState {
    file: File,
    /// The first failure to write the log; the next phase returns it.
    failure: Option<io::Error>,
    log_only: bool,
    bar: Option<ProgressBar>,
    phase: Option<String>,
    phase_times: Vec<(String, Duration)>,
}

impl Journal {
    /// Opens a journal with its log.
    pub(crate) fn open(path: &Path) -> Result<Journal> {
        Ok(Journal {
            state: Mutex::new(JournalState {
                file: open_log(path)?,
                failure: None,
                log_only: false,
                bar: None,
                phase: None,
                phase_times: Vec::new(),
            }),
            is_terminal: io::stderr().is_terminal(),
            path: path.to_path_buf(),
        })
    }

    fn state(&self) -> MutexGuard<'_, JournalState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a phase. Returns an error after Ctrl-C, or if the log cannot be written.
    pub fn phase(&self, name: &str, description: &str) -> Result<Phase<'_>> {
        let failure = {
            let mut state = self.state();
            state.phase = Some(name.to_owned());
            state.log(&format!("phase: {name} ({description})"));
            state.failure.take()
        };
        if let Some(error) = failure {
            return Err(Error::file("write the log", &self.path)(error));
        }
        let phase = Phase::start(self, name, description);
        signal::check()?;
        Ok(phase)
    }

    /// Writes a text to the terminal and to the log.
    pub fn report(&self, text: &str) {
        let mut state = self.state();
        state.log(text);
        state.show(text);
    }

    /// Writes a text to the log only.
    pub fn log(&self, text: &str) {
        self.state().log(text);
    }

    /// Stops writing to the terminal, but not to the log.
    pub(crate) fn detach(&self) {
        self.state().log_only = true;
    }

    /// Returns the phase that was started last.
    pub(crate) fn current_phase(&self) -> Option<String> {
        self.state().phase.clone()
    }

    /// Returns the phases that finished, with the time that each took.
    pub fn phase_times(&self) -> Vec<(String, Duration)> {
        self.state().phase_times.clone()
    }
}

impl JournalState {
    fn log(&mut self, text: &str) {
        let time = timestamp();
        let lines: String = text.lines().map(|line| format!("{time} {line}\n")).collect();
        if let Err(error) = self.file.write_all(lines.as_bytes()) {
            self.failure.get_or_insert(error);
        }
    }

    fn show(&self, text: &str) {
        if self.log_only {
            return;
        }
        // A closed terminal does not stop the run.
        let print = || drop(writeln!(io::stderr(), "{text}"));
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

/// A phase in progress. Dropped without `finish`, it disappears from the terminal.
#[derive(Debug)]
pub struct Phase<'a> {
    journal: &'a Journal,
    name: String,
    started: Instant,
    bar: Option<ProgressBar>,
    unit: Unit,
    total: u64,
    last_line: Mutex<Instant>,
}

impl<'a> Phase<'a> {
    fn start(journal: &'a Journal, name: &str, description: &str) -> Phase<'a> {
        let mut state = journal.state();
        let bar = (journal.is_terminal && !state.log_only).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.set_style(style(
                "{spinner:.cyan} {prefix:.bold} {elapsed:.dim}  {wide_msg:.dim}",
            ));
            bar.set_prefix(pad(name));
            bar.set_message(description.to_owned());
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        if bar.is_none() {
            state.show(&format!("phase: {name} ({description})"));
        }
        state.bar.clone_from(&bar);
        drop(state);
        let now = Instant::now();
        Phase {
            journal,
            name: name.to_owned(),
            started: now,
            bar,
            unit: Unit::Percent,
            total: 0,
            last_line: Mutex::new(now),
        }
    }

    /// Sets the amount of work, which turns the spinner into a progress bar.
    pub fn set_total(&mut self, total: u64, unit: Unit) {
        (self.total, self.unit) = (total, unit);
        let Some(bar) = &self.bar else { return };
        let counts = match unit {
            Unit::Bytes => "{bytes}/{total_bytes} {bytes_per_sec:.dim}",
            Unit::Percent => "{pos} %",
            Unit::Items(_) => "{pos}/{len}",
        };
        let template = format!(
            "{{spinner:.cyan}} {{prefix:.bold}} {{bar:28.cyan/dim}} {counts} {{elapsed:.dim}}  {{wide_msg:.dim}}"
        );
        bar.set_style(style(&template));
        bar.set_length(total);
    }

    /// Sets the amount of work that is done.
    pub fn set_progress(&self, done: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(done.min(self.total));
            return;
        }
        let mut last_line = self.last_line.lock().unwrap_or_else(PoisonError::into_inner);
        if last_line.elapsed() >= PLAIN_INTERVAL {
            *last_line = Instant::now();
            let line = progress_line(&self.name, done, self.total, self.unit);
            self.journal.report(&line);
        }
    }

    /// Replaces the description beside the bar.
    pub fn set_message(&self, text: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(text.to_owned());
        }
    }

    /// Ends a phase that succeeded and reports its result.
    pub fn finish(self, result: &str) {
        let elapsed = self.started.elapsed();
        let mut state = self.journal.state();
        let line = format!("done: {} in {} ({result})", self.name, seconds(elapsed));
        state.log(&line);
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
            state.show(&format!(
                "✔ {} {:>7}  {result}",
                pad(&self.name),
                seconds(elapsed)
            ));
        } else {
            state.show(&line);
        }
        state.phase_times.push((self.name.clone(), elapsed));
    }
}

impl Drop for Phase<'_> {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        self.journal.state().bar = None;
    }
}

fn progress_line(name: &str, done: u64, total: u64, unit: Unit) -> String {
    match unit {
        Unit::Bytes => format!("  {name}: {} of {}", HumanBytes(done), HumanBytes(total)),
        Unit::Percent => format!("  {name}: {done} %"),
        Unit::Items(items) => format!("  {name}: {done} of {total} {items}"),
    }
}

/// Parses one of this module's templates; a malformed one falls back to the default spinner.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn pad(name: &str) -> String {
    format!("{name:<15}")
}

/// Returns the current time in the format of the logs.
pub(crate) fn timestamp() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Formats a duration in seconds.
pub fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// Opens a log to append to it. A large log is renamed first and replaces an earlier renamed one.
pub(crate) fn open_log(path: &Path) -> Result<File> {
    if let Some(folder) = path.parent() {
        files::create_folder(folder)?;
    }
    if fs::metadata(path).is_ok_and(|data| data.len() > MAX_LOG_BYTES) {
        fs::rename(path, path.with_extension("old.log")).map_err(Error::file("rename", path))?;
    }
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .map_err(Error::file("write the log", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_without_a_terminal_is_a_plain_line() {
        assert_eq!(
            progress_line("transcode", 42, 100, Unit::Percent),
            "  transcode: 42 %"
        );
        assert_eq!(
            progress_line("terraform apply", 3, 48, Unit::Items("resources")),
            "  terraform apply: 3 of 48 resources"
        );
        assert_eq!(
            progress_line("upload", 1024, 2048, Unit::Bytes),
            "  upload: 1.00 KiB of 2.00 KiB"
        );
    }

    #[test]
    fn every_line_of_the_log_has_a_time() {
        let path = std::env::temp_dir().join(format!("local-journal-{}.log", std::process::id()));
        let journal = Journal::open(&path).unwrap();
        journal.detach();
        journal.phase("check", "tools").unwrap().finish("found");
        journal.log("two\nlines");
        let text = fs::read_to_string(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert_eq!(text.lines().count(), 4);
        for line in text.lines() {
            let time = line.split(' ').next().unwrap();
            assert!(chrono::DateTime::parse_from_rfc3339(time).is_ok(), "{line}");
        }
        assert_eq!(journal.phase_times().len(), 1);
    }
}
